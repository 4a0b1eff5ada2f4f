// SPDX-License-Identifier: Apache-2.0
/**
 * Rows of 64 bytes, one a thing, in one buffer: as much as a processor fetches at once. There are hundreds of thousands of spans
 * and traces, each looked at a few times in its life and then of no use, so that what they cost is where they stand; with a column
 * for each number a span was a dozen fetches.
 *
 * A row's numbers are read as whole ones (16 of them, signed or not) and as floating-point ones (8 of them, in the same bytes);
 * who owns the rows says which stands where. What is looked at most stands first: the buffer begins 16 bytes into a line.
 */
const WORD_BITS = 4;
const DOUBLE_BITS = 3;

export class Rows {
  signed: Int32Array;
  unsigned: Uint32Array;
  doubles: Float64Array;
  #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.doubles = new Float64Array(capacity << DOUBLE_BITS);
    this.signed = new Int32Array(this.doubles.buffer);
    this.unsigned = new Uint32Array(this.doubles.buffer);
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** As many rows again, of zeros. */
  grow(): void {
    const before = this.doubles;
    this.#capacity *= 2;
    this.doubles = new Float64Array(this.#capacity << DOUBLE_BITS);
    this.doubles.set(before);
    this.signed = new Int32Array(this.doubles.buffer);
    this.unsigned = new Uint32Array(this.doubles.buffer);
  }
}

/** Where a row's whole numbers begin. */
export function wordsAt(row: number): number {
  return row << WORD_BITS;
}

/** Where its floating-point numbers begin. */
export function doublesAt(row: number): number {
  return row << DOUBLE_BITS;
}
