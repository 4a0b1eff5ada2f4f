// SPDX-License-Identifier: Apache-2.0
/**
 * Follows the engine's transitions. It reads the log of changes, not the current verdicts, so a conviction that comes
 * and goes between two looks is seen all the same; and it checks that the log has no gap.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiTransition, EngineApi } from './engine-api.js';

const POLL_INTERVAL_MS = 100;

/** Polls in a row that may fail before the watch gives up: the engine may be slow on a busy machine, but not for long. */
const FAILED_POLLS_MAX = 5;

/** Transitions kept; far more than a story has, and a bound for a cluster that is left running. */
const KEPT_COUNT_MAX = 5000;

export class VerdictWatch {
  readonly transitions: ApiTransition[] = [];
  /** Transitions that the log no longer had when the watch came to read them. */
  missedCount = 0;
  readonly #api: EngineApi;
  readonly #onTransition: (transition: ApiTransition) => void;
  #lastSeq = 0;

  constructor(api: EngineApi, onTransition: (transition: ApiTransition) => void) {
    this.#api = api;
    this.#onTransition = onTransition;
  }

  /** Reads on until the signal aborts; aborts `stop` when the engine no longer answers. */
  async run(stop: AbortController, done: AbortSignal): Promise<void> {
    let failedCount = 0;
    while (!done.aborted) {
      try {
        await this.poll();
        failedCount = 0;
      } catch (error) {
        if (++failedCount >= FAILED_POLLS_MAX && !done.aborted) stop.abort(error);
      }
      await delay(POLL_INTERVAL_MS);
    }
  }

  /** Reads what is new. Two polls at a time are no harm: what has been seen is seen once. */
  async poll(): Promise<void> {
    const transitions = await this.#api.eventsAfter(this.#lastSeq);
    for (const transition of transitions) {
      if (transition.seq <= this.#lastSeq) continue;
      if (this.#lastSeq > 0) this.missedCount += transition.seq - this.#lastSeq - 1;
      this.#lastSeq = transition.seq;
      this.transitions.push(transition);
      if (this.transitions.length > KEPT_COUNT_MAX) this.transitions.shift();
      this.#onTransition(transition);
    }
  }
}
