// SPDX-License-Identifier: Apache-2.0
/**
 * How long an operation usually takes, so that a caller's patience can be judged. The estimate is TCP's: a moving mean
 * and a moving mean deviation, and "usual" ends four deviations above the mean. It needs two numbers per operation, and
 * 40 years of retransmission timers speak for it.
 *
 * Source: Jacobson, "Congestion Avoidance and Control" (1988); RFC 6298 section 2.
 */

import { Fingerprint } from '../model/fingerprint.js';
import { FingerprintTable } from '../model/fingerprint-table.js';

/** RFC 6298's gains and its factor on the deviation. */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
const DEVIATION_FACTOR = 4;

/** Below this no wait counts as unusual: scheduling and collection pauses alone reach tens of milliseconds. */
const USUAL_FLOOR_MS = 100;

/** Longer waits count as this long: half an hour, which is no patience any more. In µs. */
const LATENCY_US_MAX = 1_800_000_000;

/**
 * What one operation of one subject usually takes. In whole microseconds, which stand in the object itself; a fraction would be
 * an object of its own, and of these there are as many as pairs.
 */
export class LatencyEstimate {
  /** Negative while nothing is known. */
  #meanUs = -1;
  #deviationUs = 0;

  /** Learns from a call that came back well. O(1). */
  learn(latencyMs: number): void {
    const us = Math.min(LATENCY_US_MAX, Math.round(1000 * latencyMs));
    if (this.#meanUs < 0) {
      this.#meanUs = us;
      this.#deviationUs = Math.round(us / 2);
      return;
    }
    this.#deviationUs += Math.round(DEVIATION_GAIN * (Math.abs(us - this.#meanUs) - this.#deviationUs));
    this.#meanUs += Math.round(MEAN_GAIN * (us - this.#meanUs));
  }

  /** The longest wait that is still usual, in ms; `undefined` while nothing is known. */
  get usualMs(): number | undefined {
    if (this.#meanUs < 0) return undefined;
    return Math.max(USUAL_FLOOR_MS, (this.#meanUs + DEVIATION_FACTOR * this.#deviationUs) / 1000);
  }
}

/** The estimates of many operations, by who waits (empty where it is one observer's), whom it asks, and for what. */
export class UsualLatency {
  readonly #estimates: FingerprintTable<LatencyEstimate>;
  readonly #fingerprint = new Fingerprint();

  /** @param countMax operations remembered at the least, and twice as many at the most: those found last. About 100 bytes each. */
  constructor(countMax = 10_000) {
    this.#estimates = new FingerprintTable(countMax);
  }

  /** The estimate of an operation, begun where there is none. */
  of(scope: string, subject: string, operation: string): LatencyEstimate {
    this.#fingerprint.begin();
    this.#fingerprint.text(scope);
    this.#fingerprint.text(subject);
    this.#fingerprint.text(operation);
    const { high, low } = this.#fingerprint;
    const known = this.#estimates.find(high, low);
    if (known) return known;
    const begun = new LatencyEstimate();
    this.#estimates.set(high, low, begun);
    return begun;
  }
}
