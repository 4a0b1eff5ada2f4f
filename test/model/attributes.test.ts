// SPDX-License-Identifier: Apache-2.0
/** Reading attributes: the first name that says something, in the type that is asked for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attributes, numberOf, PANORAMA, READ_ATTRIBUTES, SEMCONV, textOf } from '../../src/model/attributes.js';

describe('the text of an attribute', () => {
  it.each<[string, Attributes, string | undefined]>([
    ['the first name that is there', { b: 'two', c: 'three' }, 'two'],
    ['the earlier of two names', { a: 'one', b: 'two' }, 'one'],
    ['the next where the first is empty', { a: '', b: 'two' }, 'two'],
    ['the next where the first is no text', { a: true, b: 'two' }, 'two'],
    ['the next where the first is a list', { a: ['one'], b: 'two' }, 'two'],
    ['a number in digits', { a: 23 }, '23'],
    ['the next where the first is no number', { a: Number.NaN, b: 'two' }, 'two'],
    ['the next where the first is without end', { a: Number.POSITIVE_INFINITY, b: 'two' }, 'two'],
    ['nothing where no name is there', { d: 'four' }, undefined],
  ])('is %s', (_, attributes, expected) => {
    expect(textOf(attributes['a'], attributes['b'], attributes['c'])).toBe(expected);
  });
});

describe('the number of an attribute', () => {
  it.each<[string, Attributes, number | undefined]>([
    ['the first name that is there', { b: 2 }, 2],
    ['zero, which is a number', { a: 0, b: 2 }, 0],
    ['a number in digits', { a: '503' }, 503],
    ['the next where the first is a word', { a: 'NOT_FOUND', b: 2 }, 2],
    ['the next where the first is blank', { a: ' ', b: 2 }, 2],
    ['the next where the first is true', { a: true, b: 2 }, 2],
    ['the next where the first is a list', { a: [1], b: 2 }, 2],
    ['the next where the first is none', { a: Number.NaN, b: 2 }, 2],
    ['the next where the first is without end', { a: '1e999', b: 2 }, 2],
    ['nothing where no name is there', {}, undefined],
  ])('is %s', (_, attributes, expected) => {
    expect(numberOf(attributes['a'], attributes['b'])).toBe(expected);
  });
});

describe('both', () => {
  it('never throw, whatever the value', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const attributes = { a: value } as Attributes;
        const text = textOf(attributes['a']);
        const number = numberOf(attributes['a']);
        expect(text === undefined || text.length > 0).toBe(true);
        expect(number === undefined || Number.isFinite(number)).toBe(true);
      }),
    );
  });

  it('are read by name: every name in the tables is kept by the decoder', () => {
    for (const name of [...Object.values(PANORAMA), ...Object.values(SEMCONV)]) {
      expect(READ_ATTRIBUTES.has(name)).toBe(true);
    }
  });
});
