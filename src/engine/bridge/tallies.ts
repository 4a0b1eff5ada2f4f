// SPDX-License-Identifier: Apache-2.0
/** What the bridge counts itself, of the transitions that it is told of: how many there were, and how soon failures were found. */
import { type HealthStatus, isFailing, statusName } from '../../model/status.js';
import { type FailureKind, failuresAt, isOnlyCulpritNew, type Transition } from '../../model/verdict.js';
import { STATUSES } from './bridge-row.js';

/** Bounds of the delays' buckets, in seconds: from a tick of the engine to the five minutes after which a person has called. */
export const DELAY_BOUNDS: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120, 300];

/** A trace that stands for what was counted: the first evidence of a failure that was found. */
export interface Exemplar {
  /** Lower-case hexadecimal digits, 32 and 16. */
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  readonly atMs: number;
}

/** Counts by bucket; the last one is of those above all bounds. */
export interface DelayHistogram {
  readonly counts: number[];
  count: number;
  sum: number;
  min: number;
  max: number;
  /** The latest of each bucket that has one. */
  readonly exemplars: (Exemplar | undefined)[];
}

/** How many transitions led to a status and a failure. */
export interface TransitionTally {
  readonly status: string;
  readonly failure: FailureKind;
  count: number;
  /** The latest. */
  exemplar: Exemplar | undefined;
}

export class Tallies {
  readonly delay: DelayHistogram = {
    counts: Array.from({ length: DELAY_BOUNDS.length + 1 }, () => 0),
    exemplars: [],
    ...{ count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY },
  };
  /** All that there can be, from the beginning: a reader sees a series grow that was 0 before, and not one that was not there. */
  readonly #transitions = new Map<string, TransitionTally>();

  constructor() {
    for (const status of STATUSES) for (const failure of failuresAt(status)) this.#tallyOf(status, failure);
  }

  transitions(): Iterable<TransitionTally> {
    return this.#transitions.values();
  }

  /**
   * Counts a transition by what it led to; another culprit of the same failure leads nowhere. A failure was found when a subject
   * that was not failing is: so long after its first evidence.
   */
  note({ atMs, from, verdict }: Transition): void {
    if (isOnlyCulpritNew(from, verdict)) return;
    const [first] = verdict.evidence;
    const exemplarOf = (value: number) => first && { traceId: first.traceId, spanId: first.spanId, value, atMs };
    const tally = this.#tallyOf(verdict.status, verdict.failure);
    tally.count++;
    tally.exemplar = exemplarOf(1) ?? tally.exemplar;
    if (!isFailing(verdict.status) || isFailing(from.status)) return;
    const seconds = Math.max(0, atMs - verdict.sinceMs) / 1000;
    this.#delayed(seconds, exemplarOf(seconds));
  }

  #tallyOf(status: HealthStatus, failure: FailureKind): TransitionTally {
    const key = `${status} ${failure}`;
    const tally = this.#transitions.get(key) ?? { status: statusName(status), failure, count: 0, exemplar: undefined };
    this.#transitions.set(key, tally);
    return tally;
  }

  #delayed(seconds: number, exemplar: Exemplar | undefined): void {
    const { delay } = this;
    const found = DELAY_BOUNDS.findIndex((bound) => seconds <= bound);
    const bucket = found < 0 ? DELAY_BOUNDS.length : found;
    delay.counts[bucket]!++;
    delay.count++;
    delay.sum += seconds;
    delay.min = Math.min(delay.min, seconds);
    delay.max = Math.max(delay.max, seconds);
    delay.exemplars[bucket] = exemplar ?? delay.exemplars[bucket];
  }
}
