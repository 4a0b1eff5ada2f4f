// SPDX-License-Identifier: Apache-2.0
/**
 * That a subject could not be reached for a while, and can be again. Whoever was refused and is answered later has seen it come back: a
 * process that was gone is there again, and not only for that one. Who was answered all the time has seen nothing; it may
 * be on the other side of a partition.
 */

/** Observers that were refused, remembered for each subject; of more these are enough to see it come back. */
const REFUSED_COUNT_MAX = 64;

export class Absence {
  /** When each of them was refused last, by name, epoch ms. */
  readonly #refusedMs = new Map<string, number>();
  /** Who of them was answered since. */
  readonly #answered = new Set<string>();
  /** The last refusal of any that was answered since, and their latest answer, epoch ms; 0 before there is one. */
  #goneMs = 0;
  #backMs = 0;

  refused(observer: string, atMs: number): void {
    const known = this.#refusedMs.get(observer);
    if (known === undefined && this.#refusedMs.size >= REFUSED_COUNT_MAX && !this.#forgetAnswered()) return;
    if (known !== undefined && atMs <= known) return;
    this.#refusedMs.set(observer, atMs);
    this.#answered.delete(observer);
  }

  answered(observer: string, atMs: number): void {
    const refusedMs = this.#refusedMs.get(observer);
    if (refusedMs === undefined || atMs <= refusedMs || this.#answered.has(observer)) return;
    this.#answered.add(observer);
    this.#goneMs = Math.max(this.#goneMs, refusedMs);
    this.#backMs = Math.max(this.#backMs, atMs);
  }

  /** Whether refusals between two times were of this absence, and it was over after them. */
  isOverSince(firstMs: number, lastMs: number): boolean {
    return firstMs <= this.#goneMs && lastMs < this.#backMs;
  }

  /** How many others than this observer were refused at that time or later. O(observers that were refused). */
  othersSince(observer: string, sinceMs: number): number {
    let count = 0;
    for (const [each, atMs] of this.#refusedMs) if (each !== observer && atMs >= sinceMs) count++;
    return count;
  }

  /** Makes room: whoever was answered longest ago. @returns whether there was anybody */
  #forgetAnswered(): boolean {
    for (const each of this.#answered) {
      this.#answered.delete(each);
      return this.#refusedMs.delete(each);
    }
    return false;
  }
}
