// SPDX-License-Identifier: Apache-2.0
/**
 * The tuples of one bag, as a table: columns once, then a row of cells for each tuple or each combined group. A table is
 * what a bag is on the wire, so nothing is reshaped on the way.
 *
 * Merging is where a causal layer earns its keep: for every packing, rows that were packed on two branches and merged
 * give what they would have given had they been packed one after the other.
 */
import { BAG_COLUMN_COUNT_MAX, BAG_TEXT_LENGTH_MAX, BAG_TUPLE_COUNT_MAX, cut } from '../../model/limits.js';
import { type Bag, type Combine, isName, type Tuple, type TupleValue } from './packing.js';

/** The state of an AVERAGE: it can be merged, the average itself cannot. */
export interface AverageCell {
  readonly sum: number;
  readonly count: number;
}

export type Cell = TupleValue | AverageCell | undefined;

export class Rows {
  readonly bag: Bag;
  /** Names, in the order in which they were first met; for a combined bag `by`, then `values`. */
  readonly columns: string[] = [];
  readonly cells: Cell[][] = [];
  /** Of a combined bag: where each group's row stands. */
  readonly #groups = new Map<string, Cell[]>();
  readonly #combines: readonly Combine[] = [];
  readonly #byCount: number = 0;

  constructor(bag: Bag) {
    this.bag = bag;
    if (bag.packing.keep !== 'combined') return;
    const { by = [], values } = bag.packing;
    this.columns.push(...by, ...Object.keys(values));
    this.#combines = Object.values(values);
    this.#byCount = by.length;
  }

  /** Packs a tuple. O(columns). @param countMax rows that may be held @returns whether there was room for it */
  add(tuple: Tuple, countMax: number = BAG_TUPLE_COUNT_MAX): boolean {
    if (this.bag.packing.keep === 'combined') return this.#combineTuple(tuple, countMax);
    return this.#append(this.#cellsOf(tuple), countMax);
  }

  /** Takes in the rows of another branch, which come after ours. O(their cells). @returns whether there was room */
  absorb(later: Rows, countMax: number = BAG_TUPLE_COUNT_MAX): boolean {
    let room = true;
    if (this.bag.packing.keep === 'combined') {
      for (const cells of later.cells) room = this.#combineCells(cells, countMax) && room;
      return room;
    }
    const places = later.columns.map((column) => this.#placeOf(column));
    for (const cells of later.cells) {
      const row: Cell[] = [];
      cells.forEach((cell, index) => {
        const place = places[index] ?? -1;
        if (place >= 0) row[place] = cell;
      });
      room = this.#append(row, countMax) && room;
    }
    return room;
  }

  /** The rows as tuples; of an AVERAGE the average. */
  tuples(): Tuple[] {
    return this.cells.map((cells) => {
      const tuple: Record<string, TupleValue> = {};
      for (let place = 0; place < cells.length; place++) {
        const cell = cells[place];
        const column = this.columns[place] as string;
        if (cell !== undefined) put(tuple, column, typeof cell === 'object' ? cell.sum / cell.count : cell);
      }
      return tuple;
    });
  }

  #append(row: Cell[], countMax: number): boolean {
    const { packing } = this.bag;
    if (packing.keep === 'first' && this.cells.length >= packing.count) return true;
    const room = this.cells.length < countMax;
    // Where there is no room for all of the recent, the oldest of them goes.
    if (packing.keep === 'recent' && this.cells.length > 0 && (!room || this.cells.length >= packing.count)) {
      this.cells.shift();
      this.cells.push(row);
      return room || this.cells.length >= packing.count;
    }
    if (room) this.cells.push(row);
    return room;
  }

  #cellsOf(tuple: Tuple): Cell[] {
    const row: Cell[] = [];
    for (const column of Object.keys(tuple)) {
      const value = admitted(tuple[column]);
      const place = value === undefined ? -1 : this.#placeOf(column);
      if (place >= 0) row[place] = value;
    }
    return row;
  }

  /** Where a column stands; −1 for one past the bound. */
  #placeOf(column: string): number {
    const known = this.columns.indexOf(column);
    if (known >= 0) return known;
    if (!isName(column) || this.columns.length >= BAG_COLUMN_COUNT_MAX) return -1;
    return this.columns.push(column) - 1;
  }

  #combineTuple(tuple: Tuple, countMax: number): boolean {
    const cells = this.columns.map((column, index): Cell => {
      const value = admitted(tuple[column]);
      return index < this.#byCount ? value : firstState(this.#combines[index - this.#byCount] as Combine, value);
    });
    return this.#combineCells(cells, countMax);
  }

  #combineCells(cells: readonly Cell[], countMax: number): boolean {
    const group = JSON.stringify(cells.slice(0, this.#byCount).map(groupPart));
    const row = this.#groups.get(group);
    if (!row) {
      if (this.cells.length >= countMax) return false;
      const fresh = [...cells];
      this.#groups.set(group, fresh);
      this.cells.push(fresh);
      return true;
    }
    this.#combines.forEach((combine, index) => {
      const place = this.#byCount + index;
      row[place] = merged(combine, row[place], cells[place]);
    });
    return true;
  }
}

function put(tuple: Record<string, TupleValue>, column: string, value: TupleValue): void {
  // The one name that an assignment does not make a property of.
  if (column === '__proto__') Object.defineProperty(tuple, column, { value, enumerable: true });
  else tuple[column] = value;
}

/** A value as it may be packed; anything else that a careless caller gives is no value. */
function admitted(value: unknown): TupleValue | undefined {
  if (typeof value === 'string') return cut(value, BAG_TEXT_LENGTH_MAX);
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

/** A value as JSON tells it from others: JSON has no word for the numbers that are not finite. */
function groupPart(cell: Cell): unknown {
  return typeof cell === 'number' && !Number.isFinite(cell) ? [String(cell)] : (cell ?? null);
}

/** The state of one tuple. A value that is no finite number cannot be combined, and would spoil what is there. */
function firstState(combine: Combine, value: TupleValue | undefined): Cell {
  if (combine === 'count') return 1;
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return combine === 'average' ? { sum: value, count: 1 } : value;
}

function merged(combine: Combine, ours: Cell, theirs: Cell): Cell {
  if (ours === undefined || theirs === undefined) return ours ?? theirs;
  if (typeof ours === 'object' && typeof theirs === 'object') {
    return { sum: finite(ours.sum + theirs.sum), count: ours.count + theirs.count };
  }
  if (typeof ours !== 'number' || typeof theirs !== 'number') return ours;
  if (combine === 'min') return Math.min(ours, theirs);
  if (combine === 'max') return Math.max(ours, theirs);
  return finite(ours + theirs);
}

/** The nearest number that is finite: a sum past the greatest could not be told from a spoiled one. */
function finite(sum: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum));
}
