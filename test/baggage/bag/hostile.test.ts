// SPDX-License-Identifier: Apache-2.0
/** Bytes from strangers: a typed error or a bag that does no harm. Never another error, never much time or room. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { bag } from '../../../src/baggage/bag/packing.js';
import { PanoramaError } from '../../../src/model/errors.js';
import { BAG_BYTES_READ_MAX, BAG_TUPLE_COUNT_MAX } from '../../../src/model/limits.js';
import { ProtobufWriter } from '../../../src/protobuf/protobuf-writer.js';
import { readGolden } from './golden-bags.js';

const FOLDER = path.join(import.meta.dirname, 'golden');
const GOLDEN = readdirSync(FOLDER).map((file) => readGolden(readFileSync(path.join(FOLDER, file), 'utf8')).bytes);
const NAMES = ['example', 'b', 'first', 'recent', 'total', 'by', 'panorama.blame'];
const SUM = bag('total', { keep: 'combined', by: [], values: { n: 'sum' } });

/** Reads the bytes, and if they are a bag does with it all that can be done. @returns whether they were */
function survive(bytes: Uint8Array): boolean {
  let read: Baggage;
  try {
    read = Baggage.deserialize(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(PanoramaError);
    expect((error as PanoramaError).code).toBe('PANO_BAGGAGE_MALFORMED');
    return false;
  }
  const again = () => Baggage.deserialize(bytes);
  for (const name of NAMES) expect(read.unpack(name).length).toBeLessThanOrEqual(BAG_TUPLE_COUNT_MAX);

  const serving = Baggage.enter(again());
  serving.pack('mine', { n: 1 });
  expect(serving.split().serialize({ byteCountMax: 3000 }).length).toBeLessThanOrEqual(3000);
  expect(serving.answer().unpack('mine')).toEqual([{ n: 1 }]);

  const asking = new Baggage();
  asking.pack('mine', { n: 1 });
  asking.split();
  for (const stranger of [again(), read, again()]) {
    asking.join(stranger);
    asking.pack('mine', { n: 2 });
    asking.pack(SUM, { n: 1 });
    expect(asking.serialize({ byteCountMax: 3000 }).length).toBeLessThanOrEqual(3000);
  }
  expect(asking.unpack('mine').slice(0, 1)).toEqual([{ n: 1 }]);
  return true;
}

/** One message of raw fields: number, wire type, and what follows the tag. */
const field = (number: number, wireType: number, ...rest: number[]) => [number * 8 + wireType, ...rest];
const message = (number: number, content: readonly number[]) => {
  const writer = new ProtobufWriter();
  writer.bytes(number * 8 + 2, Uint8Array.from(content));
  return [...writer.finish()];
};
const EVENT = field(2, 2, 1, 0x90);
const instance = (...content: number[]) => Uint8Array.from(message(3, [...EVENT, ...content]));
const rows = (...content: number[]) => instance(...message(4, [...message(1, [98]), ...content]));
const times = (count: number, content: readonly number[]) => Array.from({ length: count }, () => content).flat();

describe('golden bytes', () => {
  it('that were cut anywhere are refused or harmless', () => {
    for (const bytes of GOLDEN) for (let end = 0; end < bytes.length; end++) survive(bytes.subarray(0, end));
  });

  it('in which any one byte is another are refused or harmless', () => {
    for (const bytes of GOLDEN) {
      for (let at = 0; at < bytes.length; at++) {
        for (const flip of [0x01, 0x84]) survive(bytes.with(at, (bytes[at] as number) ^ flip));
      }
    }
  });

  it('that were mixed, cut and spliced are refused or harmless', () => {
    let bags = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...GOLDEN),
        fc.constantFrom(...GOLDEN),
        fc.nat(),
        fc.nat(),
        fc.uint8Array({ maxLength: 4 }),
        (one, other, from, to, between) => {
          const spliced = [one.subarray(0, from % one.length), between, other.subarray(to % other.length)];
          if (survive(Buffer.concat(spliced))) bags++;
        },
      ),
      { numRuns: 1500 },
    );
    expect(bags).toBeGreaterThan(50);
  });
});

