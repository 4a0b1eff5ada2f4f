// SPDX-License-Identifier: Apache-2.0
/**
 * The observer of this process, for code that has no processor at hand: `import { observer } from 'panorama-otel'`. It
 * speaks through the first processor that was made, also where that is of another copy of this package; without one it
 * does nothing, so that a library may use it and never ask.
 */
import type { Observer } from './observer.js';

/** What the host may say. */
export type HostObserver = Pick<Observer, 'begin' | 'pending' | 'observe' | 'report'>;

const KEY = Symbol.for('panorama.observer.1');
const place = globalThis as { [KEY]?: HostObserver | undefined };

const INERT = { healthy: (): void => undefined, unhealthy: (): void => undefined };

/** See `Observer`. */
export const observer: HostObserver = {
  begin: (work) => place[KEY]?.begin(work) ?? INERT,
  pending: (which) => place[KEY]?.pending(which),
  observe: (work, run) => (place[KEY] ? place[KEY].observe(work, run) : run()),
  report: (report) => place[KEY]?.report(report),
};

/** Lets a processor speak for the process, if none does yet. */
export function speakForProcess(candidate: HostObserver): void {
  place[KEY] ??= candidate;
}

/** The processor is over. */
export function stopSpeaking(candidate: HostObserver): void {
  if (place[KEY] === candidate) place[KEY] = undefined;
}
