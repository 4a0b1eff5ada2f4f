// SPDX-License-Identifier: Apache-2.0
/** Traces are found by their ids, however many have come and gone, and are forgotten in the order of their last spans. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NONE, TraceTable } from '../../../src/engine/calls/trace-table.js';

const idOf = (id: number) => Uint32Array.of(9, 9, 0, 0, id & 3, id);

describe('a table of traces', () => {
  it('is what a map and a list are', () => {
    const step = fc.tuple(fc.constantFrom('make', 'make', 'touch', 'close', 'remove'), fc.nat({ max: 700 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 3000, size: 'max' }), (steps) => {
        const table = new TraceTable();
        const open = new Map<number, number>();
        const order: number[] = [];
        let nowMs = 0;
        for (const [what, id] of steps) {
          nowMs += 1000;
          const trace = table.find(idOf(id), 2);
          expect(trace).toBe(open.get(id) ?? NONE);
          if (what === 'make' && trace === NONE) {
            const made = table.make(idOf(id), 2, nowMs);
            expect(order).not.toContain(made);
            open.set(id, made);
            order.push(made);
          } else if (trace !== NONE && what !== 'make') {
            if (what !== 'touch') open.delete(id);
            if (what !== 'close') order.splice(order.indexOf(trace), 1);
            if (what === 'touch') order.push(trace);
            if (what === 'touch') table.touch(trace, nowMs);
            else if (what === 'close') table.close(trace);
            else table.remove(trace);
          }
          expect([table.count, table.oldest]).toEqual([order.length, order[0] ?? NONE]);
        }
        for (const [id, trace] of open) expect(table.textOf(trace)).toMatch(new RegExp(`0${id.toString(16)}$`));
        for (const trace of order) {
          expect(table.oldest).toBe(trace);
          table.remove(trace);
        }
        for (let id = 0; id <= 700; id++) expect(table.find(idOf(id), 2)).toBe(NONE);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps the place of one that is heard again within a second, and says when that was', () => {
    const table = new TraceTable();
    const [first, second] = [table.make(idOf(1), 2, 1000), table.make(idOf(2), 2, 1100)];
    table.touch(first, 1900);
    expect([table.oldest, table.lastMs(first)]).toEqual([first, 1900]);
    table.touch(first, 2000);
    expect([table.oldest, table.lastMs(first)]).toEqual([second, 2000]);
  });

  it('begins anew in a place that is used again', () => {
    const table = new TraceTable();
    const first = table.make(idOf(1), 2, 0);
    table.addHoles(first, 1);
    expect([table.append(first, 5), table.append(first, 6)]).toEqual([NONE, 5]);
    expect([table.holeCount(first), table.spanCount(first), table.firstSpan(first)]).toEqual([1, 2, 5]);
    table.remove(first);
    const second = table.make(idOf(2), 2, 0);
    expect(second).toBe(first);
    expect([table.holeCount(second), table.spanCount(second), table.firstSpan(second)]).toEqual([0, 0, NONE]);
    expect(table.append(second, 7)).toBe(NONE);
  });
});
