// SPDX-License-Identifier: Apache-2.0
/** What happened, as it was read: pages from the newest back, and what came since. Each once, whatever pages overlap. Pure but for what it keeps. */
import type { EventJson, EvidenceJson } from '../../../src/engine/api/shapes.js';
import { keyOf } from './fleet.js';

export class Chronicle<T extends { readonly atMs: number }> {
  readonly #idOf: (item: T) => string | number;
  readonly #byId = new Map<string | number, T>();
  /** When the last was that is known; `undefined` before the first. */
  newestMs: number | undefined;
  oldestMs: number | undefined;
  /** The highest number of what has one; 0 before the first. */
  lastSeq = 0;

  constructor(idOf: (item: T) => string | number) {
    this.#idOf = idOf;
  }

  get size(): number {
    return this.#byId.size;
  }

  take(items: readonly T[]): void {
    for (const item of items) {
      const id = this.#idOf(item);
      this.#byId.set(id, item);
      if (typeof id === 'number' && id > this.lastSeq) this.lastSeq = id;
      this.newestMs = Math.max(this.newestMs ?? item.atMs, item.atMs);
      this.oldestMs = Math.min(this.oldestMs ?? item.atMs, item.atMs);
    }
  }

  /** The newest first. */
  newestFirst(): readonly T[] {
    return [...this.#byId.values()].sort((a, b) => b.atMs - a.atMs);
  }
}

export function changes(): Chronicle<EventJson> {
  return new Chronicle(({ seq }) => seq);
}

/** Lines of evidence have no number; two of one kind are never of the same moment. */
export function complaints(): Chronicle<EvidenceJson> {
  return new Chronicle((row) => {
    const { atMs, environment, subject, observer, operation, status, reason, errorType = '' } = row;
    return [atMs, environment, subject, observer, operation, status, reason, errorType].join('\n');
  });
}

/** Changes from a moment on, of each subject in order. */
export function changesBySubject(
  events: Iterable<EventJson>,
  sinceMs: number,
): ReadonlyMap<string, readonly EventJson[]> {
  const subjects = new Map<string, EventJson[]>();
  for (const event of [...events].sort((a, b) => a.seq - b.seq)) {
    if (event.atMs < sinceMs) continue;
    const key = keyOf(event.verdict);
    const known = subjects.get(key);
    if (known) known.push(event);
    else subjects.set(key, [event]);
  }
  return subjects;
}
