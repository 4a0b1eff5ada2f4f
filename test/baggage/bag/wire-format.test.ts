// SPDX-License-Identifier: Apache-2.0
/**
 * `docs/wire-format.md` against the code: the example is a golden file, the bounds are the code's, and a reader that is
 * made from the page's messages alone, by somebody else's protobuf, finds in the golden files what they say.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { FRAME_BYTES_MAX } from '../../../src/baggage/bag/frame.js';
import type { Tuple, TupleValue } from '../../../src/baggage/bag/packing.js';
import { STAMP_BYTES_MAX } from '../../../src/baggage/itc/bit-string.js';
import { ANSWER_HEADER, BAG_ENTRY, bagOfText, textOfBag } from '../../../src/baggage/transport/header-text.js';
import * as limits from '../../../src/model/limits.js';
import { readGolden } from './golden-bags.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const FOLDER = path.join(import.meta.dirname, 'golden');
const PAGE = readFileSync(path.join(ROOT, 'docs/wire-format.md'), 'utf8');
const block = (language: string) => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(PAGE)?.[1] ?? '';
const golden = (name: string) => readGolden(readFileSync(path.join(FOLDER, name), 'utf8'));

/** The rows of the page's tables, by their first cell. */
const cells = new Map(
  PAGE.split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, first, ...rest]): [string, string[]] => [first as string, rest]),
);

const { root } = protobuf.parse(block('proto'), { keepCase: true });
const BAG = root.lookupType('panorama.baggage.Bag');
const KEEP = root.lookupEnum('panorama.baggage.Keep').values;
const COMBINE = root.lookupEnum('panorama.baggage.Combine').values;

interface PlainValue {
  readonly value?: 'integer' | 'real' | 'text' | 'flag' | 'average';
  readonly integer: number;
  readonly real: number;
  readonly text: string;
  readonly flag: boolean;
  readonly average: { readonly sum: number; readonly count: number };
}

interface PlainRows {
  readonly name: string;
  readonly keep: number;
  readonly columns: readonly { readonly name: string; readonly combine: number }[];
  readonly rows: readonly { readonly values: readonly PlainValue[] }[];
}

interface PlainBag {
  readonly instances: readonly { readonly rows: readonly PlainRows[] }[];
}

function plain({ value, integer, real, text, flag, average }: PlainValue): TupleValue | undefined {
  if (value === 'average') return average.sum / average.count;
  return value && { integer, real, text, flag }[value];
}

/** What a bag holds, as far as a reader of the page's version understands it. No golden bag needs two tables merged. */
function unpacked(bytes: Uint8Array): [string, Tuple][] {
  const decoded = BAG.toObject(BAG.decode(bytes), {
    longs: Number,
    arrays: true,
    defaults: true,
    oneofs: true,
  }) as PlainBag;
  const known = ({ keep, columns }: PlainRows) =>
    Object.values(KEEP).includes(keep) && columns.every(({ combine }) => Object.values(COMBINE).includes(combine));
  return decoded.instances
    .flatMap(({ rows }) => rows.filter(known))
    .flatMap(({ name, columns, rows }) =>
      rows.map(({ values }): [string, Tuple] => {
        const entries = values.map((value, place) => [columns[place]?.name, plain(value)]);
        return [name, Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Tuple];
      }),
    );
}

describe('the page’s messages, compiled by another protobuf', () => {
  for (const file of readdirSync(FOLDER)) {
    it(`read ${file}`, () => {
      const { bytes, tuples } = golden(file);
      expect(unpacked(bytes)).toEqual(tuples);
    });
  }

  it('are written by it to the same bytes, but for what is unknown to it and what it need not write', () => {
    for (const name of ['clock-only', 'request', 'nested-request', 'answer', 'answer-while-out', 'given-and-split']) {
      const { bytes } = golden(`${name}.hex`);
      expect([name, Buffer.from(BAG.encode(BAG.decode(bytes)).finish()).toString('hex')]).toEqual([
        name,
        Buffer.from(bytes).toString('hex'),
      ]);
    }
  });
});

describe('the page’s example', () => {
  const { bytes } = golden('branch.hex');
  const hex = Buffer.from(bytes).toString('hex');

  it('is the golden branch', () => {
    expect(block('hex').replaceAll('\n', '')).toBe(hex);
  });

  it('is explained to the last byte', () => {
    const explained = [...cells.keys()].filter((cell) => /^`[0-9a-f]{2}( [0-9a-f]{2})*`$/.test(cell));
    expect(explained.join('').replaceAll(/[` ]/g, '')).toBe(hex);
  });

  it('is the text of the header', () => {
    expect(block('http').trim()).toBe(`baggage: ${BAG_ENTRY}=${textOfBag(bytes)}`);
    expect(bagOfText(textOfBag(bytes))?.unpack('example')).toEqual([{ value: 10 }]);
  });
});

describe('the page’s names and bounds', () => {
  it('are the names of the code', () => {
    expect(cells.get('a request or a message')?.[0]).toContain(`\`${BAG_ENTRY}\``);
    for (const carrier of ['an HTTP response', 'a gRPC response', 'a reply to a message']) {
      expect(cells.get(carrier)?.[0]).toContain(`\`${ANSWER_HEADER}\``);
    }
  });

  it('are the bounds of the code', () => {
    const bounds: [string, number][] = [
      ['bytes of a bag', limits.BAG_BYTES_READ_MAX],
      ['bytes of a frame’s name', FRAME_BYTES_MAX],
      ['bytes of a stamp or an event', STAMP_BYTES_MAX],
      ['instances of a bag', limits.BAG_INSTANCE_COUNT_MAX],
      ['instances held by a branch', limits.BAG_INSTANCE_COUNT_MAX],
      ['tables of an instance, and bags of a branch', limits.BAG_TABLE_COUNT_MAX],
      ['rows of a table', limits.BAG_TUPLE_COUNT_MAX],
      ['tuples of all tables that are written together', limits.BAG_TUPLE_COUNT_MAX],
      ['columns of a table', limits.BAG_COLUMN_COUNT_MAX],
      ['UTF-16 units of a name', limits.BAG_NAME_LENGTH_MAX],
      ['UTF-16 units of a text', limits.BAG_TEXT_LENGTH_MAX],
    ];
    const from = PAGE.replaceAll("'", '’');
    for (const [what, bound] of bounds) expect(from).toContain(`| ${what} | ${bound} |`);
    expect(PAGE).toContain(`The sender's budget is ${limits.BAG_BYTES_MAX.toLocaleString('en')} bytes by default`);
  });
});
