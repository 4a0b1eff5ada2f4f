// SPDX-License-Identifier: Apache-2.0
/** Forms are found by both words of their fingerprints; what is asked for stays, nothing grows past two generations, and who keeps a copy is told of what goes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FingerprintTable } from '../../src/model/fingerprint-table.js';

interface Form {
  readonly key: number;
}

const COUNT_MAX = 4;

describe('a table of forms', () => {
  it('tells of each form that it drops, once, and of no other', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 100, maxLength: 200 }), (asked) => {
        const held = new Set<Form>();
        const table = new FingerprintTable<Form>(COUNT_MAX, (form) => {
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

  it('tells forms apart whose fingerprints share a word, or a place', () => {
    const table = new FingerprintTable<string>(1000);
    table.set(1, 7, 'one');
    table.set(2, 7, 'two');
    table.set(1, 7 + 256, 'three');
    table.set(-1, -1, 'four');
    expect([table.find(1, 7), table.find(2, 7), table.find(1, 263), table.find(-1, -1)]).toEqual([
      ...['one', 'two', 'three', 'four'],
    ]);
    expect([table.find(3, 7), table.find(2, 263), table.find(-1, 7)]).toEqual([undefined, undefined, undefined]);
  });

  it('finds all of a generation again, however often it has grown', () => {
    const table = new FingerprintTable<number>(5000);
    for (let form = 0; form < 5000; form++) table.set(form % 3, Math.imul(form, 0x9e3779b1), form);
    for (let form = 0; form < 5000; form++) expect(table.find(form % 3, Math.imul(form, 0x9e3779b1))).toBe(form);
  });

  it('keeps what is asked for and forgets what is not, when two generations are full', () => {
    const table = new FingerprintTable<string>(10);
    table.set(0, 0, 'asked for');
    table.set(0, 1, 'forgotten');
    for (let form = 2; form < 40; form++) {
      table.set(0, form, 'passing');
      expect(table.find(0, 0)).toBe('asked for');
    }
    expect(table.find(0, 1)).toBeUndefined();
    const found = Array.from({ length: 40 }, (_, form) => table.find(0, form)).filter((form) => form !== undefined);
    expect(found.length).toBeLessThanOrEqual(20);
    expect(found.length).toBeGreaterThanOrEqual(10);
  });
});
