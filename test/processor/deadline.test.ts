// SPDX-License-Identifier: Apache-2.0
/** A caller that had no more time itself, and a callee that failed: what the guest tells of either. */
import { type Attributes, type Context, context, ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { type ReadableSpan, StackContextManager } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDeadline } from '../../src/baggage/deadline.js';
import { type Guest, startGuest } from './guest.js';

beforeAll(() => {
  context.setGlobalContextManager(new StackContextManager().enable());
});
afterAll(() => context.disable());

const GET: Attributes = { 'http.request.method': 'GET', 'server.address': 'web', 'server.port': 80 };
const GRPC: Attributes = {
  'rpc.service': 'shop.Orders',
  'rpc.method': 'Get',
  'server.address': 'web',
  'server.port': 80,
};

/** A request that came with so much time, of which so much has been spent here. */
function requestOf(guest: Guest, budgetMs: number, spentMs = 0): Context {
  const of = withDeadline(budgetMs, () => context.active(), guest.clock);
  guest.clock.advance(spentMs);
  return of;
}

/** A call out of the request that fails after so much time. */
function failed(guest: Guest, request: Context, afterMs: number, attributes: Attributes): ReadableSpan {
  const startTime = guest.clock.nowMs();
  const span = guest.tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes, startTime }, request);
  guest.clock.advance(afterMs);
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(guest.clock.nowMs());
  guest.yield();
  return span as unknown as ReadableSpan;
}

/** A guest that knows how long both operations usually take: 20 ms, so that up to 100 ms are nothing unusual. */
function startAcquainted(): Guest {
  const guest = startGuest();
  for (let i = 0; i < 20; i++) {
    guest.call('GET web:80 200', { latencyMs: 20 });
    guest.call('GET web:80 200', { latencyMs: 20, attributes: { ...GRPC, 'rpc.grpc.status_code': 0 } });
  }
  guest.clock.advance(1000);
  guest.told();
  return guest;
}

describe.each<[string, Attributes, string]>([
  ['TimeoutError', { ...GET, 'error.type': 'TimeoutError' }, 'GET web:80'],
  ['ETIMEDOUT', { ...GET, 'error.type': 'ETIMEDOUT' }, 'GET web:80'],
  ['AbortError', { ...GET, 'error.type': 'AbortError' }, 'GET web:80'],
  ['gRPC DEADLINE_EXCEEDED', { ...GRPC, 'rpc.grpc.status_code': 4 }, 'shop.Orders/Get web:80'],
  ['gRPC CANCELLED', { ...GRPC, 'rpc.grpc.status_code': 1 }, 'shop.Orders/Get web:80'],
])('a call that ends in %s', (_, attributes, call) => {
  it('because its caller had 50 ms and had spent 20 of them says nothing of the callee', () => {
    const guest = startAcquainted();
    failed(guest, requestOf(guest, 50, 20), 30, attributes);
    guest.clock.advance(1000);
    expect(guest.told()).toEqual([]);
    expect(guest.processor.counts().abandoned).toBe(1);
  });

  it('after all of 1.2 s, which the callee never needs, is a timeout', () => {
    const guest = startAcquainted();
    failed(guest, requestOf(guest, 1200), 1200, attributes);
    // Told as pending after 100 ms and again after 1 s, and then as what it has become.
    const hung = `${call} pending hung 1`;
    expect(guest.told()).toEqual([hung, hung, `${call} unhealthy timeout 1`]);
  });

  it('because its caller was late already says nothing of the callee', () => {
    const guest = startAcquainted();
    failed(guest, requestOf(guest, 50, 80), 0, attributes);
    expect(guest.processor.counts().abandoned).toBe(1);
  });
});

describe('a call that ends by a timeout of its own', () => {
  it.each<[string, Attributes, string]>([
    ['TimeoutError', { ...GET, 'error.type': 'TimeoutError' }, 'GET web:80'],
    ['gRPC DEADLINE_EXCEEDED', { ...GRPC, 'rpc.grpc.status_code': 4 }, 'shop.Orders/Get web:80'],
  ])('after 30 ms of 10 s, or of no deadline, accuses the callee: %s', (_, attributes, call) => {
    for (const budgetMs of [10_000, Number.POSITIVE_INFINITY]) {
      const guest = startAcquainted();
      failed(guest, requestOf(guest, budgetMs), 30, attributes);
      expect(guest.told()).toEqual([`${call} unhealthy timeout 1`]);
    }
  });
});

describe('the attribute "panorama.deadline.remaining"', () => {
  const onStart = (kind: SpanKind, request: (guest: Guest) => Context) => {
    const guest = startGuest();
    const span = guest.tracer.startSpan('GET', { kind }, request(guest)) as unknown as ReadableSpan;
    return span.attributes['panorama.deadline.remaining'];
  };

  it.each([
    ['a client span', SpanKind.CLIENT, 0.03],
    ['a producer span', SpanKind.PRODUCER, 0.03],
    ['a server span', SpanKind.SERVER, undefined],
    ['a consumer span', SpanKind.CONSUMER, undefined],
    ['an internal span', SpanKind.INTERNAL, undefined],
  ])('on %s, in seconds: %3$s', (_, kind, expected) => {
    expect(onStart(kind, (guest) => requestOf(guest, 50, 20))).toBe(expected);
  });

  it('is 0 where the deadline has passed, and is not there where there is none', () => {
    expect(onStart(SpanKind.CLIENT, (guest) => requestOf(guest, 50, 80))).toBe(0);
    expect(onStart(SpanKind.CLIENT, () => ROOT_CONTEXT)).toBeUndefined();
  });
});
