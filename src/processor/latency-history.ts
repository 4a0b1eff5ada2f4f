// SPDX-License-Identifier: Apache-2.0
/**
 * How long the calls of one operation took: a small mergeable sketch, so that "longer than ever" has a number. The sketch
 * is DDSketch, whose quantiles are right within a relative error and which takes 20 ns a call.
 *
 * Two generations are kept, the last full one and the one that is growing, so that an operation whose latency changes is
 * known anew within two of them. Calls that were suspected are not learned at once, or a callee that hangs would itself
 * teach that hanging is usual. They are when the generation is full, and only if they came back all through it: an incident
 * is forgotten, and an operation that is slow once in a hundred calls is not suspected for ever.
 *
 * Source: Masson, Rim, Lee, "DDSketch" (VLDB 2019).
 */
import { DDSketch } from '@datadog/sketches-js';
import { HISTORY_COUNT_MIN } from './suspicion.js';

/** Relative error of a quantile: far less than calls differ among themselves, and a sketch is a kilobyte. */
const RELATIVE_ACCURACY = 0.05;

/** Latencies outside are taken for the nearest inside, so that a sketch has at most 300 bins. In ms: 10 µs to a day. */
const LATENCY_MIN_MS = 0.01;
const LATENCY_MAX_MS = 86_400_000;

/** A generation is at least a minute, and at least as many calls as it takes to tell a p99.9. */
const GENERATION_MS = 60_000;
const GENERATION_CALLS = 1000;

/**
 * The first two are shorter: what a process does first, with cold caches and code that is not compiled yet, is not how it is, and
 * must not make everybody patient for two minutes.
 */
const YOUNG_COUNT = 2;
const YOUNG_MS = 5000;
const YOUNG_CALLS = 100;

/**
 * An incident is one stretch of a generation, and how an operation is shows in all of it. Suspects are learned if they came
 * back in six of its eight parts: a server that stood still for a sixth of a minute answers everybody at once when it goes on,
 * which is many calls and one part.
 */
const PARTS = 8;
const PARTS_MIN = 6;

/** Looks remembered at which suspects had come back: a generation that lasts longer has so few calls that a sample will do. */
const LOOK_COUNT_MAX = 1000;

export class LatencyHistory {
  #last: DDSketch | undefined;
  #growing: DDSketch = newSketch();
  #suspected: DDSketch | undefined;
  #sinceMs: number | undefined;
  #fullCount = 0;
  /** How often the generation was looked at, and at which looks suspects had come back. */
  #looks = 0;
  #suspectedAt: number[] = [];
  #hasNewSuspect = false;

  /** Calls in both generations. */
  get count(): number {
    return this.#growing.count + (this.#last?.count ?? 0);
  }

  /** Learns from a call that came back well, at once. O(1). */
  learn(latencyMs: number): void {
    this.#growing.accept(bounded(latencyMs));
  }

  /** Learns from a call that came back well after it had been suspected: when the generation is full, if at all. */
  learnLater(latencyMs: number): void {
    this.#hasNewSuspect = true;
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
    if (this.#hasNewSuspect && this.#suspectedAt.length < LOOK_COUNT_MAX) this.#suspectedAt.push(this.#looks);
    this.#hasNewSuspect = false;
    this.#looks++;
    // Suspects count here: where every call has become slow there are no others, and they would be suspects for ever.
    const count = this.#growing.count + (this.#suspected?.count ?? 0);
    const isYoung = this.#fullCount < YOUNG_COUNT;
    if (nowMs - this.#sinceMs < (isYoung ? YOUNG_MS : GENERATION_MS)) return;
    if (count < (isYoung ? YOUNG_CALLS : GENERATION_CALLS)) return;
    this.#fullCount++;
    const full = this.#growing;
    if (this.#suspected && this.#isHowItIs) full.merge(this.#suspected);
    // In an incident in which all calls were suspects nothing was learned, and what was known before is still known.
    if (this.#last && full.count < HISTORY_COUNT_MIN) this.#last.merge(full);
    else this.#last = full;
    this.#suspected = undefined;
    this.#growing = newSketch();
    this.#sinceMs = nowMs;
    this.#looks = 0;
    this.#suspectedAt = [];
  }

  /** Whether suspects came back in most parts of the generation, and not in one stretch of it. */
  get #isHowItIs(): boolean {
    const parts = this.#suspectedAt.map((look) => Math.floor((look * PARTS) / this.#looks));
    // Of an operation that is called in bursts there are fewer looks than parts.
    return new Set(parts).size >= Math.min(PARTS_MIN, Math.ceil((this.#looks * PARTS_MIN) / PARTS));
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
