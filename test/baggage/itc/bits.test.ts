// SPDX-License-Identifier: Apache-2.0
/** Stamps as bits: the published table and the published run, and back again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeEvent,
  decodeStamp,
  encodeEvent,
  encodeStamp,
  eventBits,
  stampBits,
} from '../../../src/baggage/itc/bits.js';
import type { EventTree } from '../../../src/baggage/itc/event.js';
import type { Id } from '../../../src/baggage/itc/id.js';
import { event, fork, join, type Stamp, seed } from '../../../src/baggage/itc/stamp.js';
import { bits, bytesOf } from './bit-text.js';
import { everyone, lossySteps, runOf, steps } from './histories.js';

/** The run of the paper's authors' demo. A fork's halves are `1` and `2`; letters are the demo's. */
function demoRun(): Record<string, Stamp> {
  const [a, b] = fork(seed());
  const c = event(a);
  const d = event(event(b));
  const [c1, c2] = fork(c);
  const e1 = event(c1);
  const e2 = join(c2, d);
  const [f1, f2] = fork(e2);
  const g = join(e1, f1);
  const h = event(g);
  return { seed: seed(), 'a.a': a, 'b.b': b, 'c.a': c, 'd.b': d, 'e.a': e1, 'e.b': e2, 'f.b': f2, 'g.a': g, 'h.a': h };
}

describe('the published run', () => {
  const PUBLISHED: readonly [name: string, id: Id, event: EventTree, text: string][] = [
    ['seed', 1, 0, '001 1000'],
    ['c.a', [1, 0], [0, 1, 0], '10 001 001 1001'],
    ['d.b', [0, 1], [0, 0, 2], '01 001 000 1010'],
    ['e.a', [[1, 0], 0], [0, [1, 1, 0], 0], '10 10 001 001 01101 1001 1001'],
    ['e.b', [[0, 1], 1], [1, 0, 1], '11 01 001 001 01100 1001 1001'],
    ['g.a', [1, 0], [1, [0, 1, 0], 1], '10 001 0111 1001 001 1001 1001'],
    ['h.a', [1, 0], 2, '10 001 1010'],
  ];
  for (const [name, id, event, text] of PUBLISHED) {
    it(`has ${name} = (${JSON.stringify(id)}, ${JSON.stringify(event)}), in bits ${text}`, () => {
      const stamp = demoRun()[name]!;
      expect(stamp).toEqual({ id, event });
      expect(stampBits(stamp)).toBe(bits(text));
      expect(encodeStamp(stamp)).toEqual(bytesOf(text));
      expect(decodeStamp(bytesOf(text))).toEqual(stamp);
    });
  }

  it('ends whole and flat when all come together again', () => {
    const { 'h.a': h, 'f.b': f2 } = demoRun();
    expect(event(join(h!, f2!))).toEqual({ id: 1, event: 3 });
  });
});

describe('the table of ids', () => {
  const ROWS: readonly [id: Id, text: string][] = [
    [0, '000'],
    [1, '001'],
    [[0, 1], '01 001'],
    [[1, 0], '10 001'],
    [
      [
        [1, 0],
        [0, 1],
      ],
      '11 10001 01001',
    ],
    [[0, [[0, 1], 1]], '01 11 01001 001'],
  ];
  for (const [id, text] of ROWS) {
    it(`writes ${JSON.stringify(id)} as ${text}`, () => {
      expect(stampBits({ id, event: 0 })).toBe(bits(`${text} 1000`));
      expect(decodeStamp(bytesOf(`${text} 1000`))).toEqual({ id, event: 0 });
    });
  }
});

describe('the table of event trees', () => {
  const ROWS: readonly [event: EventTree, text: string][] = [
    [[0, 0, 1], '000 1001'],
    [[0, 1, 0], '001 1001'],
    [[0, [0, 0, 1], 1], '010 0001001 1001'],
    [[0, 3, [0, 1, 0]], '010 1011 0011001'],
    [[1, 0, 2], '01100 1001 1010'],
    [[4, 2, 0], '01101 110000 1010'],
    [[2, 1, [0, 0, 1]], '0111 1010 1001 0001001'],
  ];
  for (const [event, text] of ROWS) {
    it(`writes ${JSON.stringify(event)} as ${text}`, () => {
      expect(eventBits(event)).toBe(bits(text));
      expect(encodeEvent(event)).toEqual(bytesOf(text));
      expect(decodeEvent(bytesOf(text))).toEqual(event);
    });
  }
});

describe('integers', () => {
  const digits = (value: number, count: number) => value.toString(2).padStart(count, '0');
  const ROWS: readonly [value: number, text: string][] = [
    [0, '1 0 00'],
    [3, '1 0 11'],
    [4, '1 10 000'],
    [11, '1 10 111'],
    [12, '1 110 0000'],
    [27, '1 110 1111'],
    [28, '1 1110 00000'],
    [59, '1 1110 11111'],
    [60, '1 11110 000000'],
    [1_000_000, `1 ${'1'.repeat(17)}0 ${digits(1_000_000 - (2 ** 19 - 4), 19)}`],
    // The bounds of what is moved at once: 24 digits, 25, and twice 24 and one.
    [2 ** 25 - 5, `1 ${'1'.repeat(22)}0 ${'1'.repeat(24)}`],
    [2 ** 25 - 4, `1 ${'1'.repeat(23)}0 ${'0'.repeat(25)}`],
    [2 ** 50 - 5, `1 ${'1'.repeat(47)}0 ${'1'.repeat(49)}`],
    [Number.MAX_SAFE_INTEGER, `1 ${'1'.repeat(51)}0 ${digits(3, 53)}`],
  ];
  for (const [value, text] of ROWS) {
    it(`writes ${value} with ${bits(text).length} bits`, () => {
      expect(eventBits(value)).toBe(bits(text));
      expect(decodeEvent(bytesOf(text))).toBe(value);
    });
  }

  it('come back, whatever they are', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat({ max: 52 }), (value, shift) => {
        const event = Math.floor(value / 2 ** shift);
        expect(decodeEvent(encodeEvent(event))).toBe(event);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('any stamp of any run', () => {
  it('comes back from its bytes', () => {
    fc.assert(
      fc.property(fc.oneof(steps, lossySteps), (steps) => {
        for (const { stamp } of everyone(runOf(steps))) {
          expect(decodeStamp(encodeStamp(stamp))).toEqual(stamp);
          expect(decodeEvent(encodeEvent(stamp.event))).toEqual(stamp.event);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is as many bytes as its bits need', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        for (const { stamp } of everyone(runOf(steps))) expect(encodeStamp(stamp)).toEqual(bytesOf(stampBits(stamp)));
      }),
    );
  });

  it('has the bytes of another only if they know the same', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const all = everyone(runOf(steps)).map(({ stamp, known }) => ({ bytes: `${encodeEvent(stamp.event)}`, known }));
        for (const a of all) {
          for (const b of all) expect(a.bytes === b.bytes).toBe(a.known === b.known);
        }
      }),
    );
  });
});
