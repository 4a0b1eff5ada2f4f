// SPDX-License-Identifier: Apache-2.0
/** Spans that behave as none of the SDK's would: each call is counted once, and what cannot be watched is counted too. */
import { SpanKind } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type ReadableSpan, type Span, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { acquainted, begin, end, GET } from './acquainted.js';
import { CLIENT_1, type Guest, startGuest } from './guest.js';
import { broken } from './seams.js';

/** A client span that another SDK might have made. */
function foreign(given: Partial<Record<keyof ReadableSpan, unknown>> = {}): ReadableSpan & Span {
  return {
    name: 'GET',
    kind: SpanKind.CLIENT,
    attributes: { ...GET, 'http.response.status_code': 200 },
    status: { code: 0 },
    events: [],
    links: [],
    startTime: [1_700_000_000, 0],
    endTime: [1_700_000_001, 0],
    duration: [1, 0],
    ended: true,
    resource: resourceFromAttributes(CLIENT_1),
    spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
    setAttribute: () => undefined,
    ...given,
  } as never;
}

function lived({ processor }: Guest, span: ReadableSpan & Span): void {
  processor.onStart(span, undefined as never);
  processor.onEnding(span);
  processor.onEnd(span);
}

const outcome = (guest: Guest) => {
  guest.clock.advance(60_000);
  const { observed, inFlight, unwatched, hung } = guest.processor.counts();
  return { observed, inFlight, unwatched, hung, told: guest.told() };
};
const ONCE = { observed: 1, inFlight: 0, unwatched: 0, hung: 0, told: ['GET web:80 healthy ok 1'] };

describe('a span', () => {
  it('of another make counts as any other', () => {
    const guest = startGuest();
    lived(guest, foreign());
    expect(outcome(guest)).toEqual(ONCE);
    expect(guest.processor.counts().faults).toBe(0);
  });

  it.each<[string, (span: ReadableSpan & Span) => ReadableSpan & Span]>([
    ['is frozen', (span) => Object.freeze(span)],
    ['lets nothing be written on it', (span) => new Proxy(span, { set: broken })],
    ['forgets what is written on it', (span) => new Proxy(span, { set: () => true })],
    ['does not let anybody read what is ours', (span) => new Proxy(span, { get: (of, key) => symbolless(of, key) })],
  ])('that %s is not watched, and counted when it ends', (_, wrap) => {
    const guest = acquainted();
    const span = wrap(foreign());
    guest.processor.onStart(span, undefined as never);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, unwatched: 1 });
    guest.clock.advance(5000);
    guest.processor.onEnd(span);
    expect(outcome(guest)).toEqual({ ...ONCE, unwatched: 1, observed: 1001 });
  });

  it('that is frozen while it is out counts all the same', () => {
    const guest = startGuest();
    const span = foreign();
    guest.processor.onStart(span, undefined as never);
    Object.freeze(span.attributes);
    Object.freeze(span);
    guest.processor.onEnding(span);
    guest.processor.onEnd(span);
    expect(outcome(guest)).toEqual(ONCE);
  });

  it('that ends twice ends once', () => {
    const guest = startGuest();
    const span = foreign();
    lived(guest, span);
    guest.processor.onEnding(span);
    guest.processor.onEnd(span);
    expect(outcome(guest)).toEqual(ONCE);
  });

  it('that was never started ends as any other, and once', () => {
    const guest = startGuest();
    const span = foreign();
    guest.processor.onEnd(span);
    guest.processor.onEnding(span);
    guest.processor.onEnd(span);
    expect(outcome(guest)).toEqual(ONCE);
  });

  it('that starts twice is watched once, and not again when it is over', () => {
    const guest = acquainted();
    const span = foreign();
    guest.processor.onStart(span, undefined as never);
    guest.processor.onStart(span, undefined as never);
    expect(guest.processor.counts().inFlight).toBe(1);
    guest.processor.onEnd(span);
    guest.processor.onStart(span, undefined as never);
    expect(outcome(guest)).toEqual({ ...ONCE, observed: 1001 });
  });

  it.each([
    ['NaN', Number.NaN],
    ['the end of time', Number.MAX_VALUE],
    ['before time began', -1e15],
  ])('that the host ends at %s spoils the times of no other', (_, endMs) => {
    const guest = startGuest();
    const span = begin(guest);
    span.setAttribute('http.response.status_code', 200);
    span.end(endMs);
    lived(guest, foreign({ endTime: [endMs, endMs] }));
    guest.call('GET web:80 200');
    expect(outcome(guest).told).toEqual(['GET web:80 healthy ok 3']);
    const [told] = guest.exporter.spans;
    expect([told?.startTime, told?.endTime].map((time) => time?.[0])).toEqual([1_700_000_000, 1_700_000_000]);
    expect(told?.attributes['panorama.latency.max']).toBeLessThan(1e9);
  });

  it.each([7, null, undefined, {}, 'none'])('whose resource is %j takes nothing from others', async (resource) => {
    const guest = startGuest();
    guest.call('GET web:80 200');
    lived(guest, foreign({ resource }));
    await guest.processor.forceFlush();
    expect(guest.told()).toEqual(['GET web:80 healthy ok 2']);
    expect(guest.processor.counts()).toMatchObject({ failedObservations: 0, exportedObservations: 1 });
  });
});

