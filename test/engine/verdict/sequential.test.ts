// SPDX-License-Identifier: Apache-2.0
/** The sequential judge at its bounds: how much convicts, how much acquits, and what it takes for usual. */
import { describe, expect, it } from 'vitest';
import { SequentialJudge } from '../../../src/engine/verdict/sequential.js';
import { FAILURE, ILLNESSES, USUAL } from '../../../src/engine/verdict/sequential-cells.js';
import type { SequentialOptions } from '../../../src/engine/verdict/sequential-options.js';
import { HealthStatus } from '../../../src/model/status.js';
import { JudgedRow } from '../../contract/judge-row.js';

const { HEALTHY, MAYBE_UNHEALTHY, UNHEALTHY } = HealthStatus;
const rowOf = (options: Partial<SequentialOptions> = {}) => new JudgedRow(new SequentialJudge(options));
const cellOf = ({ cells, at }: JudgedRow, cell: number) => cells[at + cell] as number;

/** A view that is well and is heard at such gaps, for a hundred calls. */
function wellAt(gapMs: number, options?: Partial<SequentialOptions>) {
  const row = rowOf(options);
  let atMs = 0;
  const see = (status: HealthStatus) => {
    row.see(status, atMs);
    const said = row.statusOf(atMs);
    atMs += gapMs;
    return said;
  };
  for (let call = 0; call < 100; call++) see(HEALTHY);
  return { row, see };
}

/** How many failures in a row it takes to convict. */
function failuresToConvict(gapMs: number, options?: Partial<SequentialOptions>): number {
  const { see } = wellAt(gapMs, options);
  for (let count = 1; count <= 20; count++) if (see(UNHEALTHY) === UNHEALTHY) return count;
  return Number.POSITIVE_INFINITY;
}

describe('a conviction', () => {
  it.each([
    [50_000, 2],
    [1000, 3],
    [100, 4],
    [10, 5],
    [1, 5],
  ])('of a view that is heard every %i ms takes %i failures in a row', (gapMs, count) => {
    expect(failuresToConvict(gapMs)).toBe(count);
  });

  it('takes the more the seldomer a false one is to be', () => {
    const byChanceOnce = (hours: number) => failuresToConvict(1000, { falseAlarmEveryMs: hours * 3_600_000 });
    expect([1, 24, 720].map(byChanceOnce)).toEqual([3, 3, 4]);
    expect(failuresToConvict(2000, { falseAlarmEveryMs: 3_600_000 })).toBe(2);
  });

  it('never follows from one failure, however seldom it is heard', () => {
    for (const gapMs of [1, 1000, 59_000, 600_000, 3_000_000]) expect(failuresToConvict(gapMs)).toBeGreaterThan(1);
  });

  it('follows also where good calls stand between, as long as every second one fails', () => {
    const { see } = wellAt(1000);
    const said = [UNHEALTHY, HEALTHY, UNHEALTHY, HEALTHY, UNHEALTHY, HEALTHY, UNHEALTHY].map(see);
    expect(said.at(-1)).toBe(UNHEALTHY);
  });

  it('does not follow from one failure in ten', () => {
    const { see } = wellAt(1000);
    for (let call = 0; call < 1000; call++) expect(see(call % 10 === 0 ? UNHEALTHY : HEALTHY)).toBe(HEALTHY);
  });
});

describe('good calls of yesterday', () => {
  it('hide nothing today: the score never falls below zero', () => {
    const { row, see } = wellAt(1000);
    expect(cellOf(row, FAILURE)).toBe(0);
    see(UNHEALTHY);
    const once = cellOf(row, FAILURE);
    const few = rowOf().see(HEALTHY, 0).see(HEALTHY, 1000).see(UNHEALTHY, 2000);
    expect(once).toBeCloseTo(cellOf(few, FAILURE), 1);
  });
});

