// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { type Bag, bag, type Packing, type Tuple } from '../../../src/baggage/bag/packing.js';

/** What a bag gives after these tuples were packed, and the same after its bytes were read: both must be one. */
function kept(packing: Packing, ...tuples: Tuple[]): Tuple[] {
  const into = bag('b', packing);
  const baggage = new Baggage();
  for (const tuple of tuples) baggage.pack(into, tuple);
  const here = baggage.unpack(into);
  expect(Baggage.deserialize(baggage.serialize()).unpack(into)).toEqual(here);
  return here;
}

/** A value, and what is left of it on the way through bytes. */
function carried(value: unknown): unknown {
  return kept({ keep: 'all' }, { value: value as string })[0]?.value;
}

const numbers = (...all: number[]) => all.map((n) => ({ n }));
const combined = (values: Extract<Packing, { keep: 'combined' }>['values'], by: string[] = []): Packing => ({
  keep: 'combined',
  by,
  values,
});

describe('a bag', () => {
  it('keeps all tuples unless it is told otherwise', () => {
    expect(kept({ keep: 'all' }, ...numbers(3, 1, 2))).toEqual(numbers(3, 1, 2));
    expect(bag('b').packing).toEqual({ keep: 'all' });
  });

  it('keeps the first so many, or the most recent', () => {
    expect(kept({ keep: 'first', count: 2 }, ...numbers(1, 2, 3, 4))).toEqual(numbers(1, 2));
    expect(kept({ keep: 'recent', count: 2 }, ...numbers(1, 2, 3, 4))).toEqual(numbers(3, 4));
    expect(kept({ keep: 'recent', count: 9 }, ...numbers(1, 2))).toEqual(numbers(1, 2));
  });

  it('combines into a sum, a count, a least and a greatest value, and an average', () => {
    const all = numbers(4, -1, 6);
    expect(kept(combined({ n: 'sum' }), ...all)).toEqual([{ n: 9 }]);
    expect(kept(combined({ n: 'count' }), ...all)).toEqual([{ n: 3 }]);
    expect(kept(combined({ n: 'min' }), ...all)).toEqual([{ n: -1 }]);
    expect(kept(combined({ n: 'max' }), ...all)).toEqual([{ n: 6 }]);
    expect(kept(combined({ n: 'average' }), ...all)).toEqual([{ n: 3 }]);
  });

  it('combines by groups, in the order in which they were met', () => {
    const calls = combined({ ms: 'sum', calls: 'count' }, ['service', 'ok']);
    const rows = kept(
      calls,
      { service: 'b', ok: true, ms: 3 },
      { service: 'a', ok: true, ms: 1 },
      { service: 'b', ok: true, ms: 4 },
      { service: 'b', ok: false, ms: 5 },
    );
    expect(rows).toEqual([
      { service: 'b', ok: true, ms: 7, calls: 2 },
      { service: 'a', ok: true, ms: 1, calls: 1 },
      { service: 'b', ok: false, ms: 5, calls: 1 },
    ]);
  });

  it('takes an object of any interface whose fields are values', () => {
    interface Order {
      readonly id: string;
      readonly weight?: number;
    }
    const order: Order = { id: 'o1' };
    const baggage = new Baggage();
    baggage.pack('orders', order);
    // @ts-expect-error a date is no value
    baggage.pack('orders', { at: new Date(0) });
    expect(baggage.unpack('orders')).toEqual([{ id: 'o1' }, {}]);
  });

  it('is found by its name, with whatever it keeps', () => {
    const baggage = new Baggage();
    baggage.pack('b', { n: 1 });
    baggage.pack(bag('b', { keep: 'first', count: 1 }), { n: 2 });
    baggage.pack(bag('c'), { n: 3 });
    expect(baggage.unpack('b')).toEqual(numbers(1, 2));
    expect(baggage.unpack(bag('b'))).toEqual(numbers(1));
    expect(baggage.unpack('nobody’s')).toEqual([]);
  });

  it('cannot be confused with another through a name that looks like a packing', () => {
    expect(bag('b\nfirst 1').key).not.toBe(bag('b', { keep: 'first', count: 1 }).key);
    expect(bag('b', combined({ a: 'sum', c: 'sum' })).key).not.toBe(bag('b', combined({ a: 'sum' }, ['c'])).key);
  });
});

