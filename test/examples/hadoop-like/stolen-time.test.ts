// SPDX-License-Identifier: Apache-2.0
/** How much of its processors a machine's host takes away, and when that is too much to say anything of those who hang. */
import { describe, expect, it } from 'vitest';
import { StolenTime, stolenShare, ticksIn } from '../../../examples/hadoop-like/harness/stolen-time.js';

/** What a machine of two processors shows, of which so many ticks were stolen, of so many. */
const statOf = (stolen: readonly [number, number], all: number) =>
  [
    `cpu  0 0 0 0 0 0 0 0 0 0`,
    ...stolen.map((each, index) => `cpu${index} 0 0 0 ${all - each} 0 0 0 ${each} 7 0`),
    'intr 1 2',
  ].join('\n');

describe('the share of a processor that was stolen', () => {
  it('is that of the processor of which most was', () => {
    expect(ticksIn(statOf([5, 20], 100))).toEqual([
      { stolen: 5, all: 100 },
      { stolen: 20, all: 100 },
    ]);
    expect(stolenShare(ticksIn(statOf([5, 20], 100)), ticksIn(statOf([10, 50], 200)))).toBe(0.3);
  });

  it('is none where nothing is told of it', () => {
    expect(ticksIn('')).toEqual([]);
    expect(stolenShare([], [])).toBe(0);
    expect(stolenShare([], ticksIn(statOf([5, 20], 100)))).toBe(0);
  });
});

describe('a machine', () => {
  /** Its second processor loses so many of a hundred ticks in each second. */
  function lived(stolenBySecond: readonly number[]): StolenTime {
    let [stolen, all] = [0, 0];
    const time = new StolenTime(() => statOf([0, stolen], all));
    time.look(0);
    for (const [index, each] of stolenBySecond.entries()) {
      stolen += each;
      all += 100;
      time.look(1000 * (index + 1));
    }
    return time;
  }
  const quiet = (seconds: number) => Array.from({ length: seconds }, () => 2);

  it('is short of processors while more than a second was taken of the last ten', () => {
    const time = lived([...quiet(20), 50, 60, ...quiet(20)]);
    expect([20_000, 21_000, 22_000, 29_000, 33_000].map((atMs) => time.isShort(atMs))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
    expect(time.shareBefore(22_000)).toBeCloseTo(0.126, 3);
  });

  it('was short between two times if it was so at any of them', () => {
    const time = lived([...quiet(20), 50, 60, ...quiet(20)]);
    expect([time.wasShort(0, 20_000), time.wasShort(15_000, 25_000), time.wasShort(33_000, 42_000)]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('is never short where nobody tells', () => {
    const time = new StolenTime(() => '');
    for (const atMs of [0, 1000, 2000]) time.look(atMs);
    expect(time.isShort(2000)).toBe(false);
  });
});
