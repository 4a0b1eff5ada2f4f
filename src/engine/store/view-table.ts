// SPDX-License-Identifier: Apache-2.0
/**
 * The rows of all views: pages of numbers, a row a view. A page is one array, so a million views are some thousand arrays,
 * which the collector does not walk and a journal copies as they are. A row is when the view was seen last, the cells of
 * slowness, and the judge's cells.
 */
import { SLOWNESS_CELLS, type SlownessRow } from '../verdict/slowness.js';

/** Rows of a page: 80 kB with the sequential judge, small enough to be there for a few views. */
const ROW_BITS = 8;
const ROWS_PER_PAGE = 1 << ROW_BITS;

interface Page {
  readonly cells: Float64Array;
  readonly counts: Uint16Array;
}

/** A place for one view; `at` is where slowness begins. */
export interface Row extends SlownessRow {
  readonly slot: number;
}

/** Cells before those of slowness: when the view was seen last, and when a call of its own time was, epoch ms. */
const HEAD_CELLS = 2;
const SEEN_MS = -2;
const TIMED_MS = -1;

export function seenMs({ cells, at }: SlownessRow): number {
  return cells[at + SEEN_MS] as number;
}

export function setSeenMs({ cells, at }: SlownessRow, atMs: number): void {
  cells[at + SEEN_MS] = atMs;
}

/** When a single call was timed last, less its callee's own calls; 0 where only folds were. */
export function timedMs({ cells, at }: SlownessRow): number {
  return cells[at + TIMED_MS] as number;
}

export function setTimedMs({ cells, at }: SlownessRow, atMs: number): void {
  cells[at + TIMED_MS] = atMs;
}

/** All numbers of a row, not copied. */
export function numbersOf({ cells, at }: SlownessRow, cellCount: number): Float64Array {
  return cells.subarray(at - HEAD_CELLS, at - HEAD_CELLS + cellCount);
}

/** Where the judge's cells of a row begin. */
export function judgedAt(row: SlownessRow): number {
  return row.at + SLOWNESS_CELLS;
}

export class ViewTable {
  /** Cells of a row. */
  readonly cellCount: number;
  readonly #pages: Page[] = [];
  readonly #free: number[] = [];

  constructor(judgeCellCount: number) {
    this.cellCount = HEAD_CELLS + SLOWNESS_CELLS + judgeCellCount;
  }

  /** A row of zeros. */
  take(): Row {
    if (this.#free.length === 0) this.#addPage();
    const slot = this.#free.pop() as number;
    const { cells, counts } = this.#pages[slot >> ROW_BITS] as Page;
    return { slot, cells, counts, at: (slot & (ROWS_PER_PAGE - 1)) * this.cellCount + HEAD_CELLS };
  }

  giveBack(row: Row): void {
    numbersOf(row, this.cellCount).fill(0);
    this.#free.push(row.slot);
  }

  #addPage(): void {
    const cells = new Float64Array(ROWS_PER_PAGE * this.cellCount);
    const first = this.#pages.length << ROW_BITS;
    this.#pages.push({ cells, counts: new Uint16Array(cells.buffer) });
    for (let row = ROWS_PER_PAGE - 1; row >= 0; row--) this.#free.push(first + row);
  }
}
