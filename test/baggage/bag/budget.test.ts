// SPDX-License-Identifier: Apache-2.0
/** What travels when not everything fits: identity, then whose fault it is, then the rest, each in the order of packing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { type Bag, bag } from '../../../src/baggage/bag/packing.js';
import { frame } from './golden-bags.js';

const OWN = bag('panorama.blame');
const OTHER = bag('other');
const SUM = bag('sum', { keep: 'combined', by: ['g'], values: { n: 'sum', mean: 'average' } });
const SUBJECT = 'shop/cart@10.0.0.7:8080';

type Step = {
  readonly verb: 'own' | 'other' | 'sum' | 'split' | 'ask' | 'late';
  readonly text: string;
  readonly n: number;
};

const text = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 20 }));
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    verb: fc.constantFrom<Step['verb']>('own', 'other', 'other', 'sum', 'split', 'ask', 'late'),
    text: fc.oneof(text, fc.constant('x'.repeat(300))),
    n: fc.double(),
  }),
  { maxLength: 40 },
);

/** A baggage with tuples and instances of every origin. */
function baggageOf(history: readonly Step[]): Baggage {
  const baggage = new Baggage();
  for (const { verb, text: said, n } of history) {
    if (verb === 'own') baggage.pack(OWN, { said, n });
    else if (verb === 'other') baggage.pack(OTHER, { n, said, ok: true });
    else if (verb === 'sum') baggage.pack(SUM, { g: said, n, mean: n });
    else if (verb === 'split') baggage.split();
    else {
      const serving = Baggage.enter(Baggage.deserialize(baggage.request().serialize()));
      serving.pack(OTHER, { said });
      if (verb === 'late') serving.split();
      baggage.join(Baggage.deserialize(serving.answer().serialize({ byteCountMax: 1000 })));
    }
  }
  return baggage;
}

const budget = fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 3000 }));
const tuples = (baggage: Baggage, from: Bag) => baggage.unpack(from);

describe('a byte budget', () => {
  it('is never exceeded, and what arrives is the beginning of what was packed, Panorama’s own first', () => {
    fc.assert(
      fc.property(steps, budget, (history, byteCountMax) => {
        const baggage = baggageOf(history);
        const wanted = [tuples(baggage, OWN), tuples(baggage, OTHER), tuples(baggage, SUM)] as const;
        const before = baggage.truncated;
        const whole = baggageOf(history).serialize({ subject: SUBJECT }).length;
        const bytes = baggage.serialize({ byteCountMax, subject: SUBJECT });
        expect(bytes.length).toBeLessThanOrEqual(byteCountMax);
        const arrived = Baggage.deserialize(bytes);
        const [own, other, sum] = [tuples(arrived, OWN), tuples(arrived, OTHER), tuples(arrived, SUM)];
        expect(own).toEqual(wanted[0].slice(0, own.length));
        expect(other).toEqual(wanted[1].slice(0, other.length));
        if (own.length < wanted[0].length) expect([other, sum]).toEqual([[], []]);
        if (whole <= byteCountMax) {
          expect([own, other, sum]).toEqual(wanted);
          expect(arrived.truncated).toBe(before);
        } else if (bytes.length > 0) {
          expect(arrived.truncated).toBe(true);
          expect(baggage.truncated).toBe(true);
        }
        if (byteCountMax >= 100) expect(arrived.subject).toBe(SUBJECT);
      }),
      { numRuns: 400 },
    );
  });

  it('is used: a tuple is left out only where there is no room for it', () => {
    const baggage = new Baggage(frame('A'));
    for (let n = 0; n < 1000; n++) baggage.pack(OTHER, { n });
    for (const byteCountMax of [100, 200, 500, 1000, 3000]) {
      const bytes = baggage.serialize({ byteCountMax });
      expect(bytes.length).toBeGreaterThan(byteCountMax - 20);
      expect(bytes.length).toBeLessThanOrEqual(byteCountMax);
    }
  });

  it('that holds not even the clock gives it up for the identity, and the identity for the marker', () => {
    const answer = () => {
      const serving = Baggage.enter(new Baggage(frame('A')).request(), frame('B'));
      serving.pack(OTHER, { n: 1 });
      return serving.answer();
    };
    const sent = (byteCountMax: number) => Baggage.deserialize(answer().serialize({ byteCountMax, subject: SUBJECT }));
    expect(sent(42).subject).toBe(SUBJECT);
    expect(sent(28).subject).toBe(SUBJECT);
    expect(sent(20).subject).toBe(undefined);
    expect([sent(42).truncated, sent(28).truncated, sent(20).truncated, sent(2).truncated]).toEqual(
      Array(4).fill(true),
    );
    expect(answer().serialize({ byteCountMax: 1 })).toEqual(new Uint8Array());
  });

  it('counts what only a newer version understands', () => {
    const rows = [0x22, 0x1a, 0x0a, 5, ...Buffer.from('other'), 0x22, 3, 0x0a, 1, 0x6e, 0x2a, 4, 0x0a, 2, 0x08, 2];
    rows[1] = rows.length - 2;
    const unknown = [0x72, 100, ...Array(100).fill(7)];
    const instance = [0x12, 1, 0x90, ...rows, ...unknown];
    const newer = Uint8Array.of(0x0a, 1, 9, 0x1a, 0x80 | (instance.length & 127), instance.length >> 7, ...instance);
    const read = Baggage.deserialize(newer);
    expect(tuples(read, OTHER)).toEqual([{ n: 1 }]);
    const bytes = read.serialize({ byteCountMax: 80 });
    expect(bytes.length).toBeLessThanOrEqual(80);
    expect(tuples(Baggage.deserialize(bytes), OTHER)).toEqual([{ n: 1 }]);
  });
});
