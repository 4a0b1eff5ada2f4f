// SPDX-License-Identifier: Apache-2.0
/**
 * The bags of the golden files: one for each message, field and flag of the format. All names of frames are given, so the
 * bytes are the same in every run. A file tells what the bag is, what it unpacks to (`= name tuple`), and its bytes in hex.
 */
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { bag, type Packing, type Tuple } from '../../../src/baggage/bag/packing.js';
import { ProtobufWriter } from '../../../src/protobuf/protobuf-writer.js';

export interface GoldenBag {
  readonly about: string;
  /** The bags within it that this version understands. */
  readonly names: readonly string[];
  readonly bytes: () => Uint8Array;
}

/** The frame named by one letter, eight times. */
export const frame = (letter: string): Uint8Array => Buffer.from(letter.repeat(8));

const combined = (by: string[], values: Extract<Packing, { keep: 'combined' }>['values']): Packing => ({
  keep: 'combined',
  by,
  values,
});

function baggageOf(letter: string, ...tuples: [string, Tuple][]): Baggage {
  const baggage = new Baggage(frame(letter));
  for (const [name, tuple] of tuples) baggage.pack(name, tuple);
  return baggage;
}

/** Somebody who was asked by `A`, which had packed 10. */
function asked(): { caller: Baggage; callee: Baggage } {
  const caller = baggageOf('A', ['example', { value: 10 }]);
  const callee = Baggage.enter(Baggage.deserialize(caller.request().serialize()), frame('B'));
  callee.pack('example', { value: 5 });
  return { caller, callee };
}

function packings(): Baggage {
  const baggage = new Baggage(frame('A'));
  const all: [string, Packing, Tuple[]][] = [
    ['first', { keep: 'first', count: 2 }, [{ n: 1 }, { n: 2 }, { n: 3 }]],
    ['recent', { keep: 'recent', count: 2 }, [{ n: 1 }, { n: 2 }, { n: 3 }]],
    ['total', combined([], { n: 'sum' }), [{ n: 1 }, { n: 2.5 }]],
    [
      'by',
      combined(['service', 'ok'], { calls: 'count', least: 'min', most: 'max', mean: 'average' }),
      [
        { service: 'dn1', ok: true, least: 3, most: 3, mean: 3 },
        { service: 'dn2', ok: false },
        { service: 'dn1', ok: true, least: 1, most: 1, mean: 1 },
      ],
    ],
  ];
  for (const [name, packing, tuples] of all) for (const tuple of tuples) baggage.pack(bag(name, packing), tuple);
  return baggage;
}

function fromANewerVersion(): Uint8Array {
  const writer = new ProtobufWriter();
  const { varint, text, bytes, message } = {
    varint: (field: number, value: number) => writer.varint(field * 8, value),
    text: (field: number, value: string) => writer.text(field * 8 + 2, value),
    bytes: (field: number, value: Uint8Array) => writer.bytes(field * 8 + 2, value),
    message: (field: number, write: () => void) => writer.message(field * 8 + 2, write),
  };
  bytes(1, frame('A'));
  bytes(2, Uint8Array.of(0x4c, 0x80));
  message(3, () => {
    bytes(2, Uint8Array.of(0x90));
    message(4, () => {
      text(1, 'example');
      message(4, () => text(1, 'value'));
      message(5, () => message(1, () => varint(1, 20)));
      text(14, 'a field of Rows');
    });
    message(4, () => {
      text(1, 'kept in a new way');
      varint(2, 9);
      message(4, () => text(1, 'value'));
      message(5, () => message(1, () => varint(1, 22)));
    });
    message(4, () => {
      text(1, 'combined in a new way');
      varint(2, 3);
      message(4, () => {
        text(1, 'value');
        varint(2, 9);
      });
      message(5, () => message(1, () => varint(1, 24)));
    });
    text(14, 'a field of Instance');
  });
  text(14, 'a field of Bag');
  return writer.finish();
}

