// SPDX-License-Identifier: Apache-2.0
/** A bag lives in other people's services, for as long as they like: what it holds is bounded, and it says what it left out. */
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { bag, type Packing } from '../../../src/baggage/bag/packing.js';
import { BAG_INSTANCE_COUNT_MAX, BAG_TUPLE_COUNT_MAX } from '../../../src/model/limits.js';

const ALL = bag('all');
const grouped = (name: string) => bag(name, { keep: 'combined', by: ['g'], values: { n: 'sum' } });

/** A baggage with this many tuples in a bag: `g` from 0 up, and 1 to sum. */
function filled(into: ReturnType<typeof bag>, count: number): Baggage {
  const baggage = new Baggage();
  for (let g = 0; g < count; g++) baggage.pack(into, { g, n: 1 });
  return baggage;
}

describe('bags', () => {
  it('are refused past 256, whatever is in them, and the baggage says so', () => {
    const baggage = new Baggage();
    const packed = Array.from({ length: 300 }, (_, n) => baggage.pack(`bag ${n}`, { n }));
    expect(packed.filter(Boolean)).toHaveLength(256);
    expect(baggage.pack('bag 7', { n: 7 })).toBe(true);
    expect(baggage.truncated).toBe(true);
  });

  it('without a tuple are nothing: a callee that sends ever more of them fills nobody’s memory', () => {
    const asking = filled(ALL, 1);
    for (let call = 0; call < 20; call++) {
      asking.request();
      asking.join(Baggage.deserialize(answerOfEmptyBags(call)));
    }
    expect(asking.unpack(ALL)).toHaveLength(1);
    expect(asking.request().serialize().length).toBeLessThan(100);
    expect(asking.answer().instanceCount).toBe(1);
  });

  /** A given instance with a thousand bags that have a name and no row. */
  function answerOfEmptyBags(call: number): Uint8Array {
    const names = Array.from({ length: 1000 }, (_, n) => Buffer.from(`${String.fromCharCode(97 + call)}${n}`));
    const rows = Buffer.concat(names.map((name) => Buffer.from([0x22, name.length + 2, 0x0a, name.length, ...name])));
    const length = [((rows.length + 5) & 127) | 128, (rows.length + 5) >> 7];
    return Buffer.from([0x0a, 1, 9, 0x1a, ...length, 0x12, 1, 0b1001_0000 + call, 0x18, 1, ...rows]);
  }
});

describe('tuples', () => {
  it('are refused when 4,096 are held, and the bag says so', () => {
    const baggage = filled(ALL, BAG_TUPLE_COUNT_MAX);
    expect(baggage.truncated).toBe(false);
    expect(baggage.pack(ALL, { g: -1 })).toBe(false);
    expect(baggage.pack('another', { g: -1 })).toBe(false);
    expect(baggage.truncated).toBe(true);
    expect(baggage.unpack(ALL).length).toBe(BAG_TUPLE_COUNT_MAX);
    expect(baggage.unpack('another')).toEqual([]);
  });

  it('are counted together with the groups of combined bags', () => {
    const baggage = filled(grouped('one'), BAG_TUPLE_COUNT_MAX);
    expect(baggage.pack(grouped('other'), { g: 1, n: 1 })).toBe(false);
    expect(baggage.pack(grouped('one'), { g: -1, n: 1 })).toBe(false);
    expect(baggage.pack(grouped('one'), { g: 7, n: 1 })).toBe(true);
    expect(baggage.unpack(grouped('one'))[7]).toEqual({ g: 7, n: 2 });
  });

  it('that were packed before a split count too, so that lost branches do not make room', () => {
    const baggage = filled(ALL, BAG_TUPLE_COUNT_MAX - 1);
    baggage.split();
    expect(baggage.pack(ALL, { g: 1 })).toBe(true);
    baggage.split();
    expect(baggage.pack(ALL, { g: 2 })).toBe(false);
  });

  it('that go with answers make room for as many again', () => {
    const serving = Baggage.enter(new Baggage());
    for (let count = 0; count < 3; count++) {
      for (let g = 0; g < 2000; g++) expect(serving.pack(ALL, { g })).toBe(true);
      expect(serving.answer().unpack(ALL)).toHaveLength(2000);
    }
    expect(serving.truncated).toBe(false);
  });

  it('of a bag of the most recent are lost where others leave it less room than it has tuples, and the bag says so', () => {
    const RECENT = bag('recent', { keep: 'recent', count: 10 });
    const baggage = filled(ALL, BAG_TUPLE_COUNT_MAX - 5);
    const packed = Array.from({ length: 10 }, (_, g) => baggage.pack(RECENT, { g }));
    expect(packed.filter(Boolean)).toHaveLength(5);
    expect(baggage.unpack(RECENT).map(({ g }) => g)).toEqual([5, 6, 7, 8, 9]);
    expect(baggage.truncated).toBe(true);
  });

  it('of a bag of the most recent make room for the next', () => {
    const baggage = filled(bag('b', { keep: 'recent', count: BAG_TUPLE_COUNT_MAX }), BAG_TUPLE_COUNT_MAX + 3);
    expect(baggage.truncated).toBe(false);
    expect(baggage.unpack('b').length).toBe(BAG_TUPLE_COUNT_MAX);
    expect(baggage.unpack('b').at(-1)).toEqual({ g: BAG_TUPLE_COUNT_MAX + 2, n: 1 });
  });
});

