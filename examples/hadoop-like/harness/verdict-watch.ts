// SPDX-License-Identifier: Apache-2.0
/**
 * Follows the engine's verdicts. It reads the log of changes, so a conviction that comes and goes between two looks is seen all
 * the same, and it checks that the log has no gap. And it looks at all verdicts as they stand, for what changes without a
 * change of status is in no log: whom a verdict blames.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiTransition, ApiVerdict, EngineApi } from './engine-api.js';

const POLL_INTERVAL_MS = 100;

/** Polls in a row that may fail before the watch gives up: the engine may be slow on a busy machine, but not for long. */
const FAILED_POLLS_MAX = 5;

/** Transitions kept; far more than a story has, and a bound for a cluster that is left running. */
const KEPT_COUNT_MAX = 5000;

export class VerdictWatch {
  readonly transitions: ApiTransition[] = [];
  /** Transitions that the log no longer had when the watch came to read them. */
  missedCount = 0;
  /** Polls that the engine did not answer. */
  failedPollCount = 0;
  readonly #api: EngineApi;
  readonly #onTransition: (transition: ApiTransition) => void;
  readonly #onVerdicts: ((verdicts: readonly ApiVerdict[], atMs: number) => void) | undefined;
  #lastSeq = 0;
  #polling: Promise<void> = Promise.resolve();

  /** @param onVerdicts is shown all verdicts as they stood after the transitions told so far; without it nobody asks for them */
  constructor(
    api: EngineApi,
    onTransition: (transition: ApiTransition) => void,
    onVerdicts?: (verdicts: readonly ApiVerdict[], atMs: number) => void,
  ) {
    this.#api = api;
    this.#onTransition = onTransition;
    this.#onVerdicts = onVerdicts;
  }

  /** Reads on until the signal aborts; aborts `stop` when the engine no longer answers. */
  async run(stop: AbortController, done: AbortSignal): Promise<void> {
    let failedCount = 0;
    while (!done.aborted) {
      try {
        await this.poll();
        failedCount = 0;
      } catch (error) {
        if (done.aborted) return;
        this.failedPollCount++;
        if (++failedCount >= FAILED_POLLS_MAX) stop.abort(error);
      }
      await delay(POLL_INTERVAL_MS);
    }
  }

  /** Reads what is new. Two polls at a time are no harm: the second waits for the first. */
  poll(): Promise<void> {
    const poll = this.#polling.then(() => this.#pollNow());
    this.#polling = poll.catch(() => undefined);
    return poll;
  }

  /** What was seen counts only where the log did not change meanwhile: else nobody knows which of the two came first. */
  async #pollNow(): Promise<void> {
    await this.#readLog();
    if (!this.#onVerdicts) return;
    const atMs = Date.now();
    const verdicts = await this.#api.verdicts();
    if ((await this.#readLog()) === 0) this.#onVerdicts(verdicts, atMs);
  }

  /** How many transitions were new. */
  async #readLog(): Promise<number> {
    const transitions = await this.#api.eventsAfter(this.#lastSeq);
    for (const transition of transitions) {
      if (this.#lastSeq > 0) this.missedCount += transition.seq - this.#lastSeq - 1;
      this.#lastSeq = transition.seq;
      this.transitions.push(transition);
      if (this.transitions.length > KEPT_COUNT_MAX) this.transitions.shift();
      this.#onTransition(transition);
    }
    return transitions.length;
  }
}
