// SPDX-License-Identifier: Apache-2.0
/**
 * The observer of this process, for code that has no processor at hand: `import { observer } from 'panorama-otel'`. It
 * speaks through the first processor that was made and is not shut down, also where that is of another copy of this
 * package; without one it does nothing, so that a library may use it and never ask.
 */
import { INERT } from './announced-work.js';
import type { Observer } from './observer.js';

/** What the host may say. */
export type HostObserver = Pick<Observer, 'begin' | 'pending' | 'observe' | 'report'>;

const KEY = Symbol.for('panorama.observers.1');
/** Held weakly: a processor that its host has dropped without a word must not stay for this. */
const place = globalThis as { [KEY]?: WeakRef<HostObserver>[] | undefined };

/** See `Observer`. */
export const observer: HostObserver = {
  begin: (work) => speaker()?.begin(work) ?? INERT,
  pending: (which) => speaker()?.pending(which),
  observe: (work, run) => {
    const first = speaker();
    return first ? first.observe(work, run) : run();
  },
  report: (report) => speaker()?.report(report),
};

/** Lets a processor speak for the process, once those before it are over. */
export function speakForProcess(candidate: HostObserver): void {
  place[KEY] = [...others(candidate), new WeakRef(candidate)];
}

/** The processor is over. */
export function stopSpeaking(candidate: HostObserver): void {
  place[KEY] = others(candidate);
}

/** Other copies of this package have hung theirs there too; anything else is none of ours. */
function known(): readonly WeakRef<HostObserver>[] {
  return Array.isArray(place[KEY]) ? place[KEY] : [];
}

function others(candidate: HostObserver): WeakRef<HostObserver>[] {
  return known().filter((each) => ![undefined, candidate].includes(each.deref()));
}

function speaker(): HostObserver | undefined {
  for (const each of known()) {
    const alive = each.deref();
    if (alive) return alive;
  }
  return undefined;
}
