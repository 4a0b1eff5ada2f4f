// SPDX-License-Identifier: Apache-2.0
/** Calls that are out under the sequential judge: what one of them is worth, and for how long. */
import { describe, expect, it } from 'vitest';
import type { Seen } from '../../../src/engine/verdict/judge.js';
import { SequentialJudge } from '../../../src/engine/verdict/sequential.js';
import { DEFAULT_SEQUENTIAL } from '../../../src/engine/verdict/sequential-options.js';
import { HealthStatus } from '../../../src/model/status.js';

const { pendingMs, hungMs } = DEFAULT_SEQUENTIAL;
const BEGAN_MS = 1_700_000_000_000;
const WELL: Seen = { status: HealthStatus.HEALTHY, reason: 'ok', count: 1, windowMs: 0 };
/** A caller who has seen few calls is sure of itself: nine in ten digits. */
const OUT: Seen = {
  ...{ status: HealthStatus.PENDING, reason: 'hung', count: 1, windowMs: 0, suspicion: 9 },
  latency: { meanSeconds: 0.1, maxSeconds: 0.1 },
};
/** One that is answered sooner than those have been out for. */
const WELL_AT_ONCE: Seen = { ...WELL, latency: { meanSeconds: 0.002, maxSeconds: 0.002 } };
const FAILED: Seen = { status: HealthStatus.UNHEALTHY, reason: 'timeout', count: 1, windowMs: 0 };
/** The same, still out after so long. */
const outFor = (ms: number): Seen => ({ ...OUT, latency: { meanSeconds: ms / 2000, maxSeconds: ms / 1000 } });
const again = (seen: Seen): Seen => ({ ...seen, isAgain: true });

/** A view that has heard a good call every second for a minute, and the time of the last. */
function accustomed(judge: SequentialJudge = new SequentialJudge()) {
  const cells = new Float64Array(judge.cellCount);
  const atMs = BEGAN_MS + 60_000;
  for (let callMs = BEGAN_MS; callMs <= atMs; callMs += 1000) judge.observe(cells, 0, WELL, callMs);
  return { judge, cells, atMs };
}

