// SPDX-License-Identifier: Apache-2.0
/**
 * Who has to be looked at again, and when: evidence expires and calls that are out become failures although nothing arrives. A
 * bucket for each quarter of a second; whoever is in one that has passed is due. O(1) to put in, and to take out: a place that
 * is left stays until most are, so that views that come and go by the thousand are not held until they would have been due.
 */
import { NOWHERE, type View } from './store/records.js';

const BUCKET_MS = 250;

/** Places that may be left before the buckets are gone through. */
const LEFT_MIN = 1024;

export class DueWheel {
  readonly #buckets = new Map<number, View[]>();
  /** Buckets are counted from here, so that their numbers are small. */
  #startMs: number | undefined;
  #passed = -1;
  /** Views that wait, and places in all buckets: one that was put in anew, or is gone, has left its own. */
  #waitingCount = 0;
  #placeCount = 0;

  /** Places held, of views that wait and of those that have left. */
  get placeCount(): number {
    return this.#placeCount;
  }

  /** Sees to it that a view is looked at soon after `dueMs`; one that is in already for an earlier time stays there. */
  add(view: View, dueMs: number, nowMs: number): void {
    this.#startMs ??= nowMs;
    const bucket = Math.max(Math.ceil((dueMs - this.#startMs) / BUCKET_MS), this.#passed + 1);
    if (bucket >= view.dueBucket) return;
    if (view.dueBucket === NOWHERE) this.#waitingCount++;
    view.dueBucket = bucket;
    this.#placeCount++;
    const waiting = this.#buckets.get(bucket);
    if (waiting) waiting.push(view);
    else this.#buckets.set(bucket, [view]);
    this.#tidy();
  }

  /** Whether a view waits, and is looked at by then. */
  isDueBy({ dueBucket }: View, untilMs: number): boolean {
    return dueBucket !== NOWHERE && (this.#startMs ?? 0) + dueBucket * BUCKET_MS <= untilMs;
  }

  /** A view that is gone waits no more. */
  remove(view: View): void {
    if (view.dueBucket === NOWHERE) return;
    view.dueBucket = NOWHERE;
    this.#waitingCount--;
    this.#tidy();
  }

  /** Takes out the views that are due. */
  take(nowMs: number): readonly View[] {
    this.#startMs ??= nowMs;
    const now = Math.floor((nowMs - this.#startMs) / BUCKET_MS);
    const due: View[] = [];
    for (const bucket of this.#bucketsUntil(now)) {
      const places = this.#buckets.get(bucket) ?? [];
      this.#placeCount -= places.length;
      for (const view of places) {
        // One that was put in anew for an earlier time has been looked at since.
        if (view.dueBucket !== bucket) continue;
        view.dueBucket = NOWHERE;
        this.#waitingCount--;
        due.push(view);
      }
      this.#buckets.delete(bucket);
    }
    this.#passed = Math.max(this.#passed, now);
    return due;
  }

  #tidy(): void {
    if (this.#placeCount <= 2 * this.#waitingCount + LEFT_MIN) return;
    this.#placeCount = 0;
    for (const [bucket, places] of this.#buckets) {
      const kept = [...new Set(places)].filter(({ dueBucket }) => dueBucket === bucket);
      this.#placeCount += kept.length;
      if (kept.length > 0) this.#buckets.set(bucket, kept);
      else this.#buckets.delete(bucket);
    }
  }

  /** After a pause there are more numbers than buckets. */
  #bucketsUntil(now: number): readonly number[] {
    const steps = now - this.#passed;
    if (steps <= 0 || this.#buckets.size === 0) return [];
    if (steps <= this.#buckets.size) return Array.from({ length: steps }, (_, index) => this.#passed + 1 + index);
    return [...this.#buckets.keys()].filter((bucket) => bucket <= now).sort((a, b) => a - b);
  }
}
