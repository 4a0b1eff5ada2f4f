// SPDX-License-Identifier: Apache-2.0
/**
 * How long an operation usually takes, so that a caller's patience can be judged. The estimate is TCP's: a moving mean
 * and a moving mean deviation, and "usual" ends four deviations above the mean. It needs two numbers per operation, and
 * 40 years of retransmission timers speak for it.
 *
 * Source: Jacobson, "Congestion Avoidance and Control" (1988); RFC 6298 section 2.
 */

import { BoundedMap } from '../model/bounded-map.js';

/** RFC 6298's gains and its factor on the deviation. */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
const DEVIATION_FACTOR = 4;

/** Below this no wait counts as unusual: scheduling and collection pauses alone reach tens of milliseconds. */
const USUAL_FLOOR_MS = 100;

/** What one operation of one subject usually takes. */
export class LatencyEstimate {
  #meanMs = 0;
  #deviationMs = 0;
  #known = false;

  /** Learns from a call that came back well. O(1). */
  learn(latencyMs: number): void {
    if (this.#known) {
      this.#deviationMs += DEVIATION_GAIN * (Math.abs(latencyMs - this.#meanMs) - this.#deviationMs);
      this.#meanMs += MEAN_GAIN * (latencyMs - this.#meanMs);
      return;
    }
    this.#known = true;
    this.#meanMs = latencyMs;
    this.#deviationMs = latencyMs / 2;
  }

  /** The longest wait that is still usual, in ms; `undefined` while nothing is known. */
  get usualMs(): number | undefined {
    if (!this.#known) return undefined;
    return Math.max(USUAL_FLOOR_MS, this.#meanMs + DEVIATION_FACTOR * this.#deviationMs);
  }
}

/** The estimates of many operations, by key. */
export class UsualLatency {
  readonly #estimates: BoundedMap<string, LatencyEstimate>;

  /** @param keyCountMax operations remembered; the one learned first is forgotten first. About 150 bytes each. */
  constructor(keyCountMax = 10_000) {
    this.#estimates = new BoundedMap(keyCountMax);
  }

  /** The estimate of a key, begun where there is none. */
  of(key: string): LatencyEstimate {
    let estimate = this.#estimates.get(key);
    if (!estimate) {
      estimate = new LatencyEstimate();
      this.#estimates.set(key, estimate);
    }
    return estimate;
  }
}
