// SPDX-License-Identifier: Apache-2.0
/** What the watch of calls learns, what it costs, and what it hears of the observer itself. */
import { describe, expect, it } from 'vitest';
import { acquainted, begin, end, toldAfterMs } from './acquainted.js';
import type { Guest } from './guest.js';

describe('what is learned', () => {
  it('of a call that hung is not that hanging is usual', () => {
    const guest = acquainted();
    for (let incident = 0; incident < 3; incident++) {
      const span = begin(guest);
      expect(toldAfterMs(guest, 1000)).toBeLessThanOrEqual(250);
      guest.clock.advance(20_000);
      end(guest, span);
      guest.clock.advance(2000);
      guest.told();
    }
  });

  it('is nothing of a server that stood still under load: the next time it is told as soon', () => {
    const guest = acquainted({ count: 1000 });
    for (let second = 0; second < 90; second++) {
      if (second === 20) {
        // Twenty calls a second for twelve seconds, and all come back at once.
        const spans = Array.from({ length: 240 }, () => begin(guest));
        guest.clock.advance(12_000);
        for (const span of spans) end(guest, span);
      }
      for (let call = 0; call < 20; call++) guest.call('GET web:80 200', { latencyMs: 1 });
      guest.clock.advance(1000);
    }
    guest.told();
    begin(guest);
    expect(toldAfterMs(guest, 20_000)).toBeLessThanOrEqual(250);
  });

  it('is a new latency, within two minutes', () => {
    const guest = acquainted({ count: 5000 });
    const slow = () => {
      for (let second = 0; second < 60; second++) {
        const spans = Array.from({ length: 20 }, () => begin(guest));
        guest.clock.advance(1000);
        for (const span of spans) end(guest, span);
      }
    };
    slow();
    slow();
    guest.told();
    slow();
    expect(guest.told().filter((line) => line.includes('hung'))).toEqual([]);
  });
});

describe('bounds', () => {
  it('of calls that are watched: those past it are observed when they end, and counted', () => {
    const guest = acquainted({}, { inFlightCountMax: 2 });
    const spans = Array.from({ length: 5 }, () => begin(guest));
    expect(guest.processor.counts()).toMatchObject({ inFlight: 2, unwatched: 3 });
    guest.clock.advance(500);
    for (const span of spans) end(guest, span);
    guest.clock.advance(1000);
    const healthy = guest.told().filter((line) => line.includes('healthy ok'));
    expect(healthy.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(5);
    expect(guest.processor.counts().inFlight).toBe(0);
  });

  it('of time: a call that is out for an hour is watched no longer, and counted', () => {
    const guest = acquainted();
    begin(guest);
    guest.clock.advance(3_700_000);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, forgotten: 1 });
    expect(guest.clock.timerCount).toBe(0);
  });

  it('of the timer: there is one, and none while nothing is out', () => {
    const guest = acquainted();
    expect(guest.clock.timerCount).toBe(0);
    const spans = Array.from({ length: 100 }, () => begin(guest));
    expect(guest.clock.timerCount).toBe(1);
    for (const span of spans) end(guest, span);
    guest.clock.advance(1100);
    expect(guest.clock.timerCount).toBe(0);
  });
});

describe('the event-loop delay of the observer', () => {
  const lagOf = (guest: Guest) => guest.exporter.spans.at(-1)?.attributes['panorama.observer.lag'];

  it('goes with every observation, and is nothing while the loop keeps time', () => {
    const guest = acquainted();
    begin(guest);
    guest.clock.advance(500);
    expect(lagOf(guest)).toBe(0);
  });

  it('is how late the loop came in this window or in the last one', () => {
    const guest = acquainted();
    const span = begin(guest);
    guest.clock.advance(500);
    guest.clock.standStill(800);
    end(guest, span, 503);
    expect(lagOf(guest)).toBeGreaterThan(0.6);
    expect(lagOf(guest)).toBeLessThanOrEqual(0.85);
    const other = begin(guest);
    guest.clock.advance(3000);
    end(guest, other, 503);
    expect(lagOf(guest)).toBe(0);
  });
});
