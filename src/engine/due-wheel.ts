// SPDX-License-Identifier: Apache-2.0
/**
 * Who has to be looked at again, and when: evidence expires and calls that are out become failures although nothing arrives. A
 * bucket for each quarter of a second; whoever is in one that has passed is due. O(1) to put in.
 */
import { NOWHERE, type View } from './store/records.js';

const BUCKET_MS = 250;

export class DueWheel {
  readonly #buckets = new Map<number, View[]>();
  /** Buckets are counted from here, so that their numbers are small. */
  #startMs: number | undefined;
  #passed = -1;

  /** Sees to it that a view is looked at soon after `dueMs`; one that is in already for an earlier time stays there. */
  add(view: View, dueMs: number, nowMs: number): void {
    this.#startMs ??= nowMs;
    const bucket = Math.max(Math.ceil((dueMs - this.#startMs) / BUCKET_MS), this.#passed + 1);
    if (bucket >= view.dueBucket) return;
    view.dueBucket = bucket;
    const waiting = this.#buckets.get(bucket);
    if (waiting) waiting.push(view);
    else this.#buckets.set(bucket, [view]);
  }

  /** Takes out the views that are due. */
  take(nowMs: number): readonly View[] {
    this.#startMs ??= nowMs;
    const now = Math.floor((nowMs - this.#startMs) / BUCKET_MS);
    const due: View[] = [];
    for (const bucket of this.#bucketsUntil(now)) {
      for (const view of this.#buckets.get(bucket) ?? []) {
        // One that was put in anew for an earlier time has been looked at since.
        if (view.dueBucket !== bucket) continue;
        view.dueBucket = NOWHERE;
        if (!view.isGone) due.push(view);
      }
      this.#buckets.delete(bucket);
    }
    this.#passed = Math.max(this.#passed, now);
    return due;
  }

  /** After a pause there are more numbers than buckets. */
  #bucketsUntil(now: number): readonly number[] {
    const steps = now - this.#passed;
    if (steps <= 0 || this.#buckets.size === 0) return [];
    if (steps <= this.#buckets.size) return Array.from({ length: steps }, (_, index) => this.#passed + 1 + index);
    return [...this.#buckets.keys()].filter((bucket) => bucket <= now).sort((a, b) => a - b);
  }
}