describe('a call that is out', () => {
  it('convicts nobody alone, however unlikely its caller holds it to be, until it has been out for too long', () => {
    const { judge, cells, atMs } = accustomed();
    const outMs = atMs + 500;
    judge.observe(cells, 0, OUT, outMs);
    expect(judge.statusOf(cells, 0, outMs + pendingMs - 1)).toBe(HealthStatus.PENDING);
    expect(judge.statusOf(cells, 0, outMs + pendingMs)).toBe(HealthStatus.UNHEALTHY);
  });

  it('convicts together with others, as calls that failed do, once one of them has been out for 1 s', () => {
    const { judge, cells, atMs } = accustomed();
    judge.observe(cells, 0, { ...OUT, count: 3 }, atMs + 500);
    // Told no more of, they stay what they are until they have been out for too long.
    expect(judge.statusOf(cells, 0, atMs + 500 + pendingMs - 1)).toBe(HealthStatus.PENDING);
    judge.observe(cells, 0, again(outFor(hungMs - 1)), atMs + 600);
    expect(judge.statusOf(cells, 0, atMs + 601)).toBe(HealthStatus.PENDING);
    judge.observe(cells, 0, again(outFor(hungMs)), atMs + 700);
    expect(judge.read(cells, 0, atMs + 701)).toMatchObject({
      ...{ status: HealthStatus.UNHEALTHY, reason: 'hung', sinceMs: atMs + 500 },
    });
  });

  it('convicts at once where it is told for the first time after 1 s, and a younger one beside it takes that not back', () => {
    const { judge, cells, atMs } = accustomed();
    judge.observe(cells, 0, { ...outFor(hungMs), count: 3 }, atMs + 500);
    judge.observe(cells, 0, OUT, atMs + 550);
    expect(judge.statusOf(cells, 0, atMs + 551)).toBe(HealthStatus.UNHEALTHY);
  });

  it('waits for as long as the user wants', () => {
    const { judge, cells, atMs } = accustomed(new SequentialJudge({ hungMs: 700 }));
    judge.observe(cells, 0, { ...outFor(699), count: 3 }, atMs + 500);
    expect(judge.statusOf(cells, 0, atMs + 501)).toBe(HealthStatus.PENDING);
    judge.observe(cells, 0, again(outFor(700)), atMs + 501);
    expect(judge.statusOf(cells, 0, atMs + 502)).toBe(HealthStatus.UNHEALTHY);
  });

  it('is no other call when it is told again: one alone convicts nobody, however often it is', () => {
    const { judge, cells, atMs } = accustomed();
    judge.observe(cells, 0, OUT, atMs + 500);
    for (const ms of [600, 700, 800, 900]) judge.observe(cells, 0, again(outFor(ms + 200)), atMs + ms);
    expect(judge.statusOf(cells, 0, atMs + 901)).toBe(HealthStatus.PENDING);
    // Nor does it make the caller one that calls often, of whom more is asked.
    expect(judge.read(cells, 0, atMs + 901)?.gapMs).toBeGreaterThan(900);
    // Calls that are told for the first time are.
    for (const ms of [1000, 1100]) judge.observe(cells, 0, OUT, atMs + ms);
    expect(judge.statusOf(cells, 0, atMs + 1101)).toBe(HealthStatus.UNHEALTHY);
  });

  it('is no news when it is told again after good ones have outweighed it, or have shown that it hangs beside them', () => {
    for (const [count, age] of [
      [4, 100],
      [4, hungMs],
    ] as const) {
      const { judge, cells, atMs } = accustomed();
      judge.observe(cells, 0, { ...outFor(age), count, suspicion: 4 }, atMs + 500);
      for (let call = 1; call <= 20; call++) judge.observe(cells, 0, WELL_AT_ONCE, atMs + 500 + 10 * call);
      const before = judge.read(cells, 0, atMs + 701);
      judge.observe(cells, 0, again({ ...outFor(age + 300), count: 4 }), atMs + 800);
      expect(judge.read(cells, 0, atMs + 801)).toMatchObject({
        status: before?.status,
        failingCount: before?.failingCount,
      });
    }
  });

  it('is as old as it was only while it is out: the next to hang is young again', () => {
    const { judge, cells, atMs } = accustomed();
    judge.observe(cells, 0, outFor(hungMs), atMs + 500);
    judge.observe(cells, 0, WELL, atMs + 600);
    judge.observe(cells, 0, { ...OUT, count: 3 }, atMs + 700);
    expect(judge.statusOf(cells, 0, atMs + 701)).toBe(HealthStatus.PENDING);
  });

  it('accuses with the crowd as a failed call does, once it has been out for 1 s', () => {
    const { judge, cells, atMs } = accustomed();
    judge.observe(cells, 0, outFor(hungMs - 1), atMs + 500);
    expect(judge.accusation(cells, 0, atMs + 501)).toBeUndefined();
    judge.observe(cells, 0, again(outFor(hungMs)), atMs + 600);
    expect(judge.accusation(cells, 0, atMs + 601)).toMatchObject({
      ...{ status: HealthStatus.UNHEALTHY, reason: 'hung', sinceMs: atMs + 500, failingCount: 1 },
    });
    // Not when everything in the view has expired, and not when it has come back.
    expect(judge.accusation(cells, 0, atMs + 3_700_000)).toBeUndefined();
    judge.observe(cells, 0, WELL, atMs + 700);
    expect(judge.accusation(cells, 0, atMs + 701)).toBeUndefined();
    judge.observe(cells, 0, FAILED, atMs + 800);
    expect(judge.accusation(cells, 0, atMs + 801)).toMatchObject({ reason: 'timeout', sinceMs: atMs + 800 });
    // A failure before that a good call has followed accuses nobody, a call that is out since then does.
    judge.observe(cells, 0, WELL, atMs + 900);
    expect(judge.accusation(cells, 0, atMs + 901)).toBeUndefined();
    judge.observe(cells, 0, outFor(hungMs), atMs + 1300);
    expect(judge.accusation(cells, 0, atMs + 1301)).toMatchObject({ reason: 'hung', sinceMs: atMs + 1300 });
  });

  it('does not take a conviction back by failing in the end, one after the other', () => {
    const { judge, cells, atMs } = accustomed();
    for (const ms of [100, 200, 300]) judge.observe(cells, 0, outFor(hungMs), atMs + ms);
    const outMs = atMs + 100;
    const statuses: HealthStatus[] = [judge.statusOf(cells, 0, atMs + 301)];
    for (const ms of [1100, 1200, 1300]) {
      judge.observe(cells, 0, { ...OUT, status: HealthStatus.UNHEALTHY, reason: 'timeout' }, atMs + ms);
      statuses.push(judge.statusOf(cells, 0, atMs + ms + 1));
      expect(judge.read(cells, 0, atMs + ms + 1)?.sinceMs).toBe(outMs);
      judge.observe(cells, 0, OUT, atMs + ms + 20);
      statuses.push(judge.statusOf(cells, 0, atMs + ms + 21));
    }
    expect(new Set(statuses)).toEqual(new Set([HealthStatus.UNHEALTHY]));
    judge.observe(cells, 0, { ...WELL, count: 3 }, atMs + 2500);
    expect(judge.statusOf(cells, 0, atMs + 2501)).toBe(HealthStatus.HEALTHY);
  });

  it('does not take a conviction back when another call comes back: some workers are stuck, and others are not', () => {
    const { judge, cells, atMs } = accustomed();
    for (const ms of [100, 150, 200, 300]) judge.observe(cells, 0, outFor(hungMs), atMs + ms);
    const quick = { ...WELL, latency: { meanSeconds: 0.01, maxSeconds: 0.02 } };
    for (const ms of [400, 600, 800, 1000, 1200]) {
      judge.observe(cells, 0, quick, atMs + ms);
      expect(judge.read(cells, 0, atMs + ms + 1)).toMatchObject({
        ...{ status: HealthStatus.UNHEALTHY, reason: 'hung', sinceMs: atMs + 100, failingCount: 4 },
      });
    }
    // It is well again as after calls that have failed: when enough have gone well, for a second.
    judge.observe(cells, 0, quick, atMs + 1400);
    expect(judge.statusOf(cells, 0, atMs + 1401)).toBe(HealthStatus.HEALTHY);
  });

  it('is still out when a later call has come back quickly, and counts with others that hang', () => {
    const { judge, cells, atMs } = accustomed();
    const quick = { ...WELL, latency: { meanSeconds: 0.01, maxSeconds: 0.02 } };
    for (const ms of [100, 200, 300, 400]) {
      judge.observe(cells, 0, outFor(hungMs), atMs + ms);
      // Nobody is suspected meanwhile.
      if (ms < 400) judge.observe(cells, 0, quick, atMs + ms + 50);
      if (ms < 400) expect(judge.statusOf(cells, 0, atMs + ms + 51)).toBe(HealthStatus.HEALTHY);
    }
    expect(judge.read(cells, 0, atMs + 401)).toMatchObject({ status: HealthStatus.UNHEALTHY, sinceMs: atMs + 100 });
  });

  it('is out no more when another one was turned away: that is no good call, and who knows which', () => {
    const { judge, cells, atMs } = accustomed();
    for (const ms of [100, 150, 200, 300]) judge.observe(cells, 0, outFor(hungMs), atMs + ms);
    const latency = { meanSeconds: 0.01, maxSeconds: 0.02 };
    const turnedAway = { ...WELL, status: HealthStatus.MAYBE_UNHEALTHY, reason: 'throttled', latency } as const;
    judge.observe(cells, 0, turnedAway, atMs + 400);
    expect(judge.outOf(cells, 0)).toBeUndefined();
    expect(judge.statusOf(cells, 0, atMs + 401)).toBe(HealthStatus.HEALTHY);
  });

  it('is forgotten after as many quick good calls as make up for one that failed, and convicts nobody by itself meanwhile', () => {
    const { judge, cells, atMs } = accustomed();
    const quick = { ...WELL, latency: { meanSeconds: 0.01, maxSeconds: 0.02 } };
    judge.observe(cells, 0, outFor(hungMs), atMs + 100);
    for (let count = 1; count <= 6; count++) {
      judge.observe(cells, 0, quick, atMs + 100 + count);
      expect(judge.statusOf(cells, 0, atMs + 100 + count + pendingMs)).toBe(HealthStatus.HEALTHY);
    }
    judge.observe(cells, 0, { ...outFor(hungMs), count: 2 }, atMs + 300);
    expect(judge.statusOf(cells, 0, atMs + 301)).toBe(HealthStatus.PENDING);
    expect(judge.outOf(cells, 0)).toMatchObject({ count: 2, sinceMs: atMs + 300 });
  });

  it('takes it back at once when it comes back itself', () => {
    const { judge, cells, atMs } = accustomed();
    for (const ms of [100, 150, 200, 300]) judge.observe(cells, 0, outFor(hungMs), atMs + ms);
    judge.observe(cells, 0, { ...WELL, count: 2, latency: { meanSeconds: 1.2, maxSeconds: 1.4 } }, atMs + 400);
    expect(judge.statusOf(cells, 0, atMs + 401)).toBe(HealthStatus.HEALTHY);
  });

  it('is trouble since it was seen to hang, when it has failed in the end', () => {
    const { judge, cells, atMs } = accustomed();
    const failed = { ...FAILED, latency: { meanSeconds: 1, maxSeconds: 1 } };
    judge.observe(cells, 0, OUT, atMs + 500);
    for (const ms of [1400, 1500, 1600]) judge.observe(cells, 0, failed, atMs + ms);
    expect(judge.read(cells, 0, atMs + 1601)).toMatchObject({ status: HealthStatus.UNHEALTHY, sinceMs: atMs + 500 });
  });

  it('has nothing to do with one that fails sooner than that', () => {
    const { judge, cells, atMs } = accustomed();
    const refused = { ...FAILED, reason: 'refused', latency: { meanSeconds: 0.01, maxSeconds: 0.01 } } as const;
    judge.observe(cells, 0, OUT, atMs + 500);
    for (const ms of [800, 1200, 1600, 2000]) judge.observe(cells, 0, refused, atMs + ms);
    expect(judge.read(cells, 0, atMs + 2001)).toMatchObject({ status: HealthStatus.UNHEALTHY, sinceMs: atMs + 800 });
  });

  it('convicts nobody by failing either, if it was alone', () => {
    const { judge, cells, atMs } = accustomed();
    judge.observe(cells, 0, OUT, atMs + 500);
    judge.observe(cells, 0, { ...OUT, status: HealthStatus.UNHEALTHY, reason: 'timeout' }, atMs + 1500);
    expect(judge.statusOf(cells, 0, atMs + 1501)).toBe(HealthStatus.HEALTHY);
  });

  it('is out no more where a later call has come back, also if it is told of after that', () => {
    const { judge, cells, atMs } = accustomed();
    judge.observe(cells, 0, OUT, atMs - 500);
    expect(judge.statusOf(cells, 0, atMs + pendingMs)).toBe(HealthStatus.HEALTHY);
  });
});

