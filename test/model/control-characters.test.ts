// SPDX-License-Identifier: Apache-2.0
/** What a terminal would obey is shown as what it is not, and JSON stays the JSON that it was. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withControlsEscaped, withoutControls } from '../../src/model/control-characters.js';

const OBEYED = [
  ...['\u001b', '\u0007', '\b', '\r', '\n', '\t', '\u0000', '\u007f', '\u009b', '\u0085', '\u00ad', '\u061c', '\u200b'],
  ...['\u200f', '\u202e', '\u2028', '\u2029', '\u2066', '\ufeff', '\u{e0041}'],
];

describe('text', () => {
  it.each(OBEYED.map((each) => [JSON.stringify(each), each]))('loses %s', (_shown, each) => {
    expect(withoutControls(`a${each}b`)).toBe('a\ufffdb');
  });

  it('keeps what every language is written with', () => {
    const text = 'GET /käse/{id} → 支付 сервис 🚚 خدمة é x̂';
    expect(withoutControls(text)).toBe(text);
  });
});

describe('JSON', () => {
  it.each(OBEYED.map((each) => [JSON.stringify(each), each]))('shows %s as an escape', (_shown, each) => {
    const json = withControlsEscaped(JSON.stringify({ text: each }, undefined, 2));
    expect(withoutControls(json.replaceAll('\n', ' '))).toBe(json.replaceAll('\n', ' '));
    expect(JSON.parse(json)).toEqual({ text: each });
  });

  it('means what it meant, whatever stands in it', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 20 });
    fc.assert(
      fc.property(fc.dictionary(anything, anything), (value) => {
        expect(JSON.parse(withControlsEscaped(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
