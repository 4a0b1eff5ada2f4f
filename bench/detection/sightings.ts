// SPDX-License-Identifier: Apache-2.0
/**
 * Who saw a subject fail, in what, and when: each failing observation once, as the views of the subject show it to who looks again
 * and again. A view keeps its last one only, so of two between two looks the later is known.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiView, EngineApi } from '#hadoop-like/harness/engine-api.js';

export interface Sighting {
  readonly observer: string;
  readonly operation: string;
  /** Epoch ms. */
  readonly atMs: number;
}

const FAILING: ReadonlySet<string> = new Set(['unhealthy', 'dying', 'dead']);

const LOOK_INTERVAL_MS = 100;

export class Sightings {
  readonly all: Sighting[] = [];
  readonly #last = new Map<string, number>();

  note(views: readonly Pick<ApiView, 'observer' | 'operation' | 'status' | 'lastMs'>[]): void {
    for (const { observer, operation, status, lastMs } of views) {
      const key = `${observer} ${operation}`;
      if (!FAILING.has(status) || (this.#last.get(key) ?? 0) >= lastMs) continue;
      this.#last.set(key, lastMs);
      this.all.push({ observer, operation, atMs: lastMs });
    }
  }

  /** Looks at a subject until the signal aborts. A look that fails is only one of many. */
  async watch(api: EngineApi, subject: string, done: AbortSignal): Promise<void> {
    while (!done.aborted) {
      this.note(await api.viewsOf(subject).catch(() => []));
      await delay(LOOK_INTERVAL_MS);
    }
  }
}