export const GOLDEN_BAGS: Readonly<Record<string, GoldenBag>> = {
  'clock-only': {
    about: 'Half of a clock, and nothing packed.',
    names: [],
    bytes: () => new Baggage(frame('A')).split().serialize(),
  },
  branch: {
    about: 'A branch: 10 was packed into the bag "example", then it was split off with half of the clock.',
    names: ['example'],
    bytes: () =>
      baggageOf('A', ['example', { value: 10 }])
        .split()
        .serialize(),
  },
  request: {
    about: 'A request: the same, without a part of the clock.',
    names: ['example'],
    bytes: () =>
      baggageOf('A', ['example', { value: 10 }])
        .request()
        .serialize(),
  },
  values: {
    about: 'Every type of value, and columns that a tuple does not have.',
    names: ['b'],
    bytes: () =>
      baggageOf(
        'A',
        ['b', { text: 'ä', whole: -1, real: 0.5, flag: true }],
        ['b', { flag: false, text: '' }],
        ['b', { whole: Number.MAX_SAFE_INTEGER, real: -1e300 }],
      ).serialize(),
  },
  packings: {
    about: 'Every packing: the first, the most recent, and combined values, with and without groups.',
    names: ['first', 'recent', 'total', 'by'],
    bytes: () => packings().serialize(),
  },
  'nested-request': {
    about: 'A request that B sends while it serves the one of A: what A packed keeps its frame.',
    names: ['example'],
    bytes: () => asked().callee.request().serialize(),
  },
  answer: {
    about: 'The answer of B to A: what B packed is given.',
    names: ['example'],
    bytes: () => asked().callee.answer().serialize({ subject: 'svc:callee' }),
  },
  'answer-while-out': {
    about: 'The answer of B while a branch of B is out, so that copies may be anywhere: it is shared.',
    names: ['example'],
    bytes: () => {
      const { callee } = asked();
      callee.split();
      return callee.answer().serialize();
    },
  },
  'given-and-split': {
    about: 'A half that goes on elsewhere in frame A, with an instance that B gave and that A has too.',
    names: ['example'],
    bytes: () => {
      const { caller, callee } = asked();
      caller.split();
      caller.join(Baggage.deserialize(callee.answer().serialize()));
      return caller.split().serialize();
    },
  },
  truncated: {
    about: 'A bag of at most 110 bytes, from which tuples were left out.',
    names: ['example', 'panorama.blame'],
    bytes: () =>
      baggageOf('A', ...[1, 2, 3, 4, 5, 6].map((value): [string, Tuple] => ['example', { value }]), [
        'panorama.blame',
        { subject: 'dn1' },
      ]).serialize({ byteCountMax: 110 }),
  },
  newer: {
    about: 'A bag of a newer version: fields, a way to keep and a way to combine that this version does not know.',
    names: ['example'],
    bytes: fromANewerVersion,
  },
};

/** The text of a golden file. */
export function goldenText({ about, names, bytes }: GoldenBag): string {
  const encoded = bytes();
  const baggage = Baggage.deserialize(encoded);
  const lines = [`# ${about}`];
  if (baggage.subject !== undefined) lines.push(`# Subject: ${baggage.subject}`);
  if (baggage.truncated) lines.push('# Truncated');
  for (const name of names) {
    for (const tuple of baggage.unpack(name)) lines.push(`= ${name} ${JSON.stringify(tuple)}`);
  }
  const hex = Buffer.from(encoded).toString('hex');
  return `${[...lines, ...(hex.match(/.{1,64}/g) ?? [])].join('\n')}\n`;
}

/** The bytes of a golden file, and the tuples that it says are in them. */
export function readGolden(text: string): { bytes: Uint8Array; tuples: [string, Tuple][] } {
  const lines = text.split('\n');
  const hex = lines.filter((line) => /^[0-9a-f]+$/.test(line)).join('');
  const tuples = lines.flatMap((line): [string, Tuple][] => {
    const [, name, tuple] = /^= (\S+) (.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, JSON.parse(tuple as string) as Tuple]];
  });
  return { bytes: Buffer.from(hex, 'hex'), tuples };
}
