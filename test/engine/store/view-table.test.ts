// SPDX-License-Identifier: Apache-2.0
/** Rows of numbers: each its own, zeros at first, and used again. */
import { describe, expect, it } from 'vitest';
import {
  judgedAt,
  numbersOf,
  type Row,
  seenMs,
  setSeenMs,
  setTimedMs,
  timedMs,
  ViewTable,
} from '../../../src/engine/store/view-table.js';
import { noteLatency, SLOWNESS_CELLS } from '../../../src/engine/verdict/slowness.js';

const JUDGE_CELLS = 7;
/** More than two pages. */
const ROW_COUNT = 600;

const rowsOf = (table: ViewTable) => Array.from({ length: ROW_COUNT }, () => table.take());

describe('a row', () => {
  it('has room for when it was seen and timed, for slowness, and for the judge’s cells', () => {
    const table = new ViewTable(JUDGE_CELLS);
    const row = table.take();
    expect(table.cellCount).toBe(2 + SLOWNESS_CELLS + JUDGE_CELLS);
    setSeenMs(row, 1_700_000_000_123);
    setTimedMs(row, 1_700_000_000_456);
    expect([seenMs(row), timedMs(row)]).toEqual([1_700_000_000_123, 1_700_000_000_456]);
    row.cells.fill(1, judgedAt(row), judgedAt(row) + JUDGE_CELLS);
    const numbers = numbersOf(row, table.cellCount);
    expect([...numbers.slice(0, 2)]).toEqual([1_700_000_000_123, 1_700_000_000_456]);
    expect([...numbers.slice(2, 2 + SLOWNESS_CELLS)].every((cell) => cell === 0)).toBe(true);
    expect([...numbers.slice(2 + SLOWNESS_CELLS)]).toEqual(Array.from({ length: JUDGE_CELLS }, () => 1));
  });

  it('is nobody else’s: what is written into one is in no other, on whichever page', () => {
    const table = new ViewTable(JUDGE_CELLS);
    const rows = rowsOf(table);
    rows.forEach((row, index) => {
      numbersOf(row, table.cellCount).fill(index + 1);
    });
    for (const [index, row] of rows.entries()) {
      expect([...numbersOf(row, table.cellCount)].every((cell) => cell === index + 1)).toBe(true);
    }
    expect(new Set(rows.map(({ slot }) => slot)).size).toBe(ROW_COUNT);
  });

  it('is zeros when it is taken again, counts of latencies and all', () => {
    const table = new ViewTable(JUDGE_CELLS);
    const rows = rowsOf(table);
    for (const row of rows) {
      for (let second = 0; second < 3; second++) noteLatency(row, 20, 1, 1_700_000_000_000 + 1000 * second, undefined);
      row.cells.fill(7, judgedAt(row), judgedAt(row) + JUDGE_CELLS);
    }
    for (const row of rows) table.giveBack(row);
    const again = rowsOf(table);
    expect(new Set(again.map(({ slot }) => slot))).toEqual(new Set(rows.map(({ slot }) => slot)));
    for (const row of again) expect([...numbersOf(row, table.cellCount)].every((cell) => cell === 0)).toBe(true);
  });

  it('takes no memory of its own beyond its page', () => {
    const table = new ViewTable(JUDGE_CELLS);
    const buffers = new Set(rowsOf(table).map(({ cells }: Row) => cells.buffer));
    expect(buffers.size).toBe(Math.ceil(ROW_COUNT / 256));
  });
});
