// SPDX-License-Identifier: Apache-2.0
/**
 * That a subject could not be reached for a while, and can be again. Whoever was refused and is answered later has seen it come back: a
 * process that was gone is there again, and not only for that one. Who was answered all the time has seen nothing; it may
 * be on the other side of a partition.
 */
import type { ObserverRecord } from './records.js';

/** Observers that were refused and not answered since, remembered for each subject; of more these are enough to see it come back. */
const REFUSED_COUNT_MAX = 64;

export class Absence {
  /** When each of them was refused last, epoch ms. */
  readonly #refusedMs = new Map<ObserverRecord, number>();
  /** The last refusal of any that was answered since, and their latest answer, epoch ms; 0 before there is one. */
  #goneMs = 0;
  #backMs = 0;

  refused(observer: ObserverRecord, atMs: number): void {
    const known = this.#refusedMs.get(observer);
    if (known === undefined && this.#refusedMs.size >= REFUSED_COUNT_MAX) return;
    this.#refusedMs.set(observer, Math.max(known ?? 0, atMs));
  }

  answered(observer: ObserverRecord, atMs: number): void {
    const refusedMs = this.#refusedMs.get(observer);
    if (refusedMs === undefined || atMs <= refusedMs) return;
    this.#refusedMs.delete(observer);
    this.#goneMs = Math.max(this.#goneMs, refusedMs);
    this.#backMs = Math.max(this.#backMs, atMs);
  }

  /** Whether refusals between two times were of this absence, and it was over after them. */
  isOverSince(firstMs: number, lastMs: number): boolean {
    return firstMs <= this.#goneMs && lastMs < this.#backMs;
  }
}