describe('what is usual', () => {
  it('is learned of calls that fail now and then, and makes each of them count less', () => {
    const { row, see } = wellAt(1000);
    for (let call = 0; call < 4000; call++) see(call % 20 === 0 ? UNHEALTHY : HEALTHY);
    // Somewhat more than the one in twenty that it is: good calls are not learned of either while a failure is suspected.
    expect(cellOf(row, USUAL)).toBeGreaterThan(0.05);
    expect(cellOf(row, USUAL)).toBeLessThan(0.075);
    const inARow = Array.from({ length: 6 }, () => see(UNHEALTHY));
    expect(inARow).toEqual([...inARow.slice(0, 5).map(() => HEALTHY), UNHEALTHY]);
  });

  it('is not learned of an illness', () => {
    const { row, see } = wellAt(1000);
    for (let call = 0; call < 5; call++) see(UNHEALTHY);
    const before = cellOf(row, USUAL);
    for (let call = 0; call < 5000; call++) see(UNHEALTHY);
    expect(cellOf(row, USUAL)).toBe(before);
  });

  it('is never that every call fails', () => {
    const row = rowOf({ usualShareMax: 0.1 });
    for (let atMs = 0; atMs < 3_600_000; atMs += 1000) row.see(UNHEALTHY, atMs);
    expect(row.statusOf(3_599_000)).toBe(UNHEALTHY);
  });
});

describe('an acquittal', () => {
  it('takes as many good calls in a row as it took failures', () => {
    const { see } = wellAt(1000);
    for (let call = 0; call < 10; call++) see(UNHEALTHY);
    expect([HEALTHY, HEALTHY, HEALTHY].map(see)).toEqual([UNHEALTHY, UNHEALTHY, HEALTHY]);
  });

  it('begins anew with each failure', () => {
    const { see } = wellAt(1000);
    for (let call = 0; call < 10; call++) see(UNHEALTHY);
    const said = [HEALTHY, HEALTHY, UNHEALTHY, HEALTHY, HEALTHY, HEALTHY].map(see);
    expect(said).toEqual([UNHEALTHY, UNHEALTHY, UNHEALTHY, UNHEALTHY, UNHEALTHY, HEALTHY]);
  });

  it('takes a second without a failure, however many good calls there are in it', () => {
    const row = rowOf();
    for (let atMs = 0; atMs < 1000; atMs += 10) row.see(HEALTHY, atMs);
    for (let atMs = 1000; atMs < 2000; atMs += 10) row.see(UNHEALTHY, atMs);
    for (let atMs = 2000; atMs < 2990; atMs += 10) expect(row.see(HEALTHY, atMs).statusOf(atMs)).toBe(UNHEALTHY);
    expect(row.see(HEALTHY, 2990).statusOf(2990)).toBe(HEALTHY);
  });

  it('takes twice as long with each relapse, up to eight times', () => {
    const { row, see } = wellAt(1000);
    const goodCalls: number[] = [];
    for (let illness = 0; illness < 6; illness++) {
      for (let call = 0; call < 4; call++) see(UNHEALTHY);
      let count = 1;
      while (see(HEALTHY) !== HEALTHY) count++;
      goodCalls.push(count);
    }
    expect(goodCalls).toEqual([3, 6, 12, 24, 24, 24]);
    expect(cellOf(row, ILLNESSES)).toBe(6);
  });

  it('takes no longer for an illness after a minute of health', () => {
    const { row, see } = wellAt(1000);
    for (let illness = 0; illness < 3; illness++) {
      for (let call = 0; call < 4; call++) see(UNHEALTHY);
      for (let call = 0; call < 65; call++) see(HEALTHY);
    }
    expect(cellOf(row, ILLNESSES)).toBe(1);
  });
});

describe('a view of whom nothing is known', () => {
  it('is in doubt with its first failure, and well with its first success', () => {
    expect(rowOf().see(UNHEALTHY, 0).read(0)).toMatchObject({ status: MAYBE_UNHEALTHY, sinceMs: 0 });
    expect(rowOf().see(UNHEALTHY, 0).see(HEALTHY, 1000).statusOf(1000)).toBe(HEALTHY);
    expect(rowOf().see(HEALTHY, 0).see(UNHEALTHY, 1000).statusOf(1000)).toBe(HEALTHY);
  });
});

describe('a view that is heard less than once a minute', () => {
  it('is in doubt with each failure', () => {
    const rare = wellAt(61_000);
    expect(rare.see(UNHEALTHY)).toBe(MAYBE_UNHEALTHY);
    expect(rare.see(HEALTHY)).toBe(HEALTHY);
    expect(wellAt(59_000).see(UNHEALTHY)).toBe(HEALTHY);
  });
});

describe('what the callers together accuse of', () => {
  it('is said of a view whose last call failed, though it would not convict alone', () => {
    const { row, see } = wellAt(1000);
    see(UNHEALTHY);
    expect(row.statusOf(100_000)).toBe(HEALTHY);
    expect(row.accuse(100_000)).toMatchObject({ status: UNHEALTHY, sinceMs: 100_000 });
    see(HEALTHY);
    expect(row.accuse(101_000)).toBeUndefined();
  });
});
