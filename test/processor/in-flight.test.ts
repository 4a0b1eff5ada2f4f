// SPDX-License-Identifier: Apache-2.0
/** Calls that are out: when they are told of, how often, and what is made of them when they come back. */
import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { acquainted, begin, end, GET, toldAfterMs } from './acquainted.js';
import type { Guest } from './guest.js';

/** When something is told within so long, in ms from now. */
function toldAtMs(guest: Guest, withinMs: number): readonly number[] {
  const atMs: number[] = [];
  for (let ms = 25; ms <= withinMs; ms += 25) {
    guest.clock.advance(25);
    if (guest.told().length > 0) atMs.push(ms);
  }
  return atMs;
}

const gapsOf = (atMs: readonly number[]) => atMs.slice(1).map((ms, index) => ms - (atMs[index] as number));
const hungOf = (guest: Guest) =>
  guest.exporter.spans.map(({ attributes }) => attributes).filter((each) => each['panorama.reason'] === 'hung');
const phisOf = (guest: Guest) => hungOf(guest).map((each) => Number(each['panorama.suspicion']));
const againsOf = (guest: Guest) => hungOf(guest).map((each) => each['panorama.again']);

describe('a call that hangs', () => {
  it('is told as pending, at once, with how long it has been out and how unlikely that is', () => {
    const guest = acquainted();
    const span = begin(guest);
    guest.clock.advance(125);
    expect(guest.told()).toEqual(['GET web:80 pending hung 1']);
    const told = guest.exporter.spans.at(-1);
    expect(told?.attributes).toMatchObject({ 'panorama.latency.max': 0.125, 'panorama.source': 'caller' });
    expect(told?.attributes['panorama.suspicion']).toBeGreaterThan(4);
    expect(told?.parentSpanContext?.spanId).toBe(span.spanContext().spanId);
    expect(guest.processor.counts()).toMatchObject({ hung: 1, inFlight: 1 });
  });

  it('is never told before the floor, however fast its operation usually is', () => {
    const guest = acquainted();
    begin(guest);
    expect(toldAfterMs(guest, 1000)).toBeGreaterThanOrEqual(100);
    const patient = acquainted({}, { hungFloorMs: 700 });
    begin(patient);
    expect(toldAfterMs(patient, 1000)).toBeGreaterThanOrEqual(700);
  });

  it.each([1, 20, 300, 2000])('is told within twice the p99.9 of its operation and 250 ms: of %d ms', (latencyMs) => {
    const guest = acquainted({ latencyMs });
    begin(guest);
    const ms = toldAfterMs(guest, 10_000);
    expect(ms).toBeGreaterThan(latencyMs);
    expect(ms).toBeLessThanOrEqual(2 * latencyMs + 250);
  });

  it.each([
    [20, 20, 5000],
    [20, 1000, 1000],
    [50, 1000, 1000],
  ])(
    'is told within that bound also by a loop whose every timer is %d ms late, after %d calls of %d ms',
    (lateMs, count, latencyMs) => {
      const guest = acquainted({ count, latencyMs });
      begin(guest);
      let ms = 0;
      for (; guest.told().length === 0 && ms < 60_000; ms += 25 + lateMs) {
        guest.clock.advance(24.99);
        guest.clock.standStill(lateMs + 0.01);
      }
      expect(ms).toBeLessThanOrEqual(2 * latencyMs + 250);
    },
  );

  it('is told by the p99.9 and not by the worst that ever was', () => {
    const guest = acquainted({ count: 4000 });
    guest.call('GET web:80 200', { latencyMs: 60_000 });
    begin(guest);
    expect(toldAfterMs(guest, 1000)).toBeLessThanOrEqual(250);
  });

  it('waits for as much more suspicion as the user wants', () => {
    const guest = acquainted({ latencyMs: 200 }, { hungSuspicion: 12 });
    begin(guest);
    // Four times the p99.9, as far as the sketch is exact.
    expect(toldAfterMs(guest, 2000)).toBeGreaterThan(700);
  });

  it('is told again as soon as it has been out for ten floors, if it is twice as unlikely by then', () => {
    const guest = acquainted();
    begin(guest);
    expect(toldAtMs(guest, 1500)).toEqual([125, 1025]);
    const patient = acquainted({}, { hungFloorMs: 400 });
    begin(patient);
    expect(toldAtMs(patient, 5000)).toEqual([425, 4025]);
    // What usually takes 300 ms is no less likely after 600: it is told when the suspicion has doubled.
    const slow = acquainted({ latencyMs: 300 });
    begin(slow);
    const [first = 0, second = 0] = toldAtMs(slow, 5000);
    expect(first).toBeLessThanOrEqual(600);
    expect(second).toBeGreaterThan(650);
    const [phi = 0, doubled = 0] = phisOf(slow);
    expect(doubled / phi).toBeGreaterThanOrEqual(2);
    // Nor is one that is suspected later than that: it is told again when the suspicion has doubled, and only then once a second.
    const slower = acquainted({ latencyMs: 600 });
    begin(slower);
    const [late = 0, later = 0, third = 0] = toldAtMs(slower, 5000);
    expect(late).toBeGreaterThan(650);
    expect(later - late).toBeLessThan(1000);
    const [suspicion = 0, twice = 0] = phisOf(slower);
    expect(twice / suspicion).toBeGreaterThanOrEqual(2);
    expect(third - later).toBeGreaterThanOrEqual(1000);
  });

  it('says from the second time on that it was told before', () => {
    const guest = acquainted();
    begin(guest);
    guest.clock.advance(3000);
    expect(againsOf(guest)).toEqual([undefined, true, true]);
    // Another one has not been told before.
    begin(guest);
    guest.clock.advance(125);
    expect(againsOf(guest).slice(-1)).toEqual([undefined]);
  });

  it('is told again as the suspicion doubles, once a second at the most after that and every 20 s at the least', () => {
    const guest = acquainted({ latencyMs: 1500 });
    const span = begin(guest);
    const atMs = toldAtMs(guest, 90_000);
    const phis = phisOf(guest);
    const doubled = phis.slice(1, 5).map((phi, index) => phi / (phis[index] as number));
    for (const factor of doubled) expect(factor).toBeCloseTo(2, 0);
    expect(Math.max(...gapsOf(atMs))).toBeLessThanOrEqual(20_050);
    end(guest, span);
    const quick = acquainted();
    begin(quick);
    const [, ...later] = toldAtMs(quick, 10_000);
    expect(later.length).toBeGreaterThan(3);
    expect(Math.min(...gapsOf(later))).toBeGreaterThanOrEqual(1000);
  });

  it('is several where several hang, told as they double, and apart from them when they are told again', () => {
    const guest = acquainted();
    for (let call = 0; call < 5; call++) begin(guest);
    guest.clock.advance(125);
    expect(guest.told()).toEqual([1, 1, 2].map((count) => `GET web:80 pending hung ${count}`));
    guest.clock.advance(900);
    // The fifth goes along with the first that is told again.
    expect(guest.told()).toEqual([1, 1, 1, 2].map((count) => `GET web:80 pending hung ${count}`));
    expect(againsOf(guest)).toEqual([undefined, undefined, undefined, undefined, true, true, true]);
    guest.clock.advance(500);
    expect(guest.told()).toEqual(['GET web:80 pending hung 1']);
    expect(againsOf(guest).at(-1)).toBe(true);
  });
});

