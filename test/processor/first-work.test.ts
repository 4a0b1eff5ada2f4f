// SPDX-License-Identifier: Apache-2.0
/** Announced work of which little or nothing is known, and work of which the host says how long it takes. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnnouncedWork } from '../../src/processor/announced-work.js';
import type { Observer } from '../../src/processor/observer.js';
import { type Guest, startGuest } from './guest.js';

const BACKUP = { subject: 'storage/s1', operation: 'backup' };
const TEN_MINUTES_MS = 600_000;

let guest: Guest;
let observer: Observer;

beforeEach(() => {
  guest = startGuest();
  observer = guest.processor.observer;
  guest.tracer.startSpan('start').end();
});
afterEach(() => guest.processor.shutdown());

/** Work that ends well after so many ms. */
function work(latencyMs: number, what: AnnouncedWork = BACKUP): void {
  const pending = observer.begin(what);
  guest.clock.advance(latencyMs);
  pending.healthy();
  guest.clock.advance(1000);
}

/** After how many ms work that never ends is told of; ∞ where it is not within so many. */
function hungAfterMs(what: AnnouncedWork, withinMs: number): number {
  guest.told();
  observer.begin(what);
  for (let ms = 0; ms < withinMs; ms += 50) {
    guest.clock.advance(50);
    if (guest.told().some((line) => line.includes('hung'))) return ms + 50;
  }
  return Number.POSITIVE_INFINITY;
}

describe('work of which none has ever ended', () => {
  it('is not suspected, however long it takes, and is well when it ends', () => {
    work(TEN_MINUTES_MS);
    expect(guest.told()).toEqual(['backup storage/s1 healthy ok 1']);
    expect(guest.processor.counts().hung).toBe(0);
  });

  it('is suspected as soon as its like has ended elsewhere', () => {
    observer.begin(BACKUP);
    guest.clock.advance(60_000);
    expect(guest.told()).toEqual([]);
    work(100, { ...BACKUP, subject: 'storage/s2' });
    guest.clock.advance(20_000);
    expect(guest.told()).toContain('backup storage/s1 pending hung 1');
  });

  it('is not known by other work, nor by the like of it that has failed', () => {
    for (let n = 0; n < 30; n++) work(10, { ...BACKUP, operation: 'copy' });
    observer.begin(BACKUP).unhealthy(new Error('no room'));
    expect(hungAfterMs(BACKUP, 120_000)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('work of which a few have ended', () => {
  it('is told at about twice the slowest of them', () => {
    for (const ms of [20_000, 60_000, 40_000]) work(ms);
    const afterMs = hungAfterMs(BACKUP, TEN_MINUTES_MS);
    expect(afterMs / 60_000).toBeGreaterThan(1.7);
    expect(afterMs / 60_000).toBeLessThan(2.2);
  });

  it('is told after a second where they were quick, be it with somebody else', () => {
    work(10, { ...BACKUP, subject: 'storage/s2' });
    const afterMs = hungAfterMs(BACKUP, 5000);
    expect(afterMs).toBeGreaterThan(950);
    expect(afterMs).toBeLessThanOrEqual(1150);
  });
});

describe('work of which the host says how long it takes', () => {
  it('is told at about twice that, the first time and every time', () => {
    const backup = { ...BACKUP, expectedMs: 10_000 };
    expect(hungAfterMs(backup, 60_000) / 10_000).toBeCloseTo(1.9, 1);
    for (let n = 0; n < 30; n++) work(10);
    expect(hungAfterMs(backup, 60_000) / 10_000).toBeCloseTo(1.9, 1);
  });

  it('is watched longer than an hour where it takes longer', () => {
    const afterMs = hungAfterMs({ ...BACKUP, expectedMs: 2_400_000 }, 6_000_000);
    expect(afterMs / 2_400_000).toBeCloseTo(1.9, 1);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '10' as unknown as number])(
    'is as if nothing were said where that is no time: %s',
    (expectedMs) => {
      expect(hungAfterMs({ ...BACKUP, expectedMs }, 60_000)).toBe(Number.POSITIVE_INFINITY);
    },
  );
});