describe('values', () => {
  it('are carried as they are: text, whole numbers, fractions and truth', () => {
    const values = [
      '',
      'ä€😀',
      'a\nb\0',
      0,
      1,
      -1,
      127,
      -128,
      2 ** 31,
      -(2 ** 53) + 1,
      2 ** 53 - 1,
      0.1,
      -2.5,
      true,
      false,
    ];
    for (const value of [...values, 5e-324, 1.7976931348623157e308, 2 ** 53, 1e300]) expect(carried(value)).toBe(value);
  });

  it('that are odd numbers are carried too', () => {
    for (const value of [Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(carried(value)).toBe(value);
    }
  });

  it('that are text are cut at 512 characters, and never within one', () => {
    expect(carried('x'.repeat(513))).toBe('x'.repeat(512));
    expect(carried(`${'x'.repeat(511)}😀`)).toBe('x'.repeat(511));
    expect(carried(`${'x'.repeat(510)}😀`)).toBe(`${'x'.repeat(510)}😀`);
    expect(carried('€'.repeat(600))).toBe('€'.repeat(512));
  });

  it('of other types are no values', () => {
    for (const value of [undefined, null, {}, [], 1n, Symbol('s'), () => 1]) {
      expect(kept({ keep: 'all' }, { value: value as never, n: 1 })).toEqual(numbers(1));
    }
  });

  it('that cannot be added spoil no sum', () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, '7', true, undefined].map((n) => ({ n }) as Tuple);
    for (const combine of ['sum', 'min', 'max', 'average'] as const) {
      expect(kept(combined({ n: combine }), ...odd, { n: 2 }, ...odd)).toEqual([{ n: 2 }]);
      expect(kept(combined({ n: combine }), ...odd)).toEqual([{}]);
    }
    expect(kept(combined({ n: 'count' }), ...odd)).toEqual([{ n: 5 }]);
  });

  it('add up to no more than the greatest number, so that a sum stays one', () => {
    const huge = numbers(Number.MAX_VALUE, Number.MAX_VALUE);
    expect(kept(combined({ n: 'sum' }), ...huge, { n: -Number.MAX_VALUE })).toEqual([{ n: 0 }]);
    expect(kept(combined({ n: 'sum' }), ...huge)).toEqual(numbers(Number.MAX_VALUE));
    expect(kept(combined({ n: 'average' }), ...huge)).toEqual(numbers(Number.MAX_VALUE / 2));
  });

  it('make groups of their own, whatever their type, save that -0 is 0', () => {
    const values = [1, '1', true, 'true', Number.NaN, 'NaN', Number.POSITIVE_INFINITY, undefined, 'null', '', 0];
    const rows = kept(combined({ n: 'count' }, ['by']), ...[...values, -0].map((by) => ({ by })));
    expect(rows.map(({ by }) => by)).toEqual(values);
    expect(rows.map(({ n }) => n)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
  });
});

describe('columns', () => {
  it('may have any name, also one that objects have of themselves', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', ' ', 'ä', 'length']) {
      const tuple = Object.fromEntries([[name, 1]]);
      expect(Object.entries(kept({ keep: 'all' }, tuple)[0] as Tuple)).toEqual([[name, 1]]);
      const sum = combined(Object.fromEntries([[name, 'sum']]));
      expect(Object.entries(kept(sum, tuple, tuple)[0] as Tuple)).toEqual([[name, 2]]);
      const rows = kept(combined({ calls: 'count' }, [name]), tuple, {}, tuple);
      expect(rows.map((row) => Object.entries(row))).toEqual([
        [
          [name, 1],
          ['calls', 2],
        ],
        [['calls', 1]],
      ]);
    }
    expect(Object.hasOwn(Object.prototype, 'calls')).toBe(false);
  });

  it('that a tuple does not have are not there, and no column is 16 too many', () => {
    const wide = (from: number) =>
      Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`c${from + index}`, index]));
    const rows = kept({ keep: 'all' }, wide(0), wide(10), { c0: 1 }, {});
    expect(rows.map((row) => Object.keys(row).length)).toEqual([12, 6, 1, 0]);
  });

  it('whose names are empty or longer than 64 characters are left out', () => {
    expect(kept({ keep: 'all' }, { '': 1, ['x'.repeat(65)]: 2, ['x'.repeat(64)]: 3 })).toEqual([
      { ['x'.repeat(64)]: 3 },
    ]);
  });
});

describe('a name or a packing that cannot be', () => {
  const INVALID = expect.objectContaining({ code: 'PANO_OPTIONS_INVALID' });
  const wide = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`c${index}`, 'sum' as const]));
  const cases: [string, () => Bag][] = [
    ['no name', () => bag('')],
    ['a name of 65 characters', () => bag('x'.repeat(65))],
    ['a name that is none', () => bag(undefined as unknown as string)],
    ['a packing that is none', () => bag('b', 'all' as unknown as Packing)],
    ['no packing at all', () => bag('b', null as unknown as Packing)],
    ['a way to keep that there is not', () => bag('b', { keep: 'frist', count: 1 } as unknown as Packing)],
    ['no values to combine', () => bag('b', { keep: 'combined' } as unknown as Packing)],
    ['groups that are no list', () => bag('b', { keep: 'combined', by: 'service', values: { n: 'sum' } } as never)],
    ['a count of none', () => bag('b', { keep: 'first', count: 0 })],
    ['a count of more than are ever held', () => bag('b', { keep: 'recent', count: 4097 })],
    ['half a count', () => bag('b', { keep: 'recent', count: 1.5 })],
    ['nothing to combine', () => bag('b', combined({}, ['by']))],
    ['a column named twice', () => bag('b', combined({ by: 'sum' }, ['by']))],
    ['a group named twice', () => bag('b', combined({ n: 'sum' }, ['by', 'by']))],
    ['more than 16 columns', () => bag('b', combined(wide))],
    ['a column without a name', () => bag('b', combined({ '': 'sum' }))],
    ['a way to combine that there is not', () => bag('b', combined({ n: 'median' as 'sum' }))],
  ];
  for (const [what, make] of cases) {
    it(`is refused at once: ${what}`, () => {
      expect(make).toThrow(INVALID);
    });
  }

  it('is refused by pack too', () => {
    expect(() => new Baggage().pack('', { n: 1 })).toThrow(INVALID);
    expect(() => new Baggage().pack(undefined as unknown as Bag, { n: 1 })).toThrow(INVALID);
  });

  it('is a tuple that is no object', () => {
    expect(() => new Baggage().pack('b', 'text' as never)).toThrow(INVALID);
    expect(() => new Baggage().pack('b', null as never)).toThrow(INVALID);
  });
});
