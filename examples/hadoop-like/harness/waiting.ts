// SPDX-License-Identifier: Apache-2.0
/**
 * Waiting, bounded and interruptible. One signal ends the whole story (a key press, a dead child, the deadline), and
 * its reason says why; so whatever the story is waiting for, it stops waiting with that reason.
 */
import { setTimeout as delay } from 'node:timers/promises';

const CHECK_INTERVAL_MS = 100;

/** Sleeps. Throws the signal's reason when it aborts. */
export async function pause(durationMs: number, stop: AbortSignal): Promise<void> {
  stop.throwIfAborted();
  await delay(durationMs, undefined, { signal: stop }).catch(() => stop.throwIfAborted());
}

/**
 * Checks every 100 ms until there is an answer other than `undefined`.
 *
 * @returns the answer, or `undefined` when none came within the bound
 */
export async function eventually<Answer>(
  check: () => Answer | undefined | Promise<Answer | undefined>,
  boundMs: number,
  stop: AbortSignal,
): Promise<Answer | undefined> {
  const endMs = performance.now() + boundMs;
  for (;;) {
    const answer = await check();
    stop.throwIfAborted();
    if (answer !== undefined) return answer;
    if (performance.now() >= endMs) return undefined;
    await pause(CHECK_INTERVAL_MS, stop);
  }
}

/** The promise's value, unless the signal aborts first; then its reason is thrown. */
export function unlessStopped<Value>(promise: Promise<Value>, stop: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(stop.reason as Error);
    if (stop.aborted) onAbort();
    stop.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => stop.removeEventListener('abort', onAbort));
  });
}
