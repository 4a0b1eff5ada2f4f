// SPDX-License-Identifier: Apache-2.0
/** What the guest tells the engine of the calls of its process, and when. */
import { SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import { listenToDiagnostics, startGuest } from './guest.js';

describe('bad news', () => {
  it.each([
    ['503', 'unhealthy server_error'],
    ['ECONNREFUSED', 'unhealthy refused'],
    ['TimeoutError', 'unhealthy timeout'],
    ['429', 'maybe_unhealthy throttled'],
  ])('leaves at once: %s', (outcome, expected) => {
    const guest = startGuest();
    guest.call(`GET web:80 ${outcome}`);
    guest.yield();
    expect(guest.told()).toEqual([`GET web:80 ${expected} 1`]);
  });

  it('leaves outside of the call of the host that brought it', () => {
    const guest = startGuest();
    guest.call('GET web:80 503');
    expect(guest.exporter.batches).toEqual([]);
    guest.yield();
    expect(guest.exporter.batches).toHaveLength(1);
  });

  it('that repeats leaves at once as it doubles, so that the failures that convict need not wait', () => {
    const guest = startGuest();
    const toldOf = (calls: number) => {
      for (let i = 0; i < calls; i++) guest.call('GET web:80 503');
      guest.yield();
      return guest.told();
    };
    expect(toldOf(1)).toEqual(['GET web:80 unhealthy server_error 1']);
    expect(toldOf(1)).toEqual(['GET web:80 unhealthy server_error 1']);
    expect(toldOf(1)).toEqual([]);
    expect(toldOf(1)).toEqual(['GET web:80 unhealthy server_error 2']);
    expect(toldOf(3)).toEqual([]);
    expect(toldOf(1)).toEqual(['GET web:80 unhealthy server_error 4']);
  });

  it('that repeats is folded in between, and the rest told with its count each second', () => {
    const guest = startGuest();
    for (let i = 0; i < 7; i++) guest.call('GET web:80 503');
    guest.yield();
    guest.told();
    guest.clock.advance(999);
    expect(guest.told()).toEqual([]);
    guest.clock.advance(1);
    expect(guest.told()).toEqual(['GET web:80 unhealthy server_error 3']);
  });

  it('of another kind leaves at once too', () => {
    const guest = startGuest();
    guest.call('GET web:80 503');
    guest.call('GET web:80 TimeoutError');
    guest.yield();
    expect(guest.told()).toEqual(['GET web:80 unhealthy server_error 1', 'GET web:80 unhealthy timeout 1']);
  });

  it('leaves at once again in the next window', () => {
    const guest = startGuest();
    guest.call('GET web:80 503');
    guest.clock.advance(1000);
    guest.told();
    guest.call('GET web:80 503');
    guest.yield();
    expect(guest.told()).toEqual(['GET web:80 unhealthy server_error 1']);
  });
});

describe('good news', () => {
  it('is counted, and told each second', () => {
    const guest = startGuest();
    for (let i = 0; i < 100; i++) guest.call('GET web:80 200');
    guest.call('GET web:80 404');
    guest.clock.advance(999);
    expect(guest.told()).toEqual([]);
    guest.clock.advance(1);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 101']);
  });

  it('is told as often as the user wants', () => {
    const guest = startGuest({ windowMs: 100 });
    guest.call('GET web:80 200');
    guest.clock.advance(100);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
  });

  it('after bad news leaves at once', () => {
    const guest = startGuest();
    guest.call('GET web:80 503');
    guest.clock.advance(1000);
    guest.told();
    guest.call('GET web:80 200');
    guest.call('GET web:80 200');
    guest.yield();
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
    guest.clock.advance(1000);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
  });

  it('that waited goes before the bad news that came after it', () => {
    const guest = startGuest();
    guest.call('GET web:80 200');
    guest.clock.advance(10);
    guest.call('GET web:80 503');
    guest.yield();
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1', 'GET web:80 unhealthy server_error 1']);
  });

  it('costs nothing while there are no calls', () => {
    const guest = startGuest();
    guest.call('GET web:80 200');
    guest.clock.advance(60_000);
    expect(guest.exporter.batches).toHaveLength(1);
    expect(guest.clock.timerCount).toBe(0);
  });
});

describe('each subject, operation and source', () => {
  it('is told of by itself', () => {
    const guest = startGuest();
    for (const said of ['GET web:80 200', 'PUT web:80 200', 'GET db:81 200', 'GET web:80 200']) guest.call(said);
    guest.call('GET web:80 200', { attributes: { 'url.path': '/healthz' } });
    guest.clock.advance(1000);
    expect(guest.exporter.spans.map(({ attributes }) => attributes['panorama.source'])).toEqual([
      'caller',
      'caller',
      'caller',
      'probe',
    ]);
    expect(guest.told().sort()).toEqual([
      'GET db:81 healthy ok 1',
      'GET web:80 healthy ok 1',
      'GET web:80 healthy ok 2',
      'PUT web:80 healthy ok 1',
    ]);
  });
});

describe('an observation', () => {
  it('is a span under the call that shows it, with the times and the latency of what it stands for', () => {
    const guest = startGuest();
    const startMs = guest.clock.nowMs();
    const calls = [5, 20, 15, 10].map((latencyMs) => {
      guest.clock.advance(100);
      return guest.call('GET web:80 503', { latencyMs, attributes: { 'error.type': '503' } });
    });
    guest.clock.advance(1000);
    const [urgent, , folded] = guest.exporter.spans as [ReadableSpan, ReadableSpan, ReadableSpan];
    expect(urgent).toMatchObject({ name: 'panorama.observation', kind: SpanKind.INTERNAL, ended: true });
    expect(urgent.parentSpanContext?.spanId).toBe(calls[0]?.spanContext().spanId);
    expect(urgent.spanContext().traceId).toBe(calls[0]?.spanContext().traceId);
    expect(urgent.spanContext().traceFlags).toBe(TraceFlags.SAMPLED);
    expect(folded.links.map((link) => link.context.spanId)).toEqual(
      calls.slice(2).map((call) => call.spanContext().spanId),
    );
    expect([folded.startTime, folded.endTime, folded.duration].map(([s, ns]) => s * 1000 + ns / 1e6)).toEqual([
      startMs + 300,
      startMs + 400,
      100,
    ]);
    expect(folded.attributes).toMatchObject({
      'panorama.observer': 'client/c1',
      'panorama.subject.resolution': 'address',
      'panorama.source': 'caller',
      'error.type': '503',
    });
    expect(folded.attributes['panorama.latency.mean']).toBeCloseTo(0.0125, 9);
    expect(folded.attributes['panorama.latency.max']).toBeCloseTo(0.015, 9);
    expect(folded.resource).toBe(calls[0]?.resource);
  });

  it('shows four traces at most', () => {
    const guest = startGuest();
    for (let i = 0; i < 16; i++) guest.call('GET web:80 503');
    guest.clock.advance(1000);
    expect(guest.exporter.spans.map(({ attributes, links }) => [attributes['panorama.count'], links.length])).toEqual([
      [1, 1],
      [1, 1],
      [2, 2],
      [4, 4],
      [8, 4],
    ]);
  });

  it('of good news shows no trace, and is a trace of its own', () => {
    const guest = startGuest();
    const call = guest.call('GET web:80 200');
    guest.clock.advance(1000);
    const [span] = guest.exporter.spans;
    expect(span?.links).toEqual([]);
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.spanContext().traceId).not.toBe(call.spanContext().traceId);
  });

  it('has an id of its own', () => {
    const guest = startGuest();
    for (let i = 0; i < 50; i++) guest.call(`GET web:${i} 503`);
    guest.yield();
    expect(new Set(guest.exporter.spans.map((span) => span.spanContext().spanId)).size).toBe(50);
    for (const span of guest.exporter.spans) expect(trace.isSpanContextValid(span.spanContext())).toBe(true);
  });

  it('has a valid id even where chance gives nothing but zeros', () => {
    const guest = startGuest({ random: (bytes) => bytes.fill(0) });
    guest.call('GET web:80 200');
    guest.clock.advance(1000);
    expect(trace.isSpanContextValid(guest.exporter.spans[0]?.spanContext() as never)).toBe(true);
  });

  it('carries the words of the error', () => {
    const guest = startGuest();
    const span = guest.tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes: { 'server.address': 'web' } });
    span.recordException({ name: 'Error', message: 'an earlier one' });
    span.recordException({ name: 'Error', message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' });
    span.setStatus({ code: 2, message: 'it failed' });
    span.end();
    guest.yield();
    expect(guest.exporter.spans[0]?.attributes).toMatchObject({
      'panorama.reason': 'refused',
      'error.type': 'ECONNREFUSED',
      'panorama.error.message': 'connect ECONNREFUSED',
    });
  });
});

