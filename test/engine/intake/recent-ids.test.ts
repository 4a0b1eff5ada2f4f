// SPDX-License-Identifier: Apache-2.0
/** A span that is delivered again is known, for as long as it is among the last hundred thousand. */
import { describe, expect, it } from 'vitest';
import { RecentIds } from '../../../src/engine/intake/recent-ids.js';

/** An id whose first word is `word`, at the second place of two. */
function idOf(word: number): Uint32Array {
  return Uint32Array.of(0, 0, word, 2, 3, 4, 5, 6);
}

const GENERATION = 131_072;

describe('an id', () => {
  it('is new once, on each side of a call', () => {
    const ids = new RecentIds();
    expect([ids.add(idOf(1), 2, 0), ids.add(idOf(1), 2, 1)]).toEqual([true, true]);
    expect([ids.add(idOf(1), 2, 0), ids.add(idOf(1), 2, 1)]).toEqual([false, false]);
  });

  it('is another when any of its words is', () => {
    const ids = new RecentIds();
    ids.add(idOf(1), 2, 0);
    for (let word = 2; word < 8; word++) {
      const other = idOf(1);
      other[word] = 77;
      expect(ids.add(other, 2, 0)).toBe(true);
      expect(ids.add(other, 2, 0)).toBe(false);
    }
  });

  it('is known for a whole generation, and forgotten after two', () => {
    const ids = new RecentIds();
    ids.add(idOf(0), 2, 0);
    for (let id = 1; id <= GENERATION; id++) ids.add(idOf(id), 2, 0);
    expect(ids.add(idOf(0), 2, 0)).toBe(false);
    expect(ids.add(idOf(1), 2, 0)).toBe(false);
    for (let id = GENERATION + 1; id <= 2 * GENERATION; id++) ids.add(idOf(id), 2, 0);
    expect(ids.add(idOf(0), 2, 0)).toBe(true);
  });
});