describe('a call that comes back', () => {
  it('in time is told of as any other', () => {
    const guest = acquainted();
    const span = begin(guest);
    guest.clock.advance(99);
    end(guest, span);
    guest.clock.advance(2000);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
    expect(guest.processor.counts()).toMatchObject({ hung: 0, inFlight: 0 });
  });

  it('after it was told as pending is told at once, as what it has become', () => {
    const guest = acquainted();
    const span = begin(guest);
    guest.clock.advance(400);
    guest.told();
    end(guest, span);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
    guest.clock.advance(1000);
    const other = begin(guest);
    guest.clock.advance(400);
    guest.told();
    end(guest, other, 503);
    expect(guest.told()).toEqual(['GET web:80 unhealthy server_error 1']);
  });

  it('because its caller would wait no longer has timed out, though the caller says no word', () => {
    const guest = acquainted();
    const span = begin(guest);
    guest.clock.advance(130);
    guest.told();
    // As undici leaves an aborted request.
    span.end(guest.clock.nowMs());
    guest.yield();
    expect(guest.told()).toEqual(['GET web:80 unhealthy timeout 1']);
  });

  it('because its caller cancelled it has timed out too, though cancelling alone says nothing', () => {
    const guest = acquainted();
    const cancelledAfter = (ms: number) => {
      const span = begin(guest);
      guest.clock.advance(ms);
      guest.told();
      span.setAttribute('rpc.grpc.status_code', 1);
      span.end(guest.clock.nowMs());
      guest.clock.advance(1000);
      return guest.told();
    };
    expect(cancelledAfter(50)).toEqual(['GET web:80 healthy request_fault 1']);
    expect(cancelledAfter(400)).toEqual(['GET web:80 unhealthy timeout 1']);
  });

  it('and fails when its incident is long over is no news: nobody is accused of it a second time', () => {
    const guest = acquainted();
    const lost = begin(guest);
    guest.clock.advance(5000);
    for (let second = 0; second < 295; second++) {
      guest.call('GET web:80 200', { latencyMs: 1 });
      guest.clock.advance(1000);
    }
    guest.told();
    lost.setAttribute('error.type', 'UND_ERR_HEADERS_TIMEOUT');
    lost.setStatus({ code: SpanStatusCode.ERROR });
    lost.end(guest.clock.nowMs());
    guest.clock.advance(2000);
    expect(guest.told()).toEqual([]);
    expect(guest.processor.counts().outdated).toBe(1);
  });

  it('and fails while others still hang is news, however many come back well beside it', () => {
    const guest = acquainted();
    const spans: Span[] = [];
    for (let second = 0; second < 40; second++) {
      spans.push(begin(guest));
      for (let call = 0; call < 9; call++) guest.call('GET web:80 200', { latencyMs: 1 });
      guest.clock.advance(1000);
    }
    guest.told();
    end(guest, spans[0] as Span, 504);
    expect(guest.told()).toContain('GET web:80 unhealthy server_error 1');
    expect(guest.processor.counts().outdated).toBe(0);
  });

  it('is told of the pair that was accused, though the answer names another', () => {
    const guest = acquainted();
    const span = begin(guest);
    guest.clock.advance(400);
    guest.told();
    span.setAttribute('panorama.subject', 'web/w1');
    end(guest, span);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
  });

  it('and is then to be ignored takes the suspicion back', () => {
    const guest = acquainted({}, { rules: { outcomes: [{ http: [503], status: 'ignore' }] } });
    const span = begin(guest);
    guest.clock.advance(400);
    guest.told();
    end(guest, span, 503);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
  });
});