describe('random bytes', () => {
  it('are refused or harmless', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void survive(bytes)),
      { numRuns: 1000 },
    );
  });

  it('in the place of what was packed are refused or harmless', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, within) => {
        survive(within ? rows(...bytes) : instance(...message(4, [...bytes])));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('bytes without measure', () => {
  const cases: [string, Uint8Array, boolean][] = [
    ['nothing at all', new Uint8Array(), true],
    ['more than are read', new Uint8Array(BAG_BYTES_READ_MAX + 1).fill(0x20), false],
    ['a length of 2^49', Uint8Array.from(field(3, 2, ...times(6, [0xff]), 0x7f)), false],
    ['a varint of eleven bytes', Uint8Array.from(field(4, 0, ...times(10, [0x80]), 0)), false],
    ['a group', Uint8Array.from(field(9, 3)), false],
    ['field 0', Uint8Array.of(0x02, 0), false],
    ['a name of a frame of 17 bytes', Uint8Array.from(message(1, times(17, [1]))), false],
    ['an event tree of 257 bytes', Uint8Array.from(message(3, message(2, times(257, [0])))), false],
    ['a stamp of 64 levels and one more', Uint8Array.from(message(2, times(17, [0x55]))), false],
    ['an instance without an event tree', Uint8Array.from(message(3, message(4, message(1, [98])))), false],
    ['4,000 instances with nothing but a key', Uint8Array.from(times(4000, [0x1a, 0])), false],
    ['1,600 instances of one key', Uint8Array.from(times(1600, message(3, EVENT))), true],
    ['4,000 tuples without values', rows(...times(4000, [0x2a, 0])), true],
    ['4,000 columns without names', rows(...times(4000, [0x22, 0])), true],
    ['4,000 values of a tuple without columns', rows(...message(5, times(4000, [0x0a, 0]))), true],
    ['1,500 bags', instance(...times(1500, message(4, [0x0a, 1, 98]))), true],
    [
      '1,000 bags of different names',
      instance(
        ...Array.from({ length: 1000 }, (_, n) =>
          message(4, message(1, [97 + (n % 26), 97 + ((n / 26) % 26), 97 + n / 676])),
        ).flat(),
      ),
      true,
    ],
    ['a bag that keeps the first 2^31 - 1', rows(0x10, 1, 0x18, 0xff, 0xff, 0xff, 0xff, 7), true],
    ['a bag that keeps the first none', rows(0x10, 1, ...message(5, [])), true],
    ['a bag without a name', instance(...message(4, message(5, []))), true],
    ['a name of 2,000 characters', instance(...message(4, message(1, times(2000, [98])))), true],
    [
      'text of 8,000 characters',
      rows(...message(4, message(1, [99])), ...message(5, message(1, message(3, times(7000, [98]))))),
      true,
    ],
    ['a way to keep far from any', rows(0x10, ...times(9, [0xff]), 1), true],
    [
      'an average of no tuples',
      rows(0x10, 3, ...message(4, [0x0a, 1, 99, 0x10, 5]), ...message(5, message(1, message(5, [])))),
      true,
    ],
  ];
  for (const [what, bytes, isBag] of cases) {
    it(`are ${isBag ? 'harmless' : 'refused'}: ${what}`, () => {
      expect(survive(bytes)).toBe(isBag);
    });
  }

  it('hold no more than a table of what was sent', () => {
    const read = Baggage.deserialize(
      rows(...message(4, message(1, [99])), ...message(5, message(1, message(3, times(7000, [98]))))),
    );
    expect(read.unpack('b')).toEqual([{ c: 'b'.repeat(512) }]);
    expect(Baggage.deserialize(rows(...times(4000, [0x2a, 0]))).unpack('b').length).toBe(4000);
  });

  it('that are read are copied, so that their buffer may be used again', () => {
    const bytes = Buffer.from(GOLDEN[0] as Uint8Array);
    const shared = Buffer.concat([Buffer.from([1, 2, 3]), bytes]).subarray(3);
    const read = Baggage.deserialize(shared);
    const before = read.unpack('example');
    const later = Baggage.deserialize(shared);
    shared.fill(0xff);
    expect(later.unpack('example')).toEqual(before);
    expect(Buffer.from(later.serialize()).equals(Buffer.from(read.serialize()))).toBe(true);
  });
});
