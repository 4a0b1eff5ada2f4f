// SPDX-License-Identifier: Apache-2.0
/** Bytes from strangers: a stamp in the one spelling that it has, or the typed error. Nothing else, however they are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STAMP_BYTES_MAX } from '../../../src/baggage/itc/bit-string.js';
import { decodeEvent, decodeStamp, encodeEvent, encodeStamp, TREE_DEPTH_MAX } from '../../../src/baggage/itc/bits.js';
import { type EventTree, joinEvents } from '../../../src/baggage/itc/event.js';
import { ItcFormatError } from '../../../src/baggage/itc/format-error.js';
import { depthOfId } from '../../../src/baggage/itc/id.js';
import { event, fork, join, peek, type Stamp, seed } from '../../../src/baggage/itc/stamp.js';
import { bytesOf } from './bit-text.js';
import { lossySteps, runOf } from './histories.js';

/** The stamp of the bytes, which must then be its very spelling; `undefined` where they were refused. */
function readAtMost(bytes: Uint8Array): Stamp | undefined {
  let stamp: Stamp;
  try {
    stamp = decodeStamp(bytes);
  } catch (error) {
    if (!(error instanceof ItcFormatError)) throw error;
    return undefined;
  }
  const again = encodeStamp(stamp);
  if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i])) {
    throw new Error(`[${bytes}] was read as ${JSON.stringify(stamp)}, which is written as [${again}]`);
  }
  return stamp;
}

const G = '10 001 0111 1001 001 1001 1001';
const ONES_OF_53_DIGITS = '1'.repeat(51);

describe('bytes that were cut or stretched', () => {
  it('are refused when the end is missing, wherever it was cut', () => {
    const whole = bytesOf(G);
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeStamp(whole.subarray(0, length))).toThrow(ItcFormatError);
      expect(() => decodeEvent(whole.subarray(0, length))).toThrow(ItcFormatError);
    }
  });

  it('are refused when another byte follows, even a zero', () => {
    for (const excess of ['00000000', '00000001', '11111111']) {
      expect(() => decodeStamp(bytesOf(`001 1000 0 ${excess}`))).toThrow(/bytes follow after the end/);
    }
  });

  it('are refused when the last byte is not filled up with zeros', () => {
    expect(decodeStamp(bytesOf('001 1000 0'))).toEqual(seed());
    expect(() => decodeStamp(bytesOf('001 1000 1'))).toThrow(/not filled up with zeros/);
  });

  it('are refused at once when they are too many', () => {
    for (const byte of [0x00, 0x55, 0xaa, 0xff]) {
      expect(() => decodeStamp(new Uint8Array(STAMP_BYTES_MAX + 1).fill(byte))).toThrow(/more than 256 bytes/);
      expect(() => decodeEvent(new Uint8Array(1_000_000).fill(byte))).toThrow(/more than 256 bytes/);
    }
  });

  it('are read from where they begin, also inside of a larger buffer', () => {
    const buffer = Uint8Array.from([0xff, 0xff, ...bytesOf(G), 0xff]);
    expect(decodeStamp(buffer.subarray(2, buffer.length - 1))).toEqual(decodeStamp(bytesOf(G)));
  });
});

