// SPDX-License-Identifier: Apache-2.0
/** A view says the same whether its calls arrive one by one or folded by outcome, as a guest sends them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, lookBack, usualGapMs } from '../../../src/engine/verdict/look-back.js';
import { DEFAULT_MAJORITY } from '../../../src/engine/verdict/majority.js';
import { HealthStatus } from '../../../src/model/status.js';

const WINDOW_MS = 1000;

interface Call {
  readonly atMs: number;
  readonly failed: boolean;
}

function entryOf(calls: readonly Call[]): Entry {
  const first = calls[0]?.atMs ?? 0;
  const atMs = calls.at(-1)?.atMs ?? 0;
  const failed = calls[0]?.failed === true;
  const status = failed ? HealthStatus.UNHEALTHY : HealthStatus.HEALTHY;
  return {
    status,
    reason: failed ? 'timeout' : 'ok',
    count: calls.length,
    atMs,
    windowMs: atMs - first,
  };
}

/** What a view keeps of them: the newest, oldest first. */
function viewOf(entries: readonly Entry[]): readonly Entry[] {
  return [...entries].sort((a, b) => a.atMs - b.atMs).slice(-16);
}

/** One entry for each outcome in each second. */
function folded(calls: readonly Call[]): readonly Entry[] {
  const groups = new Map<string, Call[]>();
  for (const call of calls) {
    const key = `${Math.floor(call.atMs / WINDOW_MS)} ${call.failed}`;
    groups.set(key, [...(groups.get(key) ?? []), call]);
  }
  return viewOf([...groups.values()].map(entryOf));
}

const raw = (calls: readonly Call[]) => viewOf(calls.map((call) => entryOf([call])));
const statusOf = (view: readonly Entry[], nowMs: number) => lookBack(view, nowMs, DEFAULT_MAJORITY)?.status;

/**
 * A stream of calls of which one in so many is the exception, evenly spread, as folding takes them to be: how many a
 * second, which kind is the rule, and where the first exception lies. Left to chance, the last five calls of a caller
 * for which nine of ten fail may well be three successes, and then the rule of the paper says HEALTHY.
 */
const stream = fc
  .record({
    perSecond: fc.constantFrom(20, 100, 500),
    mix: fc.constantFrom(
      { failing: 0, everyth: Number.POSITIVE_INFINITY },
      { failing: 0.01, everyth: 100 },
      { failing: 0.9, everyth: 10 },
      { failing: 1, everyth: Number.POSITIVE_INFINITY },
    ),
    phase: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ perSecond, mix: { failing, everyth }, phase }) => {
    const calls = Array.from({ length: perSecond * 3 }, (_, index) => ({
      atMs: (index * 1000) / perSecond,
      failed: ((index + phase) % everyth === 0) !== failing > 0.5,
    }));
    return { failing, calls };
  });

describe('a view of folded calls', () => {
  it('agrees with the same calls one by one when the newest outcome is the rule and not the exception', () => {
    fc.assert(
      fc.property(stream, ({ failing, calls }) => {
        const newest = calls.at(-1)?.failed === true;
        // The exception as the newest call is where folding may differ by where in the second it lay.
        fc.pre(newest === failing > 0.5);
        const nowMs = 3000;
        expect(statusOf(folded(calls), nowMs)).toBe(statusOf(raw(calls), nowMs));
      }),
    );
  });

  it('is never healthy while nine of ten calls fail, even if the last one was well', () => {
    fc.assert(
      fc.property(stream, ({ failing, calls }) => {
        fc.pre(failing === 0.9);
        const last = calls.map((call, index) => (index === calls.length - 1 ? { ...call, failed: false } : call));
        expect(statusOf(folded(last), 3000)).toBe(HealthStatus.UNHEALTHY);
      }),
    );
  });
});

describe('the usual gap of a view', () => {
  const gapOf = (...times: readonly number[]) => usualGapMs(times.map((atMs) => entryOf([{ atMs, failed: false }])));

  it('is the middle one, so that one long pause is no habit', () => {
    expect(gapOf()).toBe(0);
    expect(gapOf(5)).toBe(0);
    expect(gapOf(0, 1000, 2000, 3_602_000, 3_603_000)).toBe(1000);
  });
});