describe('calls of one caller that are out in several views', () => {
  const out = { sinceMs: BEGAN_MS, count: 1, phi: 9, ageMs: hungMs, gapMs: 1000 };
  const young = { ...out, ageMs: hungMs - 1 };
  const judge = new SequentialJudge();

  it('are told of each view as they are, and only while they are out', () => {
    const { cells, atMs } = accustomed(judge);
    expect(judge.outOf(cells, 0)).toBeUndefined();
    judge.observe(cells, 0, OUT, atMs + 500);
    judge.observe(cells, 0, { ...again(outFor(400)), suspicion: 12 }, atMs + 800);
    judge.observe(cells, 0, { ...OUT, count: 2 }, atMs + 900);
    const { gapMs, ...all } = judge.outOf(cells, 0) ?? {};
    expect(all).toEqual({ sinceMs: atMs + 500, count: 3, phi: 12, ageMs: 400 });
    expect(gapMs).toBeCloseTo(judge.read(cells, 0, atMs + 901)?.gapMs ?? 0);
    judge.observe(cells, 0, WELL, atMs + 1000);
    expect(judge.outOf(cells, 0)).toBeUndefined();
  });

  it('are of a view that has been heard once as those of one that is heard every second', () => {
    const cells = new Float64Array(judge.cellCount);
    judge.observe(cells, 0, OUT, BEGAN_MS);
    expect(judge.outOf(cells, 0)).toMatchObject({ gapMs: 1000 });
  });

  it('convict as so many of one view would that is heard as often as all of them together', () => {
    expect(judge.areConvicting([])).toBe(false);
    // Three convict who makes a call a second, four who makes three or four.
    expect(judge.areConvicting([{ ...out, count: 3 }])).toBe(true);
    expect(judge.areConvicting([out, out, out])).toBe(false);
    expect(judge.areConvicting([{ ...out, gapMs: 333, count: 3 }])).toBe(false);
    expect(judge.areConvicting([out, out, out, out])).toBe(true);
    expect(judge.areConvicting([{ ...out, gapMs: 250, count: 4 }])).toBe(true);
  });

  it('convict once one of them has been out for 1 s, and are as unlikely as the least likely of them', () => {
    expect(judge.areConvicting([young, young, young, young])).toBe(false);
    expect(judge.areConvicting([young, young, out, young])).toBe(true);
    const likely = { ...out, phi: 4 };
    expect(judge.areConvicting([likely, likely, likely, likely])).toBe(false);
    expect(judge.areConvicting([likely, likely, { ...young, phi: 6 }, likely])).toBe(true);
  });
});