describe('nothing is suspected', () => {
  it('while fewer than twenty calls of the operation have come back: a first call may be a stream', () => {
    const guest = acquainted({ count: 19 });
    begin(guest);
    guest.clock.advance(60_000);
    expect(guest.told()).toEqual([]);
    guest.call('GET web:80 200', { latencyMs: 1 });
    guest.clock.advance(60_000);
    expect(guest.told()).toContain('GET web:80 pending hung 1');
  });

  it('of operations that always take so long', () => {
    const guest = acquainted({ latencyMs: 30_000 });
    begin(guest);
    guest.clock.advance(35_000);
    expect(guest.told()).toEqual([]);
  });

  it('of a call that the user wants to be ignored', () => {
    const guest = acquainted({}, { rules: { outcomes: [{ operation: 'GET', status: 'ignore' }] } });
    for (let call = 0; call < 20; call++) guest.call('GET web:80 200');
    begin(guest);
    guest.clock.advance(60_000);
    expect(guest.told()).toEqual([]);
  });

  it('of what is no call, or of nobody', () => {
    const guest = acquainted();
    begin(guest, GET, SpanKind.INTERNAL);
    begin(guest, GET, SpanKind.SERVER);
    begin(guest, { 'http.request.method': 'GET' });
    guest.clock.advance(60_000);
    expect(guest.told()).toEqual([]);
  });

  it('while the observer itself stands still: the answers lie in its sockets', () => {
    const guest = acquainted();
    const span = begin(guest);
    // The event loop runs no timer for three seconds, and then all that have come due.
    guest.clock.standStill(3000);
    end(guest, span);
    expect(guest.told().filter((line) => line.includes('hung'))).toEqual([]);
  });
});