describe('second spellings', () => {
  const IDS: readonly [what: string, text: string][] = [
    ['(0, 0) for 0, by the first half', '01 000'],
    ['(0, 0) for 0, by the second', '10 000'],
    ['(0, 0) for 0, by both', '11 000 000'],
    ['(1, 1) for 1', '11 001 001'],
    ['(0, 1) the long way', '11 000 001'],
    ['(1, 0) the long way', '11 001 000'],
    ['(0, (1, 1)), inside', '01 11 001 001'],
  ];
  for (const [what, text] of IDS) {
    it(`refuses the id ${what}`, () => {
      expect(() => decodeStamp(bytesOf(`${text} 1000`))).toThrow(/an id that is not in normal form/);
    });
  }

  const EVENTS: readonly [what: string, text: string][] = [
    ['(0, 0, 0) for 0, by the right half', '000 1000'],
    ['(0, 0, 0) for 0, by the left half', '001 1000'],
    ['(0, 0, 0) for 0, by both', '010 1000 1000'],
    ['(0, 2, 2) for 2', '010 1010 1010'],
    ['(0, 0, 1) the long way', '010 1000 1001'],
    ['(0, 1, 0) the long way', '010 1001 1000'],
    ['(0, 1, 2) for (1, 0, 1)', '010 1001 1010'],
    ['(0, (1, 0, 1), 1), whose halves both hang in the air', '010 01100 1001 1001 1001'],
    ['(0, 0, 1) with its base written out', '01100 1000 1001'],
    ['(0, 1, 0) with its base written out', '01101 1000 1001'],
    ['(0, 1, (0, 0, 1)) with its base written out', '0111 1000 1001 0001001'],
    ['(1, 0, 0) for 1', '01100 1001 1000'],
    ['(1, 1, 1) for 2', '0111 1001 1001 1001'],
    ['(1, 0, 2) the long way', '0111 1001 1000 1010'],
    ['a node for a base', '01100 0001001 1001'],
  ];
  for (const [what, text] of EVENTS) {
    it(`refuses the event tree ${what}`, () => {
      expect(() => decodeEvent(bytesOf(text))).toThrow(ItcFormatError);
      expect(() => decodeStamp(bytesOf(`001 ${text}`))).toThrow(ItcFormatError);
    });
  }
});

describe('great numbers', () => {
  it('are read up to 2^53 - 1 and refused beyond', () => {
    expect(decodeEvent(bytesOf(`1 ${ONES_OF_53_DIGITS}0 ${'11'.padStart(53, '0')}`))).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => decodeEvent(bytesOf(`1 ${ONES_OF_53_DIGITS}0 ${'100'.padStart(53, '0')}`))).toThrow(/too great/);
    expect(() => decodeEvent(bytesOf(`1 ${ONES_OF_53_DIGITS}0 ${'1'.repeat(53)}`))).toThrow(/too great/);
  });

  it('are refused as soon as they announce too many digits', () => {
    expect(() => decodeEvent(new Uint8Array(STAMP_BYTES_MAX).fill(0xff))).toThrow(/too great \(at bit 53\)/);
  });

  it('are refused where a sum on the way down passes 2^53 - 1', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const fits: readonly EventTree[] = [
      [most - 1, 1, 0],
      [1, [most - 2, 0, 1], 0],
      [1, 0, [most - 3, 0, [1, 1, 0]]],
    ];
    for (const event of fits) expect(decodeEvent(encodeEvent(event))).toEqual(event);
    const tooHigh: readonly EventTree[] = [
      [most, 1, 0],
      [most - 1, 2, 0],
      [1, [most - 1, 0, 1], 0],
      [1, 0, [most - 3, 0, [2, 1, 0]]],
    ];
    for (const event of tooHigh) expect(() => decodeEvent(encodeEvent(event))).toThrow(/too great/);
  });
});