describe('a resource that throws', () => {
  it('costs the observations that would bear it, and none that go with them', async () => {
    const guest = startGuest();
    const attributes = { ...GET, 'server.address': 'db', 'http.response.status_code': 503 };
    const resource = Object.defineProperty({}, 'attributes', { get: broken });
    lived(guest, foreign({ attributes, resource, status: { code: 2 } }));
    guest.call('GET web:80 503');
    await guest.processor.forceFlush();
    expect(guest.told()).toEqual(['GET web:80 unhealthy server_error 1']);
    expect(guest.processor.counts()).toMatchObject({ observed: 2, failedObservations: 1, exportedObservations: 1 });
  });
});

describe('a processor that is registered twice', () => {
  it('counts each call once, and tells of one that hangs once', () => {
    const guest = startGuest();
    const provider = new TracerProvider({
      resource: resourceFromAttributes(CLIENT_1),
      spanProcessors: [guest.processor, guest.processor],
    });
    const twice: Guest = { ...guest, tracer: provider.getTracer('twice') };
    for (let call = 0; call < 20; call++) end(twice, begin(twice));
    const span = begin(twice);
    guest.clock.advance(150);
    end(twice, span);
    expect(outcome(guest)).toMatchObject({ observed: 21, inFlight: 0, hung: 1 });
  });

  it.each([
    [1, { observed: 205, droppedCalls: 204, folded: 0 }],
    [1000, { observed: 205, droppedCalls: 0, folded: 5 }],
  ])('counts what its bounds touch once: of %d pairs', (pairCountMax, expected) => {
    const guest = startGuest({ pairCountMax });
    const provider = new TracerProvider({ spanProcessors: [guest.processor, guest.processor] });
    const twice: Guest = { ...guest, tracer: provider.getTracer('twice') };
    for (let id = 0; id < 205; id++) end(twice, begin(twice, { ...GET, 'url.template': `/orders/${id}` }));
    expect(guest.processor.counts()).toMatchObject(expected);
  });
});

describe('a span of two processors', () => {
  it('is watched and told of by both', () => {
    const guest = startGuest();
    const other = startGuest({}, { spanProcessors: [guest.processor] });
    end(other, begin(other));
    expect(outcome(guest)).toEqual(ONCE);
    expect(outcome(other)).toEqual(ONCE);
  });
});

function symbolless(of: object, key: string | symbol): unknown {
  return typeof key === 'symbol' ? undefined : Reflect.get(of, key);
}
