// SPDX-License-Identifier: Apache-2.0
/**
 * Bags as another language reads them: a reader in Python, written from `docs/wire-format.md` with nothing but Python's
 * standard library. What it makes of a bag must be what we make of it, and what we refuse it must refuse.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeBag } from '../../src/baggage/bag/bag-wire.js';
import { Baggage } from '../../src/baggage/bag/baggage.js';
import { bag, type Packing, type Tuple, type TupleValue } from '../../src/baggage/bag/packing.js';
import { bagOfText, textOfBag } from '../../src/baggage/transport/header-text.js';
import { readGolden } from '../baggage/bag/golden-bags.js';
import { World } from '../baggage/bag/world.js';
import { bytesOf } from '../baggage/itc/bit-text.js';
import { whyWithout } from './programs.js';

const without = whyWithout('python3', 'python3');
const READER = path.join(import.meta.dirname, 'fixtures', 'read_bag.py');
const FOLDER = path.join(import.meta.dirname, '../baggage/bag/golden');
const GOLDEN = readdirSync(FOLDER).map((name) => {
  const text = readFileSync(path.join(FOLDER, name), 'utf8');
  return { name, text, ...readGolden(text) };
});

const PACKINGS: Packing[] = [
  { keep: 'all' },
  { keep: 'first', count: 2 },
  { keep: 'recent', count: 3 },
  { keep: 'combined', values: { amount: 'sum' } },
  { keep: 'combined', by: ['group'], values: { least: 'min', most: 'max', mean: 'average', calls: 'count' } },
  { keep: 'combined', by: ['group', 'other'], values: { amount: 'average', most: 'sum' } },
];
/** Some have one name, and are bags of their own all the same. */
const BAGS = PACKINGS.map((packing, place) => bag(`bag ${place % 4}`, packing));

