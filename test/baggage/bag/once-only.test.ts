// SPDX-License-Identifier: Apache-2.0
/** Histories in which a tuple could be counted twice, or lost. Each was found by hand or by the simulation. */
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { bag } from '../../../src/baggage/bag/packing.js';
import { encodeStamp } from '../../../src/baggage/itc/bits.js';

const ALL = bag('all');

const packed = (baggage: Baggage) => baggage.unpack(ALL).map(({ n }) => n);
const SUM = bag('sum', { keep: 'combined', values: { n: 'sum' } });

const sent = (asking: Baggage) => asking.request().serialize();
const entered = (bytes: Uint8Array) => Baggage.enter(Baggage.deserialize(bytes));

/** A baggage that has packed these numbers. */
function holding(...numbers: number[]): Baggage {
  const baggage = new Baggage();
  for (const n of numbers) baggage.pack(ALL, { n });
  return baggage;
}

/** The answer of somebody who was asked and packed these numbers. */
function answered(request: Uint8Array, ...numbers: number[]): Uint8Array {
  const serving = entered(request);
  for (const n of numbers) serving.pack(ALL, { n });
  return serving.answer().serialize();
}

describe('an answer that is delivered twice', () => {
  it('is taken once, though the clock has been whole in between', () => {
    const asking = holding(1);
    const answer = answered(sent(asking), 2);
    asking.join(Baggage.deserialize(answer));
    expect(asking.instanceCount).toBe(1);
    asking.join(Baggage.deserialize(answer));
    expect(packed(asking)).toEqual([1, 2]);
  });

  it('is taken once, though what it brought was handed on to another branch before the clock was whole', () => {
    const asking = holding(1);
    const first = sent(asking);
    const second = sent(asking);
    const answer = answered(first, 2);
    asking.join(Baggage.deserialize(answer));
    const third = sent(asking);
    asking.join(Baggage.deserialize(answered(second, 3)));
    asking.join(Baggage.deserialize(answered(third, 4)));
    expect(asking.instanceCount).toBe(1);
    asking.join(Baggage.deserialize(answer));
    expect(packed(asking)).toEqual([1, 2, 3, 4]);
  });

  it('does not give back a part of the clock that another branch has by now', () => {
    const asking = holding(1);
    const answer = answered(sent(asking), 2);
    asking.join(Baggage.deserialize(answer));
    const branch = asking.split();
    asking.join(Baggage.deserialize(answer));
    branch.pack(ALL, { n: 3 });
    asking.pack(ALL, { n: 4 });
    asking.join(branch);
    expect(packed(asking).sort()).toEqual([1, 2, 3, 4]);
  });

  it('is taken once by who answered in the meantime', () => {
    const top = holding(1);
    const serving = entered(sent(top));
    const answer = answered(sent(serving), 2);
    const lost = serving.split();
    serving.join(Baggage.deserialize(answer));
    top.join(serving.answer());
    serving.join(Baggage.deserialize(answer));
    serving.join(lost);
    top.join(serving.answer());
    expect(packed(top)).toEqual([1, 2]);
  });
});

describe('an answer that is delivered again to who took the asker in', () => {
  it('is taken once', () => {
    const asking = holding(1);
    const answer = answered(sent(asking), 2);
    asking.join(Baggage.deserialize(answer));
    const other = holding(3);
    other.join(asking);
    other.join(Baggage.deserialize(answer));
    expect(packed(other)).toEqual([3, 1, 2]);
  });
});

describe('a second answer', () => {
  it('does not bring again what a branch, out at the first, has brought back', () => {
    const top = holding(1);
    const serving = entered(sent(top));
    serving.pack(ALL, { n: 2 });
    const branch = serving.split();
    top.join(serving.answer());
    branch.pack(ALL, { n: 3 });
    serving.join(branch);
    top.join(serving.answer());
    expect(packed(top)).toEqual([1, 2, 3]);
  });
});

