// SPDX-License-Identifier: Apache-2.0
/** A clock that is ten years off, an observer's or the engine's own, changes no verdict and loses no span. */
import { afterEach, describe, expect, it } from 'vitest';
import { CONVICTED_WITHIN_MS, Siege, type SiegeOptions } from './siege.js';

const TEN_YEARS_MS = 10 * 365 * 24 * 3_600_000;

let siege: Siege;
afterEach(() => siege.end());

/** How far two machines' clocks may seem apart that are not: the test takes so long at most. */
const A_MINUTE_MS = 60_000;

/** A clock that is behind is believed to be off when three deliveries agree, five seconds apart each (`observer-clocks.ts`). */
const BELIEVED_AFTER_MS = 10_000;

describe('ten years off', () => {
  it.each<[string, SiegeOptions]>([
    ['observers in the past', { worldShiftMs: -TEN_YEARS_MS }],
    ['observers in the future', { worldShiftMs: TEN_YEARS_MS }],
    ['an engine in the past', { engineShiftMs: -TEN_YEARS_MS }],
    ['an engine in the future', { engineShiftMs: TEN_YEARS_MS }],
  ])(
    '%s: a fault is convicted in time all the same',
    async (_, options) => {
      siege = await Siege.start(options);
      const { failed, lastEndMs, lastEventMs } = await siege.withstand(async () => undefined);
      expect(failed).toBe(0);
      expect(Math.abs(lastEndMs - Date.now() - (options.worldShiftMs ?? 0))).toBeLessThan(A_MINUTE_MS);
      expect(Math.abs(lastEventMs - Date.now() - (options.engineShiftMs ?? 0))).toBeLessThan(A_MINUTE_MS);
    },
    120_000,
  );

  it.each([
    ['forward', TEN_YEARS_MS, CONVICTED_WITHIN_MS],
    ['back', -TEN_YEARS_MS, CONVICTED_WITHIN_MS + BELIEVED_AFTER_MS],
  ])(
    'the observers’ clocks are set %s while they call',
    async (_, shiftMs, convictedWithinMs) => {
      siege = await Siege.start();
      const { failed, lastEndMs } = await siege.withstand(async () => siege.setWorldClock(shiftMs), {
        convictedWithinMs,
      });
      expect(failed).toBe(0);
      expect(Math.abs(lastEndMs - Date.now() - shiftMs)).toBeLessThan(A_MINUTE_MS);
    },
    120_000,
  );
});
