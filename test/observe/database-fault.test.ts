// SPDX-License-Identifier: Apache-2.0
/** Whose fault a database's error is: by its code, wherever an instrumentation has put it, or by its first words. */
import { describe, expect, it } from 'vitest';
import { type ObservableSpan, SpanKind, SpanStatusCode } from '../../src/model/span.js';
import { databaseFaultOf } from '../../src/observe/database-fault.js';

function faultOf(
  system: string,
  given: { code?: string | undefined; type?: string; exception?: string; message?: string },
) {
  const span: ObservableSpan = {
    name: 'query',
    kind: SpanKind.CLIENT,
    attributes: { 'db.system.name': system, 'db.response.status_code': given.code, 'error.type': given.type },
    statusCode: SpanStatusCode.ERROR,
    statusMessage: given.message ?? '',
    exception: given.exception === undefined ? undefined : { type: 'Error', message: given.exception },
    durationMs: 1,
  };
  return databaseFaultOf(span) ?? 'unknown';
}

describe('an SQLSTATE', () => {
  it.each([
    ['as the status code', { code: '42P01' }, { code: '57P01' }],
    ['as the error type', { type: '23505' }, { type: '53300' }],
    [
      'in the exception that the instrumentation of pg writes',
      { exception: "PostgreSQL error of type 'error' occurred (code: 42P01)", message: 'relation "a" does not exist' },
      { exception: "PostgreSQL error of type 'error' occurred (code: 57P01)", message: 'terminating connection' },
    ],
    [
      'in the words of a Go driver',
      { exception: 'ERROR: relation "a" does not exist (SQLSTATE 42P01)' },
      { exception: 'FATAL: sorry, too many clients already (SQLSTATE 53300)' },
    ],
  ])('%s tells the statement’s fault from the server’s', (_where, request, server) => {
    expect(faultOf('postgresql', request)).toBe('request');
    expect(faultOf('postgresql', server)).toBe('server');
  });

  it.each(['EPIPE', 'UNKNOWN', 'ECONNREFUSED', 'error', ''])('is not what %j is', (code) => {
    expect(faultOf('postgresql', { code })).toBe('unknown');
    expect(faultOf('postgresql', { type: code })).toBe('unknown');
    expect(faultOf('postgresql', { exception: `PostgreSQL error of type 'Error' occurred (code: ${code})` })).toBe(
      'unknown',
    );
  });
});

describe('an error number of MySQL', () => {
  it.each([
    ['1062', 'request'],
    ['1146', 'request'],
    ['1064', 'request'],
    ['1213', 'request'],
    ['3819', 'request'],
    ['1040', 'server'],
    ['1053', 'server'],
    ['1205', 'server'],
    ['1290', 'server'],
    ['1927', 'server'],
    ['2013', 'server'],
    ['3024', 'server'],
  ])('%s is the %s’s, as a code and in words, for MariaDB too', (number, fault) => {
    expect(faultOf('mysql', { code: number })).toBe(fault);
    expect(faultOf('mariadb', { type: number })).toBe(fault);
    expect(faultOf('mysql', { exception: `(${number}, "in the words of Python")` })).toBe(fault);
    expect(faultOf('mysql', { exception: `Error ${number} (HY000): in the words of Go` })).toBe(fault);
  });

  it('is none of PostgreSQL’s', () => {
    expect(faultOf('postgresql', { code: '1062' })).toBe('unknown');
  });
});

describe('the bare message of a MySQL server', () => {
  it.each([
    "Duplicate entry '7' for key 'PRIMARY'",
    "Table 'shop.nowhere' doesn't exist",
    "Unknown column 'nothing' in 'field list'",
    "You have an error in your SQL syntax; check the manual for the right syntax to use near 'SELEC' at line 1",
    "Column 'price' cannot be null",
    "Field 'price' doesn't have a default value",
    "Data too long for column 'name' at row 1",
    'Cannot add or update a child row: a foreign key constraint fails (`shop`.`orders`, CONSTRAINT `c` FOREIGN KEY)',
    "Access denied for user 'shop'@'localhost' (using password: NO)",
    'Deadlock found when trying to get lock; try restarting transaction',
  ])('%s: the statement was wrong', (message) => {
    expect(faultOf('mysql', { message })).toBe('request');
  });

  it.each([
    'Too many connections',
    'Connection was killed',
    'Server shutdown in progress',
    'Connection lost: The server closed the connection.',
    'connect ECONNREFUSED 127.0.0.1:3306',
    "The table 'orders' is full",
    "Error writing file 'Duplicate entry' (Errcode: 28)",
  ])('%s: it was not', (message) => {
    expect(faultOf('mysql', { message })).toBe('unknown');
  });

  it('says nothing of another database', () => {
    expect(faultOf('postgresql', { message: "Duplicate entry '7' for key 'PRIMARY'" })).toBe('unknown');
  });
});

describe('an error reply of Redis', () => {
  it.each([
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'request'],
    ["ERR unknown command 'NOTHING', with args beginning with: ", 'request'],
    ['ERR timeout is not an integer or out of range', 'request'],
    ['NOSCRIPT No matching script. Please use EVAL.', 'request'],
    ['BUSYGROUP Consumer Group name already exists', 'request'],
    ['EXECABORT Transaction discarded because of previous errors.', 'request'],
    ['NOAUTH Authentication required.', 'request'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'server'],
    ['LOADING Redis is loading the dataset in memory', 'server'],
    ['BUSY Redis is busy running a script.', 'server'],
    ['MISCONF Redis is configured to save RDB snapshots', 'server'],
    ["READONLY You can't write against a read only replica.", 'server'],
    ['CLUSTERDOWN The cluster is down', 'server'],
    ['ERR max number of clients reached', 'server'],
  ])('%s: the %s’s', (reply, fault) => {
    expect(faultOf('redis', { exception: reply, message: reply })).toBe(fault);
    expect(faultOf('valkey', { message: reply })).toBe(fault);
    if (!reply.startsWith('ERR max')) expect(faultOf('redis', { code: reply.split(' ')[0] })).toBe(fault);
  });

  it.each([
    'Connection is closed.',
    'connect ECONNREFUSED 127.0.0.1:6379',
    'ECONNRESET',
    'EPIPE broken',
    'Command timed out',
    'Reached the max retries per request limit (which is 3). Refer to "maxRetriesPerRequest" option for details.',
  ])('is not what a client says: %s', (message) => {
    expect(faultOf('redis', { exception: message, message })).toBe('unknown');
  });
});

it('is not asked of what is no database', () => {
  expect(faultOf('', { code: '42P01', message: 'WRONGTYPE' })).toBe('unknown');
  expect(faultOf('mongodb', { code: '11600' })).toBe('unknown');
});