const number = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.maxSafeInteger(), fc.double(), fc.constantFrom(0, -0));
const long = fc.string({ unit: fc.constantFrom('ä', '😀', 'x'), minLength: 500, maxLength: 600 });
const text = fc.oneof({ weight: 9, arbitrary: fc.string({ unit: 'binary' }) }, { weight: 1, arbitrary: long });
const value = fc.oneof(number, number, number, text, fc.boolean());
const group = fc.constantFrom<TupleValue | undefined>('a', 'NaN', '', 1, '1', true, 0, -0, Number.NaN, 0.5, undefined);
const tuple: fc.Arbitrary<Tuple> = fc.oneof(
  fc.record({ amount: value, least: value, most: value, mean: value, group, other: group }, { requiredKeys: [] }),
  fc.dictionary(fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzä'), value, { maxKeys: 12 }),
);
const step = fc.record({
  verb: fc.constantFrom('pack', 'pack', 'pack', 'split', 'join', 'hop', 'ask', 'leave'),
  into: fc.constantFrom(...BAGS),
  at: fc.nat({ max: 20 }),
  tuple,
  byteCountMax: fc.oneof(fc.constant(8000), fc.nat({ max: 400 })),
  subject: fc.constantFrom('svc', 'n:s/i:1#p', '[::1]:80', 'two words', 'turned\u202e', '𝒳'.repeat(129), undefined),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Does the steps, in which each branch may be sent elsewhere, and asks others that may leave work behind. */
function live(steps: readonly Step[]): void {
  const branches = [new Baggage()];
  for (const { verb, into, at, tuple: values, byteCountMax, subject } of steps) {
    const i = at % branches.length;
    const one = branches[i] as Baggage;
    if (verb === 'pack') one.pack(into, values);
    else if (verb === 'split') branches.push(one.split());
    else if (verb === 'hop') branches[i] = Baggage.deserialize(one.serialize({ byteCountMax }));
    else if (verb === 'join') one.join(branches.length > 1 ? (branches.splice(i - 1, 1)[0] as Baggage) : one);
    else if (verb === 'ask' || verb === 'leave') {
      const serving = Baggage.enter(Baggage.deserialize(one.split().serialize({ byteCountMax })));
      serving.pack(into, values);
      if (verb === 'leave') branches.push(serving.split());
      one.join(Baggage.deserialize(serving.answer().serialize({ byteCountMax, subject })));
    }
  }
}

/** Every bag that is written meanwhile. */
function writtenDuring(work: () => void): Uint8Array[] {
  const serialize = vi.spyOn(Baggage.prototype, 'serialize');
  work();
  const written = serialize.mock.results.map(({ value }) => value as Uint8Array).filter(({ length }) => length > 0);
  serialize.mockRestore();
  return written;
}

function liveOn(seed: number): void {
  const world = new World(seed, { losses: true, duplicates: true, fanOut: true, late: true });
  for (let count = 0; count < 80; count++) world.step();
}

/** Each with one byte that is another, wherever chance has it. */
function withOneByteChanged(bags: readonly Uint8Array[]): Uint8Array[] {
  const change = fc.record({ bytes: fc.constantFrom(...bags), at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });
  return fc.sample(change, 3000).map(({ bytes, at, by }) => {
    const place = at % bytes.length;
    return Buffer.from(bytes).fill((bytes[place] as number) ^ by, place, place + 1);
  });
}

/** Bytes that nobody of ours writes, put together from parts. */
type Part = number | string | Uint8Array | readonly Part[];
const joined = (part: Part): Buffer => {
  if (typeof part === 'number') return Buffer.of(part);
  return typeof part === 'string' || part instanceof Uint8Array ? Buffer.from(part) : Buffer.concat(part.map(joined));
};
const message = (number: number, ...content: Part[]): Buffer => {
  const { length } = joined(content);
  return joined([number * 8 + 2, length < 128 ? length : [(length & 127) | 128, length >> 7], content]);
};
const times = (count: number, ...parts: Part[]): Part => new Array<Part>(count).fill(parts);
const [FRAME, EVENT] = [message(1, 'A'), message(2, 0x90)];
const instance = (...content: Part[]) => message(3, EVENT, ...content);
const table = (name: string, ...content: Part[]) => message(4, message(1, name), ...content);
const column = (name: string, combine: number) => message(4, message(1, name), 0x10, combine);
const row = (...values: Part[]) => message(5, ...values.map((each) => message(1, each)));
const INFINITE = row([0x11, times(6, 0), 0xf0, 0x7f]);
const [COMBINED, COLUMN] = [[0x10, 3], column('n', 0)];
const [one, two] = [row([8, 2]), row([8, 4])];
const [ONE, TWO] = [table('b', COLUMN, one), table('b', COLUMN, two)];
/** An instance with a table. */
const b = (...content: Part[]) => instance(table('b', ...content));
const stamp = (bits: string) => message(2, bytesOf(bits));
const MALFORMED: Record<string, Part> = {
  'a stamp with (0, 0)': stamp('01 000 1000'),
  'a stamp with (0, 0, 0)': stamp('001 000 1000'),
  'a stamp with (1, 1)': stamp('11 001 001 1000'),
  'a stamp with a base that is no number': stamp('001 01100 0001001 1001'),
  'a stamp with a base of 0': stamp('001 01100 1000 1001'),
  'a stamp with (0, 1, 2), both above the ground': stamp('001 010 1001 1010'),
  'a stamp with (1, 0, 2) the long way': stamp('001 0111 1001 1000 1010'),
  'a stamp of which the last byte is not filled up with zeros': stamp('001 1000 1'),
  'a stamp with a byte behind the end': stamp('001 1000 0 00000000'),
  'a stamp with an id of 65 halvings': stamp(`${'01'.repeat(65)} 001 1000`),
  'a stamp with an event tree of 65 halvings': stamp(`001 ${'000'.repeat(65)} 1001`),
  'a stamp with the number 2^53': stamp(`001 1 ${'1'.repeat(51)}0 ${'100'.padStart(53, '0')}`),
  'a stamp with a height of 2^53': stamp(`001 01100 1 ${'1'.repeat(51)}0 ${'11'.padStart(53, '0')} 1001`),
  'a stamp of 257 bytes': message(2, bytesOf('001 1000'), times(256, 0)),
  'an instance without an event': message(3, ONE),
  'an event of 257 bytes': message(3, message(2, times(257, 0))),
  'a frame of 17 bytes': message(1, times(17, 'A')),
  'a varint of 65 bits': [0x20, times(9, 0xff), 2],
  'a varint of eleven bytes': [0x20, times(10, 0x80), 0],
  'a tag of 33 bits': [times(4, 0x80), 0x10, 0],
  'a group': [0x4b, 0x4c],
  'more than 8192 bytes': times(4097, 0x20, 1),
};

/** What a reader must bear: what it does not like of it, it leaves out. */
const STRANGE: Record<string, Part> = {
  'a frame behind its instances': [instance(ONE), FRAME, instance(TWO)],
  'a copy': [instance(ONE), instance(TWO)],
  'a whole copy behind a partial one': [instance(ONE, 0x18, 2), instance(TWO)],
  'a partial copy behind a whole one': [instance(ONE), instance(TWO, 0x18, 2)],
  'all flags': [0, 1, 2, 3, 4, 5, 6, 7, 8, 15].map((flags) => instance(FRAME, 0x18, flags, ONE)),
  'a clock of two equal halves that are no numbers': stamp('001 010 0011001 0011001'),
  'an empty event': message(3, message(2), ONE),
  'fields that stand twice': [FRAME, message(1), 0x20, 1, 0x20, 0, message(5, 'a'), message(5, 'b')],
  'fields of another type than their own': [0x08, 1, message(4, 1), instance(0x10, 1, 0x20, 1, ONE)],
  'a second table of one bag': instance(ONE, TWO),
  'a row before its column': b(one, COLUMN, two),
  'values without a column': b(COLUMN, row([8, 2], [8, 4], 0xff)),
  'seventeen columns': b(
    [...'abcdefghijklmnopq'].map((it) => column(it, 0)),
    row(...Array(17).fill([8, 2])),
  ),
  'a way to combine in a table that keeps all': b(column('n', 9), one),
  'a malformed table beside a good one': instance(ONE, table('c', 0xff)),
  'an instance beside one with a malformed table': [message(3, message(2, 0xa0), table('')), instance(ONE)],
  'a table that keeps fewer than it has': b(0x10, 2, 0x18, 1, COLUMN, one, two),
  'two columns of one name': b(COLUMN, COLUMN, one),
  'a name of 65 units': instance(table('x'.repeat(65), COLUMN, one)),
  'nothing to combine': b(COMBINED, COLUMN, one),
  'a group behind what is combined': b(COMBINED, column('n', 1), column('g', 0), row([8, 2], [8, 2])),
  'groups 1 and true': b(COMBINED, column('g', 0), column('n', 1), times(2, row([8, 2], [8, 2])), row([32, 1], [8, 2])),
  'what cannot be combined': [1, 2, 3, 4, 5].map((way) =>
    message(3, message(2, way), table('b', COMBINED, column('n', way), row([32, 1]), row(message(3, 'a')), INFINITE)),
  ),
  'a sum past the greatest number': b(COMBINED, column('n', 1), times(2, row([0x11, times(6, 0xff), 0xef, 0x7f]))),
  'the lesser of 0 and -0': b(COMBINED, column('n', 3), row([8, 0]), row([0x11, times(7, 0), 0x80])),
  'an average of none': b(COMBINED, column('n', 5), row(message(5, 0x10, 0))),
  'an average where none belongs': b(COLUMN, row(message(5, 0x10, 1))),
  'a value that is given twice': b(COLUMN, row([8, 2, 0x20, 1]), row([8, 2, message(5)])),
  'integers past 2^53': b(COLUMN, row([8, times(9, 0xff), 1]), row([8, times(9, 0xfe), 1])),
  'text that is no UTF-8': b(COLUMN, row(message(3, 0xff, 0xe2, 0x82, 'a', 0xed, 0xa0, 0x80))),
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
type Tree = number | readonly Tree[];
const spelled = (tree: Tree): string => (typeof tree === 'number' ? `${tree}` : `(${tree.map(spelled).join(', ')})`);

/** A tuple as JSON has it, which lacks the numbers that are not finite. */
function shown(tuple: Tuple): object {
  const real = (cell: unknown) => typeof cell === 'number' && !Number.isFinite(cell);
  return Object.fromEntries(Object.entries(tuple).map(([of, cell]) => [of, real(cell) ? { real: `${cell}` } : cell]));
}

/** What is in a bag, as we read it. */
function contentsOf(bytes: Uint8Array) {
  const { frame, stamp, truncated, subject = null, instances } = decodeBag(bytes);
  const outlines = instances.map(({ frame, event, origin, partial, contents }) => {
    return { frame: hex(frame), event: hex(event), origin, partial, contents: hex(contents.bytes()) };
  });
  const tuples: Record<string, object[]> = {};
  for (const { bag } of instances.flatMap(({ contents }) => [...contents.rows()])) {
    const unpacked = Baggage.deserialize(bytes).unpack(bag.name);
    if (unpacked.length > 0) tuples[bag.name] = unpacked.map(shown);
  }
  const clock = stamp ? `${spelled(stamp.id)} ${spelled(stamp.event)}` : null;
  return { frame: hex(frame), stamp: clock, truncated, subject, instances: outlines, tuples };
}
type Contents = ReturnType<typeof contentsOf>;
type Reading = Contents | { malformed: string };

function ours(bytes: Uint8Array): Reading {
  try {
    return contentsOf(bytes);
  } catch {
    return { malformed: expect.any(String) };
  }
}

describe.skipIf(without)('a reader in Python', () => {
  const NO_BASE64URL = ['', 'CAE=', 'CA+E', 'CA/E', 'CA E', 'CA%3D', 'CAE\n'];
  const readings = new Map<string, Reading>();
  const pythons = (bytes: Uint8Array) => readings.get(textOfBag(bytes)) as Reading;
  const golden = GOLDEN.map(({ bytes }) => bytes);
  const fromHistories = fc
    .sample(fc.array(step, { minLength: 30 }), 120)
    .flatMap((it) => writtenDuring(() => live(it)));
  const fromWorlds = fc.sample(fc.nat(), 25).flatMap((seed) => writtenDuring(() => liveOn(seed)));
  const cut = golden.flatMap((bytes) => Array.from(bytes.subarray(1), (_, end) => bytes.subarray(0, end + 1)));
  const changed = withOneByteChanged([...golden, ...fromHistories, ...fromWorlds]);

  beforeAll(() => {
    const made = [...Object.values(MALFORMED), ...Object.values(STRANGE)].map(joined);
    const all = [...golden, ...fromHistories, ...fromWorlds, ...cut, ...changed, ...made];
    const texts = [...all.map(textOfBag), ...NO_BASE64URL];
    const input = texts.map((each) => `${JSON.stringify(each)}\n`).join('');
    const ran = spawnSync('python3', ['-I', READER], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    for (const [place, line] of ran.stdout.trimEnd().split('\n').entries()) {
      readings.set(texts[place] as string, JSON.parse(line) as Reading);
    }
  });

  /** @returns how many of them are malformed */
  function readsAsWeDo(those: readonly Uint8Array[]): number {
    for (const bytes of those) {
      expect({ bag: hex(bytes), ...pythons(bytes) }).toEqual({ bag: hex(bytes), ...ours(bytes) });
    }
    return those.filter((bytes) => 'malformed' in pythons(bytes)).length;
  }

  for (const { name, text, bytes, tuples } of GOLDEN) {
    it(`unpacks ${name} to what the file says`, () => {
      expect(readsAsWeDo([bytes])).toBe(0);
      const read = pythons(bytes) as Contents;
      expect(Object.entries(read.tuples).flatMap(([of, rows]) => rows.map((each) => [of, each]))).toEqual(tuples);
      expect(read.subject).toBe(/^# Subject: (.*)$/m.exec(text)?.[1] ?? null);
      expect(read.truncated).toBe(/^# Truncated$/m.test(text));
    });
  }

  it('reads what branches wrote that pack, split, ask and join at random as we do', () => {
    expect(readsAsWeDo(fromHistories)).toBe(0);
    const told = fromHistories.map((bytes) => JSON.stringify(pythons(bytes)));
    for (const kind of ['own', 'given', 'shared', 'partial":true', 'truncated":true', 'stamp":null', 'subject":"svc']) {
      expect([kind, told.filter((each) => each.includes(kind)).length > 5]).toEqual([kind, true]);
    }
  });

  it('reads what was written where branches are lost and answers come twice as we do', () => {
    expect(readsAsWeDo(fromWorlds)).toBe(0);
    expect(fromWorlds.length).toBeGreaterThan(100);
  });

  it('refuses bags that were cut where we refuse them, and else reads as much', () => {
    expect(readsAsWeDo(cut)).toBeGreaterThan(cut.length / 2);
  });

  it('refuses bags of which one byte is another where we refuse them, and else reads the same', () => {
    const malformed = readsAsWeDo(changed);
    expect(malformed).toBeGreaterThan(changed.length / 10);
    expect(malformed).toBeLessThan(changed.length / 2);
  });

  for (const [what, bytes] of Object.entries(MALFORMED)) {
    it(`refuses ${what}, as we do`, () => expect(readsAsWeDo([joined(bytes)])).toBe(1));
  }

  for (const [what, bytes] of Object.entries(STRANGE)) {
    it(`bears ${what}, as we do`, () => expect(readsAsWeDo([joined(bytes)])).toBe(0));
  }

  it('refuses text that is not base64url, as we do', () => {
    for (const each of NO_BASE64URL) {
      expect([each, bagOfText(each), readings.get(each)]).toEqual([each, undefined, { malformed: expect.any(String) }]);
    }
  });
});
