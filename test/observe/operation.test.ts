// SPDX-License-Identifier: Apache-2.0
/** What the observer was doing: one line per rule, and the bound on how many operations there are. */
import { describe, expect, it } from 'vitest';
import type { Attributes } from '../../src/model/attributes.js';
import { OPERATION_LENGTH_MAX, OPERATION_OTHER, OPERATIONS_PER_SUBJECT_MAX } from '../../src/model/limits.js';
import { OPERATION_RULES, operationOf } from '../../src/observe/operation.js';
import { OperationCap } from '../../src/observe/operation-cap.js';

describe('the operation of a call is', () => {
  it.each<[string, Attributes, string]>([
    ['rpc', { 'rpc.service': 'hdfs.DataNode', 'rpc.method': 'WriteBlock' }, 'hdfs.DataNode/WriteBlock'],
    ['rpc, fully qualified by the newer conventions', { 'rpc.method': 'hdfs.DataNode/Read' }, 'hdfs.DataNode/Read'],
    ['rpc before http', { 'rpc.service': 's', 'rpc.method': 'm', 'http.request.method': 'POST' }, 's/m'],
    ['http with a template', { 'http.request.method': 'POST', 'url.template': '/blocks/{id}' }, 'POST /blocks/{id}'],
    ['http with a route', { 'http.request.method': 'GET', 'http.route': '/blocks/:id' }, 'GET /blocks/:id'],
    [
      'the template before the route',
      { 'http.request.method': 'GET', 'url.template': '/t', 'http.route': '/r' },
      'GET /t',
    ],
    ['http, the method alone', { 'http.request.method': 'GET', 'url.full': 'http://web/orders/7' }, 'GET'],
    ['http under its deprecated name', { 'http.method': 'PUT', 'http.route': '/orders' }, 'PUT /orders'],
    ['a query', { 'db.operation.name': 'SELECT', 'db.collection.name': 'orders' }, 'SELECT orders'],
    ['a query, the verb alone', { 'db.operation.name': 'COMMIT' }, 'COMMIT'],
    ['a query under its deprecated names', { 'db.operation': 'INSERT', 'db.sql.table': 'orders' }, 'INSERT orders'],
    ['a message', { 'messaging.operation.name': 'publish', 'messaging.destination.name': 'orders' }, 'publish orders'],
    ['a message by its type', { 'messaging.operation.type': 'send', 'messaging.destination.name': 'q' }, 'send q'],
    ['a message under its deprecated names', { 'messaging.operation': 'send', 'messaging.destination': 'q' }, 'send q'],
    ['the name of the span', { 'url.full': 'http://web/orders/7' }, 'span name'],
  ])('%s', (_, attributes, operation) => {
    expect(operationOf('span name', attributes)).toBe(operation);
  });

  it('never a raw path', () => {
    const attributes = { 'http.request.method': 'GET', 'url.path': '/orders/7', 'http.target': '/orders/7' };
    expect(operationOf('GET', attributes)).toBe('GET');
  });

  it('"unnamed" where not even the span has a name', () => {
    expect(operationOf('', {})).toBe('unnamed');
  });

  it('cut where it is too long', () => {
    expect(operationOf('x'.repeat(1000), {})).toHaveLength(OPERATION_LENGTH_MAX);
    expect(operationOf('', { 'rpc.method': 'x'.repeat(1000) })).toHaveLength(OPERATION_LENGTH_MAX);
  });

  it('what a rule of the user says, before the built-in ones', () => {
    const rules = [
      { name: 'own', operation: (seen: Attributes) => seen['job'] as string | undefined },
      ...OPERATION_RULES,
    ];
    expect(operationOf('', { job: 'nightly', 'http.request.method': 'GET' }, rules)).toBe('nightly');
    expect(operationOf('', { 'http.request.method': 'GET' }, rules)).toBe('GET');
  });
});

describe('operations of one subject', () => {
  it(`are told apart up to ${OPERATIONS_PER_SUBJECT_MAX}; what is new after that is "${OPERATION_OTHER}", counted`, () => {
    const cap = new OperationCap();
    for (let index = 0; index < OPERATIONS_PER_SUBJECT_MAX; index++) {
      expect(cap.admit('web', `GET /${index}`)).toBe(`GET /${index}`);
    }
    expect(cap.foldedCount).toBe(0);
    expect(cap.admit('web', 'GET /one-more')).toBe(OPERATION_OTHER);
    expect(cap.admit('web', 'GET /one-more')).toBe(OPERATION_OTHER);
    expect(cap.foldedCount).toBe(2);
    expect(cap.admit('web', 'GET /0')).toBe('GET /0');
  });

  it('do not count against those of another', () => {
    const cap = new OperationCap(10, 1);
    expect(cap.admit('web', 'GET')).toBe('GET');
    expect(cap.admit('db', 'SELECT')).toBe('SELECT');
    expect(cap.admit('web', 'PUT')).toBe(OPERATION_OTHER);
  });

  it('are forgotten with the subject that was met first, once there are too many subjects', () => {
    const cap = new OperationCap(2, 1);
    for (const subject of ['a', 'b', 'c']) cap.admit(subject, 'GET');
    expect(cap.admit('b', 'PUT')).toBe(OPERATION_OTHER);
    expect(cap.admit('a', 'PUT')).toBe('PUT');
  });
});
