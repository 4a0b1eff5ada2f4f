// SPDX-License-Identifier: Apache-2.0
/**
 * What every judge must do with one view: the suite that each of them runs. What sets them apart is in their own tests, and
 * in the scenarios that hold for one judge only.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Judge } from '../../src/engine/verdict/judge.js';
import { HealthStatus } from '../../src/model/status.js';
import { type Chance, JudgedRow, stream } from './judge-row.js';

const { HEALTHY, PENDING, MAYBE_UNHEALTHY, UNHEALTHY, DEAD, NA, INVALID } = HealthStatus;
const times = (count: number, status: HealthStatus) => Array.from({ length: count }, () => status);

/** Evidence lasts for a minute, and a call may be out for a second: both judges' defaults. */
const LIFETIME_MS = 60_000;
const PENDING_MS = 1000;

const lastOf = (observations: readonly Chance[]) => Math.max(...observations.map(({ atMs }) => atMs));

export function judgeContract(name: string, makeJudge: () => Judge): void {
  const row = () => new JudgedRow(makeJudge());

  describe(`a view by the ${name} judge`, () => {
    it('says nothing before anything was seen', () => {
      for (const atMs of [-1e12, 0, 1e12]) {
        expect(row().read(atMs)).toBeUndefined();
        expect(row().statusOf(atMs)).toBe(NA);
        expect(row().accuse(atMs)).toBeUndefined();
      }
    });

    it('is well while all calls are', () => {
      const judged = row().seeEach(times(30, HEALTHY), 0);
      expect(judged.read(29_000)).toMatchObject({ status: HEALTHY, reason: 'ok', failingCount: 0, lastMs: 29_000 });
    });

    it('is failing when none comes back well, since the first of them and for their reason', () => {
      const judged = row().seeEach(times(30, HEALTHY), 0).seeEach(times(6, UNHEALTHY), 30_000, { reason: 'timeout' });
      expect(judged.read(35_000)).toMatchObject({
        status: UNHEALTHY,
        reason: 'timeout',
        failingCount: 6,
        sinceMs: 30_000,
        lastMs: 35_000,
        reasonMs: 30_000,
      });
    });

    it('tells since when its failures are of the kind they are now', () => {
      const judged = row().seeEach(times(4, UNHEALTHY), 0, { reason: 'timeout' });
      judged.seeEach(times(4, UNHEALTHY), 4000, { reason: 'refused' });
      expect(judged.read(7000)).toMatchObject({ reason: 'refused', sinceMs: 0, reasonMs: 4000 });
    });

    it('is as ill as its subject says: who is dead is not merely failing', () => {
      expect(row().seeEach(times(5, DEAD), 0).statusOf(4000)).toBe(DEAD);
    });

    it('is a doubt and no more while calls are turned away', () => {
      const judged = row().seeEach(times(20, MAYBE_UNHEALTHY), 0, { reason: 'throttled' });
      expect(judged.read(19_000)).toMatchObject({ status: MAYBE_UNHEALTHY, reason: 'throttled' });
    });

    it('is well again after some good calls in a row, since one of them', () => {
      const judged = row().seeEach(times(6, UNHEALTHY), 0);
      expect(judged.see(HEALTHY, 6000).statusOf(6000)).toBe(UNHEALTHY);
      const { status, sinceMs = 0 } = judged.seeEach(times(9, HEALTHY), 7000).read(15_000) ?? {};
      expect(status).toBe(HEALTHY);
      expect(sinceMs).toBeGreaterThanOrEqual(6000);
      expect(sinceMs).toBeLessThanOrEqual(15_000);
    });

    it('is not well while nine of ten calls of each second fail, whichever are told of last', () => {
      for (const [first, second] of [[HEALTHY, UNHEALTHY] as const, [UNHEALTHY, HEALTHY] as const]) {
        const judged = row();
        for (let atMs = 1000; atMs <= 5000; atMs += 1000) {
          for (const status of [first, second]) {
            judged.see(status, atMs, { count: status === HEALTHY ? 10 : 90, windowMs: 900 });
          }
        }
        expect(judged.statusOf(5000)).toBe(UNHEALTHY);
      }
    });

    it('takes nothing from an observation that says nothing', () => {
      const judged = row().seeEach([HEALTHY, UNHEALTHY], 0);
      const before = judged.bytes();
      expect(judged.see(NA, 2000).see(INVALID, 3000).bytes()).toEqual(before);
    });

    it('is not swayed by good calls that arrive late, from before the failures', () => {
      const judged = row().seeEach(times(5, HEALTHY), 0).seeEach(times(5, UNHEALTHY), 20_000);
      judged.seeEach(times(10, HEALTHY), 8000);
      expect(judged.statusOf(24_000)).toBe(UNHEALTHY);
      // And they count for nothing later either.
      expect(judged.see(HEALTHY, 26_000).statusOf(26_000)).toBe(UNHEALTHY);
    });
  });

  describe(`time, by the ${name} judge`, () => {
    it('ends what was seen after a minute, to the millisecond', () => {
      const judged = row().seeEach(times(3, HEALTHY), 0);
      expect(judged.statusOf(2000 + LIFETIME_MS)).toBe(HEALTHY);
      expect(judged.statusOf(2000 + LIFETIME_MS + 1)).toBe(NA);
      expect(judged.read(2000 + LIFETIME_MS + 1)).toBeUndefined();
    });

    it('leaves what is seldom seen for three of its usual gaps', () => {
      const judged = row();
      for (let atMs = 0; atMs <= 3_000_000; atMs += 300_000) judged.see(HEALTHY, atMs);
      expect(judged.statusOf(3_000_000 + 900_000)).toBe(HEALTHY);
      expect(judged.statusOf(3_000_000 + 900_001)).toBe(NA);
    });

    it('judges what comes after a silence by itself', () => {
      const judged = row().seeEach(times(9, UNHEALTHY), 0);
      const later = 8000 + LIFETIME_MS + 1;
      expect(judged.see(HEALTHY, later).read(later)).toMatchObject({ status: HEALTHY, failingCount: 0 });
    });

    it('changes nothing before the view is due', () => {
      fc.assert(
        fc.property(stream, fc.double({ min: 0, max: 1, noNaN: true }), (observations, part) => {
          const nowMs = lastOf(observations);
          const judged = row().seeAll(observations);
          const reading = judged.read(nowMs);
          if (!reading) return;
          expect(reading.dueMs).toBeGreaterThan(nowMs);
          const beforeMs = Math.min(reading.dueMs - 1, nowMs + Math.floor(part * (reading.dueMs - nowMs)));
          expect(judged.read(beforeMs)).toEqual(reading);
        }),
      );
    });

    it('ends everything in the end', () => {
      fc.assert(
        fc.property(stream, (observations) => {
          expect(
            row()
              .seeAll(observations)
              .statusOf(lastOf(observations) + 3_600_001),
          ).toBe(NA);
        }),
      );
    });
  });

  describe(`a call that is out, by the ${name} judge`, () => {
    it('is pending, and a failure when it has been out for too long, to the millisecond', () => {
      const judged = row().seeEach(times(5, HEALTHY), 0).see(PENDING, 5000);
      expect(judged.read(5000)).toMatchObject({ status: PENDING, reason: 'hung', dueMs: 5000 + PENDING_MS });
      expect(judged.statusOf(5000 + PENDING_MS - 1)).toBe(PENDING);
      expect(judged.read(5000 + PENDING_MS)).toMatchObject({ status: UNHEALTHY, reason: 'hung', sinceMs: 5000 });
    });

    it('is skipped once something came back well after it', () => {
      const judged = row().seeEach(times(5, HEALTHY), 0).see(PENDING, 5000).see(HEALTHY, 6000);
      expect(judged.read(20_000)).toMatchObject({ status: HEALTHY, failingCount: 0 });
    });

    it('takes no failure back', () => {
      const judged = row().seeEach(times(6, UNHEALTHY), 0).see(PENDING, 6000);
      expect(judged.read(6000)).toMatchObject({ status: UNHEALTHY, sinceMs: 0 });
    });
  });

  describe(`a row of the ${name} judge`, () => {
    it('is changed by observations only: reading leaves every bit as it was', () => {
      fc.assert(
        fc.property(stream, fc.array(fc.integer({ min: -100_000, max: 10_000_000 })), (observations, asked) => {
          const judged = row().seeAll(observations);
          const before = judged.bytes();
          for (const atMs of asked) {
            judged.read(atMs);
            judged.statusOf(atMs);
            judged.accuse(atMs);
          }
          expect(judged.bytes().equals(before)).toBe(true);
        }),
      );
    });

    it('gives the same status whichever way it is asked', () => {
      fc.assert(
        fc.property(stream, fc.integer({ min: 0, max: 200_000 }), (observations, afterMs) => {
          const judged = row().seeAll(observations);
          const atMs = lastOf(observations) + afterMs;
          expect(judged.statusOf(atMs)).toBe(judged.read(atMs)?.status ?? NA);
        }),
      );
    });

    it('holds finite numbers, and touches no cell of its neighbours', () => {
      fc.assert(
        fc.property(stream, stream, (observations, others) => {
          const judged = row().seeAll(observations).merge(row().seeAll(others));
          expect(judged.foreign().every(JudgedRow.isForeign)).toBe(true);
          expect([...judged.cells].every(Number.isFinite)).toBe(true);
        }),
      );
    });
  });

  describe(`two rows of one view, by the ${name} judge`, () => {
    it('are what the one says where the other is empty', () => {
      fc.assert(
        fc.property(stream, (observations) => {
          const nowMs = lastOf(observations);
          const reading = row().seeAll(observations).read(nowMs);
          expect(row().merge(row().seeAll(observations)).read(nowMs)).toEqual(reading);
          expect(row().seeAll(observations).merge(row()).read(nowMs)).toEqual(reading);
        }),
      );
    });

    it('are failing since the earlier of both where both are failing', () => {
      const early = row().seeEach(times(6, UNHEALTHY), 0);
      const late = row().seeEach(times(6, UNHEALTHY), 3000);
      for (const merged of [row().merge(early).merge(late), row().merge(late).merge(early)]) {
        const { status, sinceMs = -1 } = merged.read(8000) ?? {};
        expect(status).toBe(UNHEALTHY);
        expect(sinceMs).toBeLessThanOrEqual(3000);
      }
    });

    it('say what was seen last where they disagree', () => {
      const wasIll = row().seeEach(times(6, UNHEALTHY), 0);
      const isWell = row().seeEach(times(20, HEALTHY), 10_000);
      for (const merged of [row().merge(wasIll).merge(isWell), row().merge(isWell).merge(wasIll)]) {
        expect(merged.statusOf(30_000)).toBe(HEALTHY);
      }
    });

    it('are left as they were by a merge into another', () => {
      const from = row().seeEach([HEALTHY, UNHEALTHY, UNHEALTHY], 0);
      const before = from.bytes();
      row().seeEach(times(3, HEALTHY), 0).merge(from);
      expect(from.bytes()).toEqual(before);
    });
  });
}
