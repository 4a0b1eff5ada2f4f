// SPDX-License-Identifier: Apache-2.0
/** What a user puts before the built-in tables: other outcomes per service and operation, other subjects and operations. */
import { describe, expect, it } from 'vitest';
import type { Attributes } from '../../src/model/attributes.js';
import { SpanStatusCode } from '../../src/model/span.js';
import { statusName } from '../../src/model/status.js';
import { observeCall } from '../../src/observe/observe.js';
import { type ObserveRules, type OutcomeOverride, rulesWith } from '../../src/observe/rules.js';
import { UsualLatency } from '../../src/observe/usual-latency.js';
import { spanOf } from '../support/spans.js';

function seen(attributes: Attributes, rules: Partial<ObserveRules>): string {
  const context = { resolveAddress: () => undefined, usualLatency: new UsualLatency() };
  const sighting = observeCall(spanOf({ attributes, statusCode: SpanStatusCode.ERROR }), context, rulesWith(rules));
  if (typeof sighting === 'string') return sighting;
  return `${sighting.subject.text} ${sighting.operation} ${statusName(sighting.status)} ${sighting.reason}`;
}

const LOST_INDEX = {
  'service.peer.name': 'search',
  'http.request.method': 'GET',
  'url.template': '/items/{id}',
  'http.response.status_code': 404,
};

const ANOTHER_SUBJECT = { ...LOST_INDEX, 'service.peer.name': 'shop' };
const ANOTHER_OPERATION = { ...LOST_INDEX, 'url.template': '/pages/{id}' };
const AN_INSTANCE = { ...LOST_INDEX, 'panorama.subject': 'search/s1' };
const A_DEADLINE = { 'service.peer.name': 'search', 'rpc.method': 'Find', 'rpc.grpc.status_code': 4 };
const A_RESET = { 'service.peer.name': 'search', 'http.request.method': 'GET', 'error.type': 'ECONNRESET' };

type Line = readonly [what: string, override: OutcomeOverride, attributes: Attributes, seen: string];

describe('an outcome of the user', () => {
  it.each<Line>([
    ['by HTTP code', { http: [404], status: 'unhealthy' }, LOST_INDEX, 'unhealthy reported'],
    ['by one of several codes', { http: [410, 404], status: 'dying' }, LOST_INDEX, 'dying reported'],
    ['not by another code', { http: [410], status: 'unhealthy' }, LOST_INDEX, 'healthy request_fault'],
    ['by gRPC status', { grpc: [4], status: 'healthy' }, A_DEADLINE, 'healthy reported'],
    ['not by another gRPC status', { grpc: [5], status: 'healthy' }, A_DEADLINE, 'unhealthy timeout'],
    ['not by gRPC status where there is none', { grpc: [0], status: 'dead' }, LOST_INDEX, 'healthy request_fault'],
    ['by error type', { errorType: ['ECONNRESET'], status: 'maybe_unhealthy' }, A_RESET, 'maybe_unhealthy reported'],
    ['not by another error type', { errorType: ['EPIPE'], status: 'healthy' }, A_RESET, 'unhealthy reset'],
    ['for a service', { subject: 'search', status: 'unhealthy' }, LOST_INDEX, 'unhealthy reported'],
    ['for an instance of a service', { subject: 'search', status: 'unhealthy' }, AN_INSTANCE, 'unhealthy reported'],
    ['for one instance', { subject: 'search/s1', status: 'unhealthy' }, AN_INSTANCE, 'unhealthy reported'],
    ['not for another instance', { subject: 'search/s2', status: 'dead' }, AN_INSTANCE, 'healthy request_fault'],
    ['not for another service', { subject: 'search', status: 'dead' }, ANOTHER_SUBJECT, 'healthy request_fault'],
    ['for an operation', { operation: 'GET /items/{id}', status: 'dead' }, LOST_INDEX, 'dead reported'],
    ['not for another', { operation: 'GET /items/{id}', status: 'dead' }, ANOTHER_OPERATION, 'healthy request_fault'],
    [
      'only where every condition holds',
      { subject: 'search', operation: 'GET /items/{id}', http: [410], status: 'dead' },
      LOST_INDEX,
      'healthy request_fault',
    ],
    ['for everything, where it has no condition', { status: 'pending' }, A_RESET, 'pending reported'],
  ])('%s', (_, override, attributes, expected) => {
    expect(
      seen(attributes, { outcomes: [override] })
        .split(' ')
        .slice(-2)
        .join(' '),
    ).toBe(expected);
  });

  it('can be none at all', () => {
    expect(seen(LOST_INDEX, { outcomes: [{ http: [404], status: 'ignore' }] })).toBe('ignored');
  });

  it('is the first that fits', () => {
    const outcomes: OutcomeOverride[] = [
      { subject: 'shop', status: 'dead' },
      { http: [404], status: 'unhealthy' },
      { http: [404], status: 'ignore' },
    ];
    expect(seen(LOST_INDEX, { outcomes })).toBe('search GET /items/{id} unhealthy reported');
  });
});

describe('a rule of the user', () => {
  const subjects = [
    {
      name: 'shard',
      identify: (attributes: Attributes) =>
        attributes['shard'] === undefined
          ? undefined
          : ({ text: `shard/${attributes['shard']}`, resolution: 'instance' } as const),
    },
  ];
  const operations = [{ name: 'job', operation: (attributes: Attributes) => attributes['job'] as string | undefined }];

  it('names the subject before the ladder, and passes where it does not answer', () => {
    expect(seen({ ...LOST_INDEX, shard: 7 }, { subjects })).toContain('shard/7 GET');
    expect(seen(LOST_INDEX, { subjects })).toContain('search GET');
  });

  it('names the operation before the built-in rules, and passes where it does not answer', () => {
    expect(seen({ ...LOST_INDEX, job: 'nightly' }, { operations })).toContain('search nightly');
    expect(seen(LOST_INDEX, { operations })).toContain('search GET /items/{id}');
  });
});