describe('deep trees', () => {
  const nested = (level: string, count: number, leaf: string) => bytesOf(level.repeat(count) + leaf);

  for (const level of ['01', '10']) {
    it(`are read ${TREE_DEPTH_MAX} levels down and no further: an id of ${level}`, () => {
      const { id } = decodeStamp(nested(level, TREE_DEPTH_MAX, '001 1000'));
      expect(depthOfId(id)).toBe(TREE_DEPTH_MAX);
      expect(() => decodeStamp(nested(level, TREE_DEPTH_MAX + 1, '001 1000'))).toThrow(/deeper than 64 levels/);
    });
  }

  for (const level of ['000', '001', '01100 1001', '01101 1001']) {
    it(`are read ${TREE_DEPTH_MAX} levels down and no further: an event tree of ${level}`, () => {
      expect(decodeEvent(nested(level, TREE_DEPTH_MAX, '1001'))).toBeInstanceOf(Array);
      expect(() => decodeEvent(nested(level, TREE_DEPTH_MAX + 1, '1001'))).toThrow(/deeper than 64 levels/);
    });
  }

  it('are refused, not recursed into, when all the bytes are levels', () => {
    for (const byte of [0x00, 0x55, 0xaa, 0xff, 0x24, 0x49, 0x92]) {
      const bytes = new Uint8Array(STAMP_BYTES_MAX).fill(byte);
      expect(() => decodeStamp(bytes)).toThrow(ItcFormatError);
      expect(() => decodeEvent(bytes)).toThrow(ItcFormatError);
    }
  });
});

describe('a stamp too large to be read', () => {
  it('is not written either: one whose siblings were lost too often', () => {
    let stamp = seed();
    for (let lost = 0; lost < TREE_DEPTH_MAX; lost++) stamp = event(fork(stamp)[0]);
    expect(decodeStamp(encodeStamp(stamp))).toEqual(stamp);
    const next = fork(stamp)[0];
    expect(() => encodeStamp(next)).toThrow(/deeper than 64 levels/);
    expect(() => encodeEvent(event(next).event)).toThrow(/deeper than 64 levels/);
  });

  it('is not written either: one that knows of too many branches at once, until they are joined', () => {
    let branches = [seed()];
    while (branches.length < 512) branches = branches.flatMap(fork);
    const busy = branches.map((branch, i) => (i % 2 === 0 ? event(event(branch)) : event(branch)));
    const told = join(busy[0]!, { id: 0, event: busy.map(({ event }) => event).reduce(joinEvents) });
    expect(() => encodeStamp(told)).toThrow(/more than 256 bytes/);
    expect(encodeStamp(event(busy.reduce(join)))).toHaveLength(1);
  });
});

describe('any bytes', () => {
  it('of two are a stamp in its only spelling, or refused: all 65,792 that there are', () => {
    let stampCount = 0;
    for (let first = 0; first < 256; first++) {
      if (readAtMost(Uint8Array.of(first))) stampCount += 1;
      for (let second = 0; second < 256; second++) {
        if (readAtMost(Uint8Array.of(first, second))) stampCount += 1;
      }
    }
    expect(stampCount).toBeGreaterThan(50);
  });

  it('are a stamp in its only spelling, or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: STAMP_BYTES_MAX + 4 }), (bytes) => {
        readAtMost(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('that were a stamp until some bits were turned are a stamp in its only spelling, or refused', () => {
    const turns = fc.array(fc.nat(), { minLength: 1, maxLength: 3 });
    let stampCount = 0;
    fc.assert(
      fc.property(lossySteps, fc.nat(), turns, (steps, who, turns) => {
        const { live } = runOf(steps);
        const bytes = encodeStamp(live[who % live.length]!.stamp);
        for (const turn of turns) {
          const bit = turn % (bytes.length * 8);
          bytes[bit >>> 3]! ^= 1 << (bit & 7);
        }
        if (readAtMost(bytes)) stampCount += 1;
      }),
      { numRuns: 2000 },
    );
    expect(stampCount).toBeGreaterThan(50);
  });

  it('that are a stamp can be worked with: every operation gives a stamp, or the documented error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 6 }), (bytes) => {
        const stamp = readAtMost(bytes);
        if (!stamp) return;
        const [left, right] = fork(stamp);
        expect(join(left, right)).toEqual(stamp);
        expect(join(seed(), peek(stamp)).event).toEqual(stamp.event);
        if (stamp.id === 0) expect(() => event(stamp)).toThrow(RangeError);
        else expect(decodeStamp(encodeStamp(event(stamp))).id).toEqual(stamp.id);
      }),
      { numRuns: 2000 },
    );
  });
});
