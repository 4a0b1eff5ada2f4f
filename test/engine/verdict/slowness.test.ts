// SPDX-License-Identifier: Apache-2.0
/** Slowness at its bounds: how much history it takes, what is slow, and when it is over. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Row, ViewTable } from '../../../src/engine/store/view-table.js';
import {
  closeSecond,
  limitOf,
  looksSlow,
  mergeSlowness,
  noteLatency,
  slowLastMs,
  slowSinceMs,
  usualMs,
} from '../../../src/engine/verdict/slowness.js';

const START_MS = 1_700_000_000_000;

let table: ViewTable;
let row: Row;
let second: number;
beforeEach(() => {
  table = new ViewTable(0);
  row = table.take();
  second = 0;
});

/** So many seconds, in each of which there are calls that take so long, judged when they are over. */
function pass(
  seconds: number,
  latencyMs: number,
  { calls = 5, siblingMs = undefined as number | undefined } = {},
): void {
  for (let count = 0; count < seconds; count++) {
    noteLatency(row, latencyMs, calls, START_MS + 1000 * second, siblingMs);
    second++;
    closeSecond(row, START_MS + 1000 * second, siblingMs);
  }
}

const isSlow = () => slowSinceMs(row) > 0;
const sinceSecond = () => (slowSinceMs(row) - START_MS) / 1000;

describe('what is usual', () => {
  it('is known after twenty seconds with calls', () => {
    pass(19, 20);
    expect(usualMs(row)).toBeUndefined();
    expect(limitOf(row, undefined)).toBeUndefined();
    pass(1, 20);
    expect(usualMs(row)).toBeGreaterThan(14);
    expect(usualMs(row)).toBeLessThan(29);
  });

  it('is what nineteen of twenty seconds stayed under', () => {
    for (let count = 0; count < 20; count++) {
      pass(18, 20);
      pass(2, 35);
    }
    expect(usualMs(row)).toBeGreaterThan(28);
  });

  it('is of seconds, however many calls there are in each', () => {
    pass(20, 20, { calls: 1 });
    pass(1, 5000, { calls: 1_000_000 });
    expect(usualMs(row)).toBeLessThan(29);
  });

  it('is not learned of seconds that are suspected', () => {
    pass(60, 20);
    const before = usualMs(row);
    pass(600, 500);
    expect(usualMs(row)).toBe(before);
  });

  it('is the middle of a second’s calls by their logarithm, so that one that takes long does not make it', () => {
    pass(20, 20);
    noteLatency(row, 20, 99, START_MS + 1000 * second, undefined);
    noteLatency(row, 2000, 1, START_MS + 1000 * second, undefined);
    expect(looksSlow(row, undefined)).toBe(false);
  });
});

describe('a second', () => {
  it('is slow from twice the usual on, and ten milliseconds more at the least', () => {
    pass(60, 100);
    const usual = usualMs(row) ?? 0;
    expect(limitOf(row, undefined)).toBe(2 * usual);
    row = table.take();
    pass(60, 1);
    expect(limitOf(row, undefined)).toBe((usualMs(row) ?? 0) + 10);
  });

  it('is slow by what is usual with siblings, if that is less, or if nothing else is known', () => {
    expect(limitOf(row, 30)).toBe(60);
    pass(60, 100);
    expect(limitOf(row, 30)).toBe(60);
    expect(limitOf(row, 10_000)).toBe(limitOf(row, undefined));
  });

  it('looks slow before it is over, and is judged only when it is', () => {
    pass(60, 20);
    noteLatency(row, 500, 3, START_MS + 1000 * second, undefined);
    expect(looksSlow(row, undefined)).toBe(true);
    closeSecond(row, START_MS + 1000 * second + 999, undefined);
    expect(looksSlow(row, undefined)).toBe(true);
    closeSecond(row, START_MS + 1000 * second + 1000, undefined);
    expect(looksSlow(row, undefined)).toBe(false);
  });
});

describe('a view', () => {
  it('is slow after three slow seconds in a row, since the first of them', () => {
    pass(60, 20);
    pass(2, 200);
    expect(isSlow()).toBe(false);
    pass(1, 200);
    expect(sinceSecond()).toBe(60);
    expect(slowLastMs(row)).toBe(START_MS + 63_000);
  });

  it('is slow also where every other second is', () => {
    pass(60, 20);
    for (let count = 0; count < 6; count++) {
      pass(1, 200);
      pass(1, 20);
    }
    expect(isSlow()).toBe(true);
  });

  it('is not for one slow second in ten', () => {
    pass(60, 20);
    for (let count = 0; count < 100; count++) {
      pass(1, 2000);
      pass(9, 20);
      expect(isSlow()).toBe(false);
    }
  });

  it('is well after three good seconds, and is not before', () => {
    pass(60, 20);
    pass(30, 200);
    pass(2, 20);
    expect(isSlow()).toBe(true);
    pass(1, 20);
    expect(isSlow()).toBe(false);
  });

  it('has forgotten after a minute of silence what it suspected, and still knows what is usual', () => {
    pass(60, 20);
    const usual = usualMs(row);
    pass(10, 200);
    expect(isSlow()).toBe(true);
    second += 62;
    pass(1, 20);
    expect(isSlow()).toBe(false);
    expect(usualMs(row)).toBe(usual);
  });

  it('that has been slow for an hour is how it is now: it is learned anew', () => {
    pass(60, 20);
    pass(3599, 200);
    expect(isSlow()).toBe(true);
    pass(2, 200);
    expect(isSlow()).toBe(false);
    pass(30, 200);
    expect(usualMs(row)).toBeGreaterThan(140);
    expect(isSlow()).toBe(false);
  });

  it('counts no more than an hour or two, so that what was usual then is not for ever', () => {
    pass(3600, 20);
    for (let count = 0; count < 5; count++) pass(3600, 38);
    expect(usualMs(row)).toBeGreaterThan(28);
  });
});

describe('late calls', () => {
  it('count in the second that is open, and take none back that is closed', () => {
    pass(60, 20);
    noteLatency(row, 20, 1, START_MS + 1000 * second, undefined);
    noteLatency(row, 20, 100, START_MS, undefined);
    closeSecond(row, START_MS + 1000 * (second + 1), undefined);
    expect(isSlow()).toBe(false);
    expect(usualMs(row)).toBeLessThan(29);
  });
});

describe('two rows of one view', () => {
  it('know together what each has learned', () => {
    pass(10, 20);
    const other = table.take();
    const first = row;
    row = other;
    pass(10, 20);
    mergeSlowness(first, other);
    expect(usualMs(first)).toBeDefined();
    expect(usualMs(other)).toBeUndefined();
  });

  it('are slow where the more certain of both is', () => {
    pass(60, 20);
    pass(5, 200);
    const slow = row;
    row = table.take();
    pass(60, 20);
    mergeSlowness(row, slow);
    expect(slowSinceMs(row)).toBe(slowSinceMs(slow));
    const fresh = table.take();
    mergeSlowness(slow, fresh);
    expect(slowSinceMs(slow)).toBeGreaterThan(0);
  });
});

describe('latencies beyond the histogram', () => {
  it('are held at its ends: nothing and longer than anybody waits', () => {
    pass(60, 0);
    expect(usualMs(row)).toBeGreaterThan(0);
    row = table.take();
    pass(60, 1e9);
    expect(usualMs(row)).toBeGreaterThan(50_000);
    expect([...row.cells.slice(row.at, row.at + 8)].every(Number.isFinite)).toBe(true);
  });
});
