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

interface Estimate {
  meanMs: number;
  deviationMs: number;
}

export class UsualLatency {
  readonly #estimates: BoundedMap<string, Estimate>;

  /** @param keyCountMax operations remembered; the one learned first is forgotten first. About 150 bytes each. */
  constructor(keyCountMax = 10_000) {
    this.#estimates = new BoundedMap(keyCountMax);
  }

  /** Learns from a call that came back well. O(1). */
  learn(key: string, latencyMs: number): void {
    const estimate = this.#estimates.get(key);
    if (estimate) {
      estimate.deviationMs += DEVIATION_GAIN * (Math.abs(latencyMs - estimate.meanMs) - estimate.deviationMs);
      estimate.meanMs += MEAN_GAIN * (latencyMs - estimate.meanMs);
      return;
    }
    this.#estimates.set(key, { meanMs: latencyMs, deviationMs: latencyMs / 2 });
  }

  /** The longest wait that is still usual, in ms; `undefined` while nothing is known. */
  usualMs(key: string): number | undefined {
    const estimate = this.#estimates.get(key);
    if (!estimate) return undefined;
    return Math.max(USUAL_FLOOR_MS, estimate.meanMs + DEVIATION_FACTOR * estimate.deviationMs);
  }
}
