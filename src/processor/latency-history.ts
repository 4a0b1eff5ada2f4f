// SPDX-License-Identifier: Apache-2.0
/**
 * How long the calls of one operation took: a small mergeable sketch, so that "longer than ever" has a number. The sketch
 * is DDSketch, whose quantiles are right within a relative error and which takes 20 ns a call.
 *
 * Two generations are kept, the last full one and the one that is growing, so that an operation whose latency changes is
 * known anew within two of them. Calls that were suspected are not learned at once, or a callee that hangs would itself
 * teach that hanging is usual. They are when the generation is full, among all its other calls: what was an incident is
 * rare among them, and an operation that is slow once in a hundred calls is not suspected for ever.
 *
 * Source: Masson, Rim, Lee, "DDSketch" (VLDB 2019).
 */
import { DDSketch } from '@datadog/sketches-js';

/** Relative error of a quantile: far less than calls differ among themselves, and a sketch is a kilobyte. */
const RELATIVE_ACCURACY = 0.05;

/** Latencies outside are taken for the nearest inside, so that a sketch has at most 300 bins. In ms: 10 µs to a day. */
const LATENCY_MIN_MS = 0.01;
const LATENCY_MAX_MS = 86_400_000;

/** A generation is at least a minute, and at least as many calls as it takes to tell a p99.9. */
const GENERATION_MS = 60_000;
const GENERATION_CALLS = 1000;

export class LatencyHistory {
  #last: DDSketch | undefined;
  #growing: DDSketch = newSketch();
  #suspected: DDSketch | undefined;
  #sinceMs: number | undefined;

  /** Calls in both generations. */
  get count(): number {
    return this.#growing.count + (this.#last?.count ?? 0);
  }

  /** Learns from a call that came back well, at once. O(1). */
  learn(latencyMs: number): void {
    this.#growing.accept(bounded(latencyMs));
  }

  /** Learns from a call that came back well after it had been suspected: when the generation is full. */
  learnLater(latencyMs: number): void {
    this.#suspected ??= newSketch();
    this.#suspected.accept(bounded(latencyMs));
  }

  /**
   * Begins the next generation when it is time.
   *
   * @param nowMs monotonic
   */
  age(nowMs: number): void {
    this.#sinceMs ??= nowMs;
    // Suspects count here: where every call has become slow there are no others, and they would be suspects for ever.
    const count = this.#growing.count + (this.#suspected?.count ?? 0);
    if (nowMs - this.#sinceMs < GENERATION_MS || count < GENERATION_CALLS) return;
    this.#last = this.#growing;
    if (this.#suspected) this.#last.merge(this.#suspected);
    this.#suspected = undefined;
    this.#growing = newSketch();
    this.#sinceMs = nowMs;
  }

  /**
   * The latency that a share `p` of the calls does not exceed, in ms: by whichever generation is the more patient.
   *
   * @param p from 0 to 1
   */
  quantileMs(p: number): number {
    const last = this.#last?.getValueAtQuantile(p) ?? 0;
    return this.#growing.count === 0 ? last : Math.max(last, this.#growing.getValueAtQuantile(p));
  }
}

function newSketch(): DDSketch {
  return new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });
}

function bounded(latencyMs: number): number {
  return Math.min(LATENCY_MAX_MS, Math.max(LATENCY_MIN_MS, latencyMs));
}
