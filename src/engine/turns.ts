// SPDX-License-Identifier: Apache-2.0
/**
 * Requests are taken in the order in which they came, though some are decoded elsewhere and are ready late. So an observer's word
 * on a subject never overtakes an earlier one of its own.
 */

/** What is waited for before a turn can be taken. */
export interface Readiness {
  readonly isReady: boolean;
  onReady: () => void;
}

interface Turn {
  readonly readiness: Readiness | undefined;
  readonly run: () => void;
}

/** How many turns are taken in one go, at the most. Then sockets have their turn. */
const TURNS_PER_GO = 8;

export class Turns {
  readonly #waiting: Turn[] = [];
  readonly #onEmpty: (() => void)[] = [];
  #isGoing = false;

  /** Runs `task` after all before it, and when it is ready: at once, where nothing is waited for. */
  take<R>(task: () => R, readiness?: Readiness): R | Promise<R> {
    if (this.#waiting.length === 0 && (readiness === undefined || readiness.isReady)) return task();
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          resolve(task());
        } catch (thrown) {
          reject(thrown);
        }
      };
      this.#waiting.push({ readiness, run });
      if (readiness) readiness.onReady = () => this.#go();
    });
  }

  /** Resolves when nobody waits. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) resolve();
      else this.#onEmpty.push(resolve);
    });
  }

  #go(): void {
    if (this.#isGoing) return;
    let count = 0;
    while (this.#isNextReady() && count++ < TURNS_PER_GO) this.#waiting.shift()?.run();
    if (this.#isNextReady()) {
      this.#isGoing = true;
      setImmediate(() => {
        this.#isGoing = false;
        this.#go();
      });
    }
    if (this.#waiting.length === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  #isNextReady(): boolean {
    const next = this.#waiting[0];
    return next !== undefined && (next.readiness === undefined || next.readiness.isReady);
  }
}
