// SPDX-License-Identifier: Apache-2.0
/** Words as people read them. */
import { describe, expect, it } from 'vitest';
import { ageText, plain, shortName } from '../../../web/src/state/words.js';

describe('words', () => {
  it('from outside are shown as they are, but for what cannot be seen or turns the direction of writing', () => {
    expect(plain('no answer\nwithin 2 s <script>')).toBe('no answer\nwithin 2 s <script>');
    expect(plain('a\u202eb\u200bc\u0007')).toBe('a\ufffdb\ufffdc\ufffd');
  });

  it('of an age grow coarser with it', () => {
    expect([0, 89_000, 91_000, 7_200_000, 200_000_000].map(ageText)).toEqual(['0 s', '89 s', '2 min', '2 h', '2 d']);
  });

  it('that are too long keep their beginning and their end', () => {
    expect(shortName('checkout/checkout-7f9c-x2x4', 15)).toHaveLength(15);
    expect(shortName('checkout/checkout-7f9c-x2x4', 15)).toMatch(/^checkou.*x2x4$/);
  });
});
