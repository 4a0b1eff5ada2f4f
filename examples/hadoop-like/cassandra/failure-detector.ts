// SPDX-License-Identifier: Apache-2.0
/**
 * The φ accrual failure detector over the arrivals of gossip: how unlikely it is, by a node's own past, that its next
 * heartbeat takes so long. A node that was never heard has no past, and is never suspected. Pure: time is an argument.
 *
 * Source: Hayashibara et al., "The φ accrual failure detector" (SRDS 2004), with Cassandra's exponential distribution.
 */
import { scaled } from '../node/time-scale.js';

/** `phi_convict_threshold`. */
const PHI_CONVICT_THRESHOLD = 8;

/** φ is a decimal logarithm, the distribution's exponent a natural one. */
const PHI_FACTOR = 1 / Math.log(10);

/** Arrivals remembered of each node (`SAMPLE_SIZE`). */
const SAMPLE_COUNT_MAX = 1000;

/** A gap longer than this was an outage and says nothing of the usual (`MAX_INTERVAL_IN_NANO`). The first gap is taken to be as long. */
const INTERVAL_MAX_MS = scaled(2_000);

/** After a pause of this process longer than this, all seem late; nobody is judged until they had time (`MAX_LOCAL_PAUSE`). */
const LOCAL_PAUSE_MAX_MS = scaled(5_000);

interface ArrivalWindow {
  readonly intervalsMs: number[];
  sumMs: number;
  lastMs: number;
}

export class FailureDetector {
  readonly #windows = new Map<string, ArrivalWindow>();
  #lastLookMs: number | undefined;
  #lastPauseMs = Number.NEGATIVE_INFINITY;

  /** News of a node came in. */
  report(node: string, nowMs: number): void {
    const window = this.#windows.get(node);
    if (!window) {
      this.#windows.set(node, { intervalsMs: [INTERVAL_MAX_MS], sumMs: INTERVAL_MAX_MS, lastMs: nowMs });
      return;
    }
    const intervalMs = nowMs - window.lastMs;
    window.lastMs = nowMs;
    if (intervalMs > INTERVAL_MAX_MS) return;
    window.intervalsMs.push(intervalMs);
    window.sumMs += intervalMs;
    if (window.intervalsMs.length > SAMPLE_COUNT_MAX) window.sumMs -= window.intervalsMs.shift() ?? 0;
  }

  /** Forgets a node: it left, or it is a new process. */
  remove(node: string): void {
    this.#windows.delete(node);
  }

  /** To be called again and again; that it was not for long tells of a pause of this process. */
  look(nowMs: number): void {
    if (this.#lastLookMs !== undefined && nowMs - this.#lastLookMs > LOCAL_PAUSE_MAX_MS) this.#lastPauseMs = nowMs;
    this.#lastLookMs = nowMs;
  }

  /** Whether a node is to be held dead. */
  isConvicted(node: string, nowMs: number): boolean {
    if (nowMs - this.#lastPauseMs < LOCAL_PAUSE_MAX_MS) return false;
    return this.phi(node, nowMs) > PHI_CONVICT_THRESHOLD;
  }

  /** The suspicion of one node; 0 where nothing was ever heard of it. */
  phi(node: string, nowMs: number): number {
    const window = this.#windows.get(node);
    if (!window) return 0;
    return (PHI_FACTOR * (nowMs - window.lastMs)) / (window.sumMs / window.intervalsMs.length);
  }
}
