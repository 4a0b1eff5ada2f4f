// SPDX-License-Identifier: Apache-2.0
/**
 * Keeps operations few. A span name with an order number in it would make every call an operation of its own, and every
 * table grow for ever; past the bound, what is new folds into one operation called `other`.
 */
import { BoundedMap } from '../model/bounded-map.js';
import { OPERATION_OTHER, OPERATIONS_PER_SUBJECT_MAX } from '../model/limits.js';

export class OperationCap {
  readonly #operationCountMax: number;
  readonly #operations: BoundedMap<string, Map<string, string>>;
  #foldedCount = 0;

  /**
   * @param subjectCountMax subjects remembered; the one met first is forgotten first, and starts anew when it returns
   * @param operationCountMax operations told apart per subject
   */
  constructor(subjectCountMax = 10_000, operationCountMax: number = OPERATIONS_PER_SUBJECT_MAX) {
    this.#operations = new BoundedMap(subjectCountMax);
    this.#operationCountMax = operationCountMax;
  }

  /** How many calls were folded so far. */
  get foldedCount(): number {
    return this.#foldedCount;
  }

  /** Counts another call of an operation that was folded already. */
  noteFolded(): void {
    this.#foldedCount++;
  }

  /** The operation itself while there is room, as the text that was met first; `other` after. O(1). */
  admit(subject: string, operation: string): string {
    let known = this.#operations.get(subject);
    if (!known) {
      known = new Map();
      this.#operations.set(subject, known);
    }
    const same = known.get(operation);
    if (same !== undefined) return same;
    if (known.size >= this.#operationCountMax) {
      this.#foldedCount++;
      return OPERATION_OTHER;
    }
    known.set(operation, operation);
    return operation;
  }
}
