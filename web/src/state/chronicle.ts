// SPDX-License-Identifier: Apache-2.0
/** Changes of verdicts as they were read: pages from the newest back, and what came since. Each once, in order. */
import type { EventJson } from '../../../src/engine/api/shapes.js';
import { keyOf } from './fleet.js';

export class Chronicle {
  readonly #bySeq = new Map<number, EventJson>();

  get size(): number {
    return this.#bySeq.size;
  }

  /** When the last change was that is known; `undefined` before the first. */
  newestMs: number | undefined;
  oldestMs: number | undefined;

  take(events: readonly EventJson[]): void {
    for (const event of events) {
      this.#bySeq.set(event.seq, event);
      this.newestMs = Math.max(this.newestMs ?? event.atMs, event.atMs);
      this.oldestMs = Math.min(this.oldestMs ?? event.atMs, event.atMs);
    }
  }

  /** Those from a moment on, by subject, the oldest first. */
  bySubject(sinceMs: number): ReadonlyMap<string, readonly EventJson[]> {
    const subjects = new Map<string, EventJson[]>();
    for (const event of [...this.#bySeq.values()].sort((a, b) => a.seq - b.seq)) {
      if (event.atMs < sinceMs) continue;
      const key = keyOf(event.verdict);
      const known = subjects.get(key);
      if (known) known.push(event);
      else subjects.set(key, [event]);
    }
    return subjects;
  }
}
