// SPDX-License-Identifier: Apache-2.0
/**
 * How long announced work takes: as the host says, else as it took with this subject, else as the same work took with others. It
 * is too seldom for the rule of calls, by which nothing is suspected before twenty of them have come back, and it is expected
 * back: as soon as one has ended well, those few tell.
 *
 * Of work of which nothing has ever ended nothing is known: the first backup of a process may take ten minutes and is no outage. It
 * is not suspected, as the first calls are not, until another one has ended or the host says how long it takes.
 */
import type { LatencyHistory } from './latency-history.js';
import { HISTORY_COUNT_MIN, type KnownLatencies, suspicionOf } from './suspicion.js';

/** What has taken less the few times that it was seen is taken to take this, in ms: so φ is 4 after a second, and not before. */
const FEW_MS = 530;

/** Nothing has ended yet. */
const NOTHING: KnownLatencies = { count: 0, quantileMs: () => 0 };

/** The host's word on how long work takes: as good as twenty times of which the slowest took that. φ is 4 at 1.9 times that. */
export class ExpectedLatency implements KnownLatencies {
  readonly count: number = HISTORY_COUNT_MIN;
  readonly ms: number;

  private constructor(ms: number) {
    this.ms = ms;
  }

  /** `undefined` for what is no time that anything takes. */
  static of(ms: unknown): ExpectedLatency | undefined {
    return typeof ms === 'number' && ms > 0 && ms < Number.POSITIVE_INFINITY ? new ExpectedLatency(ms) : undefined;
  }

  quantileMs(): number {
    return this.ms;
  }
}

export interface HistoriesOfWork {
  readonly pair: { readonly latency: LatencyHistory };
  /** Of the same work with whomever. */
  readonly alike: LatencyHistory;
  readonly expected: ExpectedLatency | undefined;
}

/** The latencies by which work is to be suspected. */
export function knownOfWork({ pair, alike, expected }: HistoriesOfWork): KnownLatencies {
  if (expected) return expected;
  const histories = [pair.latency, alike];
  const known = histories.find((each) => suspicionOf(0, each) !== undefined);
  if (known) return known;
  if (histories.every(({ count }) => count === 0)) return NOTHING;
  const slowestMs = Math.max(FEW_MS, ...histories.map((each) => each.quantileMs(1)));
  return { count: HISTORY_COUNT_MIN, quantileMs: () => slowestMs };
}
