// SPDX-License-Identifier: Apache-2.0
/**
 * Observers' clocks are not trusted. What was received less what was observed is the delay of delivery plus the clocks'
 * disagreement. A delay varies; a disagreement stays. So a clock is taken to be off only when several deliveries, some
 * time apart, show the same large difference: then it is taken off, and an observer whose clock is a day off keeps its
 * vote. One odd span changes nothing, and a backlog, whose differences shrink as it drains, stays as old as it is.
 */
import { BoundedMap } from '../../model/bounded-map.js';

/** Differences up to this are taken for delivery delay: half of the 5 s for which SDKs hold a batch. */
const TOLERANCE_MS = 2500;

/**
 * Deliveries that must agree, and how far apart they must be. A backlog that drains at only five quarters of the speed at
 * which it was filled has changed by more than the tolerance in that time.
 */
const AGREEING_COUNT = 3;
const APART_MS = 5000;

/** A span whose delay is this far from the middle of its delivery has a clock, or a story, of its own. */
const OUTLIER_MS = 60_000;

interface ObserverClock {
  /** What is taken off, in ms; 0 for a clock that agrees. */
  skewMs: number;
  candidateMs: number;
  candidateCount: number;
  candidateAtMs: number;
}

export class ObserverClocks {
  readonly #clocks: BoundedMap<string, ObserverClock>;

  constructor(observerCountMax = 10_000) {
    this.#clocks = new BoundedMap(observerCountMax);
  }

  /**
   * What to add to an observer's times to put them on the engine's clock, in ms; 0 while its clock seems right.
   *
   * @param delaysMs (received − observed) of everything that has just arrived together
   */
  correctionMs(observer: string, delaysMs: ArrayLike<number>, receivedMs: number): number {
    const clock = this.#clockOf(observer);
    const differenceMs = typicalMs(delaysMs);
    if (differenceMs === undefined) return clock.skewMs;
    if (Math.abs(differenceMs - clock.skewMs) <= TOLERANCE_MS) {
      clock.candidateCount = 0;
      return clock.skewMs;
    }
    if (clock.candidateCount === 0 || Math.abs(differenceMs - clock.candidateMs) > TOLERANCE_MS) {
      clock.candidateMs = differenceMs;
      clock.candidateCount = 1;
      clock.candidateAtMs = receivedMs;
    } else if (receivedMs - clock.candidateAtMs >= APART_MS) {
      clock.candidateCount++;
      clock.candidateAtMs = receivedMs;
      clock.candidateMs = Math.min(clock.candidateMs, differenceMs);
    }
    if (clock.candidateCount >= AGREEING_COUNT) {
      clock.skewMs = Math.abs(clock.candidateMs) <= TOLERANCE_MS ? 0 : clock.candidateMs;
      clock.candidateCount = 0;
    }
    return clock.skewMs;
  }

  #clockOf(observer: string): ObserverClock {
    let clock = this.#clocks.get(observer);
    if (!clock) {
      clock = { skewMs: 0, candidateMs: 0, candidateCount: 0, candidateAtMs: 0 };
      this.#clocks.set(observer, clock);
    }
    return clock;
  }
}

/** The smallest delay that is not an outlier: the one with the least delivery in it. */
function typicalMs(delaysMs: ArrayLike<number>): number | undefined {
  if (delaysMs.length === 0) return undefined;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < delaysMs.length; at++) {
    const delayMs = delaysMs[at] as number;
    if (delayMs < least) least = delayMs;
    if (delayMs > most) most = delayMs;
  }
  // Where all are near each other none is one.
  if (most - least <= OUTLIER_MS) return least;
  const sorted = Float64Array.from(delaysMs).sort();
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? undefined : sorted.find((delayMs) => middle - delayMs <= OUTLIER_MS);
}
