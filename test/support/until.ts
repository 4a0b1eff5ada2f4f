// SPDX-License-Identifier: Apache-2.0
/** Waits for a condition of another process, never for a length of time. */
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks until there is an answer.
 *
 * @param what names the condition in the error when it does not come true within `timeoutMs`
 */
export async function until<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 15_000,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  while (performance.now() < endMs) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(20);
  }
  throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
}
