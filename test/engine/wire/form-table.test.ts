// SPDX-License-Identifier: Apache-2.0
/** Whoever keeps a copy of a table's forms is told of each that goes: never of one that stays, and of every other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormTable } from '../../../src/engine/wire/form-table.js';

interface Form {
  readonly key: number;
}

const COUNT_MAX = 4;

describe('a table of forms', () => {
  it('tells of each form that it drops, once, and of no other', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 100, maxLength: 200 }), (asked) => {
        const held = new Set<Form>();
        const table = new FormTable<Form>(COUNT_MAX, (form) => {
          expect(held.delete(form)).toBe(true);
        });
        for (const key of asked) {
          const found = table.find(key, key);
          if (found) {
            expect(held.has(found)).toBe(true);
            continue;
          }
          const form = { key };
          held.add(form);
          table.set(key, key, form);
        }
        expect(held.size).toBeLessThanOrEqual(2 * COUNT_MAX);
        // Nobody has forgotten what it did not tell of.
        const known = [...held];
        expect(known.slice(0, 1).map(({ key }) => table.find(key, key))).toEqual(known.slice(0, 1));
      }),
    );
  });
});
