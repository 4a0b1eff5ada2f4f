// SPDX-License-Identifier: Apache-2.0
/**
 * Time and chance are passed in. This is the one file that touches the real ones; everything else takes a `Clock` and a
 * `Random`, so that a test owns both. It stands in `model` because guest and engine need the same clock.
 */

/** A running timer. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Epoch milliseconds; may jump when the machine's clock is set. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Runs `task` once after `delayMs`. The timer never keeps the process alive. */
  setTimer(delayMs: number, task: () => void): Timer;
}

/** Fills a buffer with random bytes. */
export type Random = (bytes: Uint8Array) => void;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, task) => {
    const handle = setTimeout(task, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

export const systemRandom: Random = (bytes) => {
  crypto.getRandomValues(bytes);
};
