// SPDX-License-Identifier: Apache-2.0
/** One row of a judge's cells among others, as a table keeps it, and observations by chance to put into it. */
import fc from 'fast-check';
import type { Judge, Reading, Seen } from '../../src/engine/verdict/judge.js';
import { HealthStatus } from '../../src/model/status.js';

/** Cells of others before and after the row. */
const AROUND = 5;
const FOREIGN = 0.125;

/** Epoch ms, as real ones are: what is lost of a number of this size must not matter. */
export const START_MS = 1_700_000_000_000;

export class JudgedRow {
  readonly judge: Judge;
  readonly cells: Float64Array;
  readonly at = AROUND;

  constructor(judge: Judge) {
    this.judge = judge;
    this.cells = new Float64Array(judge.cellCount + 2 * AROUND).fill(FOREIGN);
    this.cells.fill(0, AROUND, AROUND + judge.cellCount);
  }

  /** A call that was seen so long after the start. */
  see(status: HealthStatus, atMs: number, given: Partial<Seen> = {}): this {
    const reason = status === HealthStatus.HEALTHY ? 'ok' : status === HealthStatus.PENDING ? 'hung' : 'reset';
    const seen: Seen = { status, reason, count: 1, windowMs: 0, suspicion: undefined, ...given };
    this.judge.observe(this.cells, this.at, seen, START_MS + atMs);
    return this;
  }

  /** One call after the other, a second apart. */
  seeEach(statuses: readonly HealthStatus[], fromMs: number, given: Partial<Seen> = {}): this {
    for (const [index, status] of statuses.entries()) this.see(status, fromMs + index * 1000, given);
    return this;
  }

  seeAll(stream: readonly Chance[]): this {
    for (const { status, atMs, ...given } of stream) this.see(status, atMs, given);
    return this;
  }

  /** What the row says so long after the start; times are of the start, too. */
  read(atMs: number): Reading | undefined {
    return sinceStart(this.judge.read(this.cells, this.at, START_MS + atMs));
  }

  statusOf(atMs: number): HealthStatus {
    return this.judge.statusOf(this.cells, this.at, START_MS + atMs);
  }

  accuse(atMs: number): Reading | undefined {
    return sinceStart(this.judge.accusation(this.cells, this.at, START_MS + atMs));
  }

  merge(from: JudgedRow): this {
    this.judge.merge(this.cells, this.at, from.cells, from.at);
    return this;
  }

  /** Every bit of the row and of what lies around it. */
  bytes(): Buffer {
    return Buffer.from(this.cells.slice().buffer);
  }

  /** What lies around the row. */
  foreign(): readonly number[] {
    return [...this.cells.slice(0, AROUND), ...this.cells.slice(AROUND + this.judge.cellCount)];
  }

  static isForeign(cell: number): boolean {
    return cell === FOREIGN;
  }
}

function sinceStart(reading: Reading | undefined): Reading | undefined {
  if (!reading) return undefined;
  const { sinceMs, lastMs, reasonMs, dueMs } = reading;
  return {
    ...reading,
    sinceMs: sinceMs - START_MS,
    lastMs: lastMs - START_MS,
    reasonMs: reasonMs - START_MS,
    dueMs: dueMs - START_MS,
  };
}

/** An observation by chance. */
export interface Chance extends Seen {
  readonly atMs: number;
}

/** Statuses that a judge is told of: DYING and DEAD come from the host's own word only. */
const STATUSES = [
  HealthStatus.HEALTHY,
  HealthStatus.PENDING,
  HealthStatus.MAYBE_UNHEALTHY,
  HealthStatus.UNHEALTHY,
  HealthStatus.DEAD,
];

/** Often and seldom, with pauses, and now and then late: time goes back by up to ten seconds. */
const gapMs = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 100_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -10_000, max: 0 }) },
  { weight: 1, arbitrary: fc.integer({ min: 100_000, max: 4_000_000 }) },
);

/** Observations of one view, in the order in which they come. */
export const stream: fc.Arbitrary<readonly Chance[]> = fc
  .array(
    fc.record({
      gapMs,
      status: fc.constantFrom(...STATUSES),
      reason: fc.constantFrom('ok', 'timeout', 'refused', 'hung', 'throttled' as const),
      count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5000 })),
      windowMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1000 })),
      suspicion: fc.option(fc.double({ min: 0, max: 50, noNaN: true }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((steps) => {
    let atMs = 20_000;
    return steps.map(({ gapMs: gap, ...seen }) => {
      atMs = Math.max(0, atMs + gap);
      return { ...seen, atMs };
    });
  });
