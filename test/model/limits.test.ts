// SPDX-License-Identifier: Apache-2.0
/** Cutting text: never past the bound, never through a character. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut } from '../../src/model/limits.js';

describe('cutting a text', () => {
  it.each([
    ['shorter than the bound', 'abc', 4, 'abc'],
    ['as long as the bound', 'abcd', 4, 'abcd'],
    ['longer than the bound', 'abcde', 4, 'abcd'],
    ['with a pair across the bound', 'abc😀', 4, 'abc'],
    ['with a pair before the bound', 'ab😀c', 4, 'ab😀'],
    ['that is empty', '', 4, ''],
    ['to nothing', 'abc', 0, ''],
  ])('%s', (_, text, lengthMax, expected) => {
    expect(cut(text, lengthMax)).toBe(expected);
  });

  it('keeps a beginning within the bound, and makes no half characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (text, lengthMax) => {
        const kept = cut(text, lengthMax);
        expect(text.startsWith(kept)).toBe(true);
        expect(kept.length).toBeLessThanOrEqual(lengthMax);
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(text.length, lengthMax - 1));
        expect(/\p{Cs}/u.test(kept)).toBe(false);
      }),
    );
  });
});