describe('bounds', () => {
  let heard: ReturnType<typeof listenToDiagnostics> | undefined;
  afterEach(() => heard?.stop());

  it('of pairs: what is past them is dropped, counted, and said once', () => {
    heard = listenToDiagnostics();
    const guest = startGuest({ pairCountMax: 2 });
    for (let window = 0; window < 3; window++) {
      for (let port = 1; port <= 5; port++) guest.call(`GET web:${port} 200`);
      guest.clock.advance(1000);
    }
    expect(guest.processor.counts()).toMatchObject({ observed: 15, droppedCalls: 9 });
    expect(guest.told()).toHaveLength(6);
    expect(heard.warn).toHaveBeenCalledTimes(1);
    guest.call('GET web:1 200');
    guest.clock.advance(1000);
    for (let port = 1; port <= 5; port++) guest.call(`GET web:${port} 200`);
    guest.clock.advance(1000);
    expect(heard.warn).toHaveBeenCalledTimes(2);
  });

  it('of operations: what is past them folds into one, counted', () => {
    const guest = startGuest();
    for (let id = 0; id < 205; id++) guest.call('GET web:80 200', { attributes: { 'url.template': `/orders/${id}` } });
    guest.clock.advance(1000);
    expect(guest.processor.counts().folded).toBe(5);
    expect(guest.told()).toContain('other web:80 healthy ok 5');
  });

  it('of the queue: what is past it is dropped, counted, and said once', () => {
    heard = listenToDiagnostics();
    const guest = startGuest({ queueCountMax: 3 });
    for (let port = 1; port <= 10; port++) guest.call(`GET web:${port} 503`);
    guest.yield();
    expect(guest.processor.counts()).toMatchObject({ droppedObservations: 7, exportedObservations: 3 });
    expect(guest.told().map((line) => line.split(' ')[1])).toEqual(['web:1', 'web:2', 'web:3']);
    expect(heard.warn).toHaveBeenCalledTimes(1);
  });
});

describe('flushing', () => {
  it('sends what waits, without time passing', async () => {
    const guest = startGuest();
    guest.call('GET web:80 200');
    await guest.processor.forceFlush();
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
    expect(guest.clock.timerCount).toBe(0);
  });

  it('comes with that of the SDK', async () => {
    const guest = startGuest();
    guest.call('GET web:80 200');
    await guest.provider.forceFlush();
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
  });
});