describe('half a bag of the same frame', () => {
  it('that is delivered twice is taken once', () => {
    const asking = holding(1);
    const half = asking.split();
    half.pack(ALL, { n: 2 });
    const bytes = half.serialize();
    asking.join(Baggage.deserialize(bytes));
    expect(asking.instanceCount).toBe(1);
    asking.join(Baggage.deserialize(bytes));
    expect(packed(asking)).toEqual([1, 2]);
  });

  it('is taken once by who has it already from before the clock was put away', () => {
    const asking = new Baggage();
    asking.pack(SUM, { n: 1 });
    const early = Baggage.deserialize(sent(asking));
    for (let lost = 0; lost < 70; lost++) asking.split();
    asking.join(asking.split());
    asking.pack(SUM, { n: 10 });
    const late = Baggage.deserialize(sent(asking));
    late.join(early);
    expect(late.unpack(SUM)).toEqual([{ n: 11 }]);
  });

  it('keeps what another frame gave as it was, so that all is one in the end', () => {
    const asking = holding(1);
    const first = sent(asking);
    const second = sent(asking);
    asking.join(Baggage.deserialize(answered(first, 2)));
    const half = Baggage.deserialize(asking.split().serialize());
    half.join(asking);
    half.join(Baggage.deserialize(answered(second, 3)));
    expect(packed(half)).toEqual([1, 2, 3]);
    expect(half.instanceCount).toBe(1);
  });
});

describe('what was given and then copied', () => {
  it('keeps its key wherever the copies go, and is one where they meet', () => {
    const asking = holding(1);
    const first = sent(asking);
    asking.split();
    asking.join(Baggage.deserialize(answered(first, 2)));
    const branch = asking.split();
    const elsewhere = holding(3);
    elsewhere.join(branch);
    elsewhere.pack(ALL, { n: 4 });
    elsewhere.join(asking);
    expect(packed(elsewhere).sort()).toEqual([1, 2, 3, 4]);
    expect(packed(elsewhere).indexOf(1)).toBeLessThan(packed(elsewhere).indexOf(2));
  });

  it('stays apart where one copy could still come back', () => {
    const asking = holding(1);
    asking.split();
    const first = sent(asking);
    asking.join(Baggage.deserialize(answered(first, 2)));
    const branch = asking.split();
    const one = holding(3);
    const other = holding(4);
    one.join(branch);
    other.join(asking);
    one.split();
    one.join(other);
    expect(packed(one).sort()).toEqual([1, 2, 3, 4]);
  });
});

describe('two messages of one sender', () => {
  it('that one receiver takes in together come home as what that packed, and nothing of what both carried', () => {
    const sender = holding(1);
    const first = entered(sent(sender));
    sender.pack(ALL, { n: 2 });
    first.join(entered(sent(sender)));
    first.pack(ALL, { n: 3 });
    sender.join(Baggage.deserialize(first.answer().serialize()));
    expect(packed(sender)).toEqual([1, 2, 3]);
  });
});

describe('work whose caller is answered by two receivers of one request', () => {
  it('knows what both packed, once', () => {
    const asking = holding(1);
    const request = sent(asking);
    asking.join(Baggage.deserialize(answered(request, 2)));
    asking.pack(ALL, { n: 3 });
    const branch = asking.split();
    asking.join(Baggage.deserialize(answered(request, 4)));
    branch.pack(ALL, { n: 5 });
    asking.join(branch);
    expect(packed(asking)).toEqual([1, 2, 3, 4, 5]);
    expect(asking.instanceCount).toBe(1);
  });
});

describe('a stamp that a stranger made up', () => {
  it('throws nothing and spoils nothing', () => {
    const asking = holding(1);
    const request = asking.split();
    const frame = request.serialize().subarray(2, 10);
    for (const event of [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1]) {
      const stamp = encodeStamp({ id: [0, 1], event });
      const answer = Buffer.concat([Uint8Array.of(0x0a, 8), frame, Uint8Array.of(0x12, stamp.length), stamp]);
      asking.join(Baggage.deserialize(answer));
      asking.pack(ALL, { n: 2 });
      expect(asking.split().serialize().length).toBeGreaterThan(0);
    }
    expect(packed(asking)).toEqual([1, 2, 2]);
  });
});
