// SPDX-License-Identifier: Apache-2.0
/**
 * For every packing: tuples that were packed on branches and merged give what they give when packed one after the other.
 * The order to compare with is the one in which a bag of all tuples has them; that it is causal, `world.ts` checks.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { type Bag, bag, type Packing, type Tuple } from '../../../src/baggage/bag/packing.js';

const ALL = bag('all');

type Step = { readonly verb: 'pack' | 'split' | 'join' | 'hop' | 'ask'; readonly at: number; readonly tuple: Tuple };

/** Sums of these are exact in any order: whole numbers, and fractions of two. */
const number = fc.oneof(
  fc.integer({ min: -(2 ** 30), max: 2 ** 30 }),
  fc.integer({ min: -64, max: 64 }).map((n) => n / 8),
);
const group = fc.constantFrom<Tuple[string]>('a', 'b', '', 1, '1', true, undefined);
const tuple: fc.Arbitrary<Tuple> = fc.record({ n: fc.oneof(number, fc.constant(undefined)), by: group, and: group });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    verb: fc.constantFrom<Step['verb']>('pack', 'pack', 'pack', 'split', 'join', 'hop', 'ask'),
    at: fc.nat({ max: 20 }),
    tuple,
  }),
  { maxLength: 50 },
);

/** Does the steps, each packing into all of the bags, and joins whoever is left. */
function joined(history: readonly Step[], bags: readonly Bag[]): Baggage {
  const pack = (into: Baggage, values: Tuple) => {
    for (const each of bags) into.pack(each, values);
  };
  const live = [new Baggage()];
  for (const { verb, at, tuple: values } of history) {
    const i = at % live.length;
    const one = live[i] as Baggage;
    if (verb === 'pack') pack(one, values);
    else if (verb === 'split') live.push(one.split());
    else if (verb === 'hop') live[i] = Baggage.deserialize(one.serialize());
    else if (verb === 'ask') {
      const serving = Baggage.enter(Baggage.deserialize(one.request().serialize()));
      pack(serving, values);
      one.join(Baggage.deserialize(serving.answer().serialize()));
    } else if (live.length > 1) {
      const [other] = live.splice((i + 1) % live.length, 1);
      one.join(other as Baggage);
    }
  }
  const [first, ...others] = live as [Baggage, ...Baggage[]];
  for (const other of others) first.join(other);
  return first;
}

function packedInTurn(into: Bag, tuples: readonly Tuple[]): Tuple[] {
  const baggage = new Baggage();
  for (const each of tuples) baggage.pack(into, each);
  return baggage.unpack(into);
}

const PACKINGS: Record<string, Packing> = {
  'all tuples': { keep: 'all' },
  'the first': { keep: 'first', count: 1 },
  'the first three': { keep: 'first', count: 3 },
  'the most recent': { keep: 'recent', count: 1 },
  'the three most recent': { keep: 'recent', count: 3 },
  'a sum': { keep: 'combined', by: [], values: { n: 'sum' } },
  'a count': { keep: 'combined', by: [], values: { n: 'count' } },
  'a least value': { keep: 'combined', by: [], values: { n: 'min' } },
  'a greatest value': { keep: 'combined', by: [], values: { n: 'max' } },
  'an average': { keep: 'combined', by: [], values: { n: 'average' } },
  'a sum for each group': { keep: 'combined', by: ['by'], values: { n: 'sum' } },
  'a count for each pair of groups': { keep: 'combined', by: ['by', 'and'], values: { n: 'count', m: 'sum' } },
};

describe('branches that pack and merge keep', () => {
  for (const [name, packing] of Object.entries(PACKINGS)) {
    it(`${name}, as one who packs them in turn does`, () => {
      const kept = bag('kept', packing);
      fc.assert(
        fc.property(steps, (history) => {
          const left = joined(history, [ALL, kept]);
          expect(left.unpack(kept)).toEqual(packedInTurn(kept, left.unpack(ALL)));
          expect(left.truncated).toBe(false);
        }),
        { numRuns: 100 },
      );
    });
  }

  it('two bags of one name apart that keep different things', () => {
    const first = bag('kept', { keep: 'first', count: 2 });
    const count = bag('kept', { keep: 'combined', by: [], values: { tuples: 'count' } });
    fc.assert(
      fc.property(steps, (history) => {
        const left = joined(history, [ALL, first, count]);
        const all = left.unpack(ALL);
        expect(left.unpack(first)).toEqual(all.slice(0, 2));
        expect(left.unpack(count)).toEqual(all.length === 0 ? [] : [{ tuples: all.length }]);
        expect(left.unpack('kept')).toEqual([...left.unpack(first), ...left.unpack(count)]);
      }),
      { numRuns: 50 },
    );
  });
});