describe('branches that are full, and join', () => {
  const joined = (packing: Packing, count: number) => {
    const into = bag('b', packing);
    const left = new Baggage();
    const right = left.split();
    for (let g = 0; g < count; g++) {
      left.pack(into, { g, n: 1 });
      right.pack(into, { g, n: 2 });
    }
    left.join(right);
    return left;
  };

  it('keep what there is room for, and say that it is not all', () => {
    const left = joined({ keep: 'all' }, 3000);
    const rows = left.unpack('b');
    expect(rows.length).toBe(BAG_TUPLE_COUNT_MAX);
    expect(rows.at(-1)).toEqual({ g: BAG_TUPLE_COUNT_MAX - 3000 - 1, n: 2 });
    expect(left.truncated).toBe(true);
  });

  it('sum every group that both have', () => {
    const left = joined({ keep: 'combined', by: ['g'], values: { n: 'sum' } }, 3000);
    expect(left.unpack('b').every(({ n }) => n === 3)).toBe(true);
    expect(left.unpack('b').length).toBe(3000);
    expect(left.truncated).toBe(false);
  });

  it('sum the groups that both have also where others find no room', () => {
    const into = grouped('b');
    const left = new Baggage();
    const right = left.split();
    for (let g = 0; g < 3000; g++) left.pack(into, { g, n: 1 });
    for (let g = 5000; g > 2000; g--) right.pack(into, { g, n: 2 });
    left.join(right);
    const rows = left.unpack(into);
    expect(rows.length).toBe(BAG_TUPLE_COUNT_MAX);
    expect(rows.filter(({ n }) => n === 3).length).toBe(999);
    expect(left.truncated).toBe(true);
  });

  it('keep the first of one and the most recent of the other without a loss', () => {
    const first = joined({ keep: 'first', count: 3000 }, 3000);
    expect(first.unpack('b').every(({ n }) => n === 1)).toBe(true);
    const recent = joined({ keep: 'recent', count: 3000 }, 3000);
    expect(recent.unpack('b').every(({ n }) => n === 2)).toBe(true);
    expect([first.truncated, recent.truncated]).toEqual([false, false]);
  });
});

describe('instances', () => {
  it('of branches that are lost for ever are bounded, and so is what is packed between them', () => {
    const baggage = new Baggage();
    const count = bag('count', { keep: 'combined', by: [], values: { n: 'sum' } });
    for (let call = 0; call < BAG_INSTANCE_COUNT_MAX + 100; call++) {
      baggage.pack(count, { n: 1 });
      baggage.split();
    }
    expect(baggage.instanceCount).toBe(BAG_INSTANCE_COUNT_MAX);
    expect(baggage.truncated).toBe(true);
    expect(baggage.unpack(count)).toEqual([{ n: BAG_INSTANCE_COUNT_MAX }]);
  });

  it('that others gave are bounded in bytes, which are free again when all is written together', () => {
    const baggage = new Baggage();
    const longest = bag('longest', { keep: 'combined', by: [], values: { n: 'max' } });
    const text = 'x'.repeat(500);
    for (let call = 0; call < 400; call++) {
      const serving = Baggage.enter(Baggage.deserialize(baggage.request().serialize()));
      for (let n = 0; n < 10; n++) serving.pack(bag('text', { keep: 'recent', count: 10 }), { text: `${text}${call}` });
      serving.pack(longest, { n: call });
      baggage.join(Baggage.deserialize(serving.answer().serialize()));
    }
    expect(baggage.truncated).toBe(false);
    expect(baggage.unpack(longest)).toEqual([{ n: 399 }]);
    expect(baggage.unpack('text').length).toBe(10);
  });

  it('of a stranger who sends without end are refused at a mebibyte', () => {
    const baggage = new Baggage();
    baggage.split();
    for (let call = 0; call < 300; call++) {
      const stranger = new Baggage();
      for (let n = 0; n < 10; n++) stranger.pack('text', { text: 'x'.repeat(500) });
      baggage.join(stranger);
    }
    expect(baggage.truncated).toBe(true);
    expect(baggage.instanceCount).toBeLessThan(220);
  });
});
