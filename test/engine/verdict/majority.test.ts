// SPDX-License-Identifier: Apache-2.0
/** The paper's judge at the bounds of its look-back. */
import { describe, expect, it } from 'vitest';
import { MajorityJudge, type MajorityOptions } from '../../../src/engine/verdict/majority.js';
import { HealthStatus } from '../../../src/model/status.js';
import { JudgedRow } from '../../contract/judge-row.js';

const { HEALTHY, PENDING, MAYBE_UNHEALTHY, UNHEALTHY } = HealthStatus;
const STATUSES: Readonly<Record<string, HealthStatus>> = { H: HEALTHY, U: UNHEALTHY, P: PENDING, M: MAYBE_UNHEALTHY };

/** A view from letters, oldest first, one call a second; read when the last of them is seen. */
function readingOf(calls: string, options: Partial<MajorityOptions> = {}) {
  const row = new JudgedRow(new MajorityJudge(options));
  row.seeEach(
    [...calls].map((letter) => STATUSES[letter] as HealthStatus),
    0,
  );
  return row.read(1000 * (calls.length - 1));
}

describe('the look-back', () => {
  it.each([
    ['H', HEALTHY],
    ['U', UNHEALTHY],
    ['HHHHHHHHHU', UNHEALTHY],
    ['UH', UNHEALTHY],
    ['UHH', HEALTHY],
    ['UUHH', UNHEALTHY],
    ['UUHHH', HEALTHY],
    ['UUUUUUHHH', UNHEALTHY],
    ['UUUUUUHHHH', HEALTHY],
    ['UHUHUH', UNHEALTHY],
    ['HHUHH', HEALTHY],
    ['UMH', UNHEALTHY],
    ['MMH', MAYBE_UNHEALTHY],
    ['HHM', MAYBE_UNHEALTHY],
    ['UUM', UNHEALTHY],
    ['MUM', MAYBE_UNHEALTHY],
  ])('over %s says %i', (calls, status) => {
    expect(readingOf(calls)?.status).toBe(status);
  });

  it('ends after ten calls', () => {
    expect(readingOf('U'.repeat(30))).toMatchObject({ failingCount: 10, sinceMs: 20_000 });
    expect(readingOf('H'.repeat(30))).toMatchObject({ healthyCount: 10, failingCount: 0 });
  });

  it('ends three calls after the first of another kind', () => {
    expect(readingOf('UUUUUUHH')).toMatchObject({ healthyCount: 2, failingCount: 3 });
    expect(readingOf('UUUUUHHHH')).toMatchObject({ healthyCount: 4, failingCount: 3, status: HEALTHY });
  });

  it('is as long as it is told to be', () => {
    expect(readingOf('U'.repeat(9), { lookBackCalls: 5 })?.failingCount).toBe(5);
    expect(readingOf('UUUUHH', { differingCalls: 1 })?.status).toBe(HEALTHY);
  });
});

describe('calls that are out', () => {
  it.each([
    ['HP', PENDING],
    ['UP', UNHEALTHY],
    ['PH', HEALTHY],
    ['PPPPH', HEALTHY],
    ['PU', UNHEALTHY],
  ])('in %s make it %i', (calls, status) => {
    expect(readingOf(calls)?.status).toBe(status);
  });

  it('fill no view: of those that none has followed the oldest go', () => {
    const row = new JudgedRow(new MajorityJudge()).seeEach(
      Array.from({ length: 40 }, () => PENDING),
      0,
    );
    expect(row.statusOf(39_000)).toBe(UNHEALTHY);
  });
});

describe('calls that arrive out of order', () => {
  it('stand in the order of time, and worse after better at one time', () => {
    const row = new JudgedRow(new MajorityJudge());
    row.see(UNHEALTHY, 5000).see(HEALTHY, 1000).see(HEALTHY, 2000).see(HEALTHY, 3000);
    expect(row.read(5000)).toMatchObject({ status: UNHEALTHY, lastMs: 5000 });
    const together = new JudgedRow(new MajorityJudge()).see(UNHEALTHY, 1000).see(HEALTHY, 1000);
    expect(together.statusOf(1000)).toBe(UNHEALTHY);
  });

  it('are not taken in where they are older than all that are kept', () => {
    const row = new JudgedRow(new MajorityJudge());
    row.seeEach(
      Array.from({ length: 12 }, () => HEALTHY),
      100_000,
    );
    const before = row.bytes();
    expect(row.see(UNHEALTHY, 50_000).bytes()).toEqual(before);
  });
});
