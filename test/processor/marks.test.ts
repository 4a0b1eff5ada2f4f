// SPDX-License-Identifier: Apache-2.0
/** What the guest writes on spans that are not its own: that a call is accounted for, and who it was that called. */
import { context, propagation, ROOT_CONTEXT, SpanKind, TraceFlags } from '@opentelemetry/api';
import { AlwaysOffSampler, createAlwaysRecordSampler, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { startGuest } from './guest.js';

describe('the mark "panorama.observed"', () => {
  const marked = (span: ReadableSpan) => span.attributes['panorama.observed'];

  it.each([
    ['a client span', SpanKind.CLIENT, true],
    ['a producer span', SpanKind.PRODUCER, true],
    ['a server span', SpanKind.SERVER, undefined],
    ['a consumer span', SpanKind.CONSUMER, undefined],
    ['an internal span', SpanKind.INTERNAL, undefined],
  ])('on %s: %3$s', (_, kind, expected) => {
    const guest = startGuest();
    expect(marked(guest.call('GET web:80 200', { kind }))).toBe(expected);
    expect(guest.processor.counts().observed).toBe(expected ? 1 : 0);
  });

  it('is not on a call of nobody known, which is counted', () => {
    const guest = startGuest();
    expect(marked(guest.call('GET web:80 200', { attributes: { 'server.address': '' } }))).toBeUndefined();
    expect(guest.processor.counts()).toMatchObject({ observed: 0, unidentified: 1 });
  });

  it('is on a call that was abandoned or is to be ignored: the engine must not count it either', () => {
    const guest = startGuest({ rules: { outcomes: [{ operation: 'PUT', status: 'ignore' }] } });
    expect(marked(guest.call('GET web:80 AbortError'))).toBe(true);
    expect(marked(guest.call('PUT web:80 200'))).toBe(true);
    expect(guest.processor.counts()).toMatchObject({ observed: 0, abandoned: 1, ignored: 1 });
  });
});

describe('a span that is not sampled but recorded', () => {
  it('counts', () => {
    const guest = startGuest({}, { sampler: createAlwaysRecordSampler(new AlwaysOffSampler()) });
    const call = guest.call('GET web:80 503');
    guest.yield();
    expect(call.spanContext().traceFlags).toBe(TraceFlags.NONE);
    expect(guest.told()).toEqual(['GET web:80 unhealthy server_error 1']);
  });
});

describe('a server span', () => {
  const came = propagation.setBaggage(
    ROOT_CONTEXT,
    propagation.createBaggage({
      'panorama.observer': { value: 'edge/e1' },
      'panorama.origin': { value: 'browser' },
      'panorama.subject': { value: 'client' },
    }),
  );
  const spanIn = (parent: typeof came, kind: SpanKind) =>
    startGuest().tracer.startSpan('GET', { kind }, parent) as unknown as ReadableSpan;

  it.each([SpanKind.SERVER, SpanKind.CONSUMER])('of kind %i names who called and who began', (kind) => {
    expect(spanIn(came, kind).attributes).toEqual({ 'panorama.observer': 'edge/e1', 'panorama.origin': 'browser' });
  });

  it('names nobody where no baggage came', () => {
    expect(spanIn(context.active(), SpanKind.SERVER).attributes).toEqual({});
  });

  it('alone does: a client span names nobody', () => {
    expect(spanIn(came, SpanKind.CLIENT).attributes).toEqual({});
  });
});
