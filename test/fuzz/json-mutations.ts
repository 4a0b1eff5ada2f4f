// SPDX-License-Identifier: Apache-2.0
/** Mutations of JSON text value by value, so that most of what comes out is still JSON and only says something else. */
import type { Chance } from './chance.js';
import type { Scratch } from './scratch.js';

/** Where something stands in the text. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** A request of the corpus, scanned once for the whole run. */
export interface ScannedRequest {
  readonly bytes: Uint8Array;
  /** Every value at any depth. */
  readonly values: readonly Range[];
  /** Every member of an object, key and value. */
  readonly members: readonly Range[];
}

const EDITS_MAX = 4;
const NESTING_MAX = 150;
/** Bytes that repetition makes of a part. */
const REPEATED_BYTES_MAX = 8192;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const VALUES = [
  ...[
    'null',
    'true',
    'false',
    '0',
    '-0',
    '1',
    '-1',
    '2',
    '3',
    '5',
    '6',
    '1e400',
    '-1e400',
    '1e-400',
    '1.5',
    '0.1',
    '9007199254740993',
  ],
  ...[
    '18446744073709551615',
    '18446744073709551616',
    '-9223372036854775808',
    '9223372036854775808',
    '1E18',
    '01',
    '-',
    '1.',
    '.5',
    '+1',
  ],
  ...[
    '""',
    '"0"',
    '"-1"',
    '"18446744073709551615"',
    '"9223372036854775807"',
    '"1.0"',
    '"NaN"',
    '"Infinity"',
    '"-Infinity"',
    '" 1"',
  ],
  ...[
    '{}',
    '[]',
    '[{}]',
    '{"":0}',
    '[null]',
    '[[]]',
    '{"stringValue":"x"}',
    '{"intValue":"5"}',
    '{"intValue":5,"stringValue":"x"}',
  ],
  ...[
    '{"arrayValue":{"values":[{"stringValue":"x"},{},{"arrayValue":{"values":[]}}]}}',
    '{"kvlistValue":{"values":[]}}',
  ],
  ...[
    '"\\u0000"',
    '"\\ud83d\\ude00"',
    '"\\ud83d"',
    '"\\ude00x"',
    '"\\\\"',
    '"\\u00',
    '"\\x"',
    '"\u0001"',
    '"\ufeff"',
    '"é😀"',
  ],
  ...[
    '"ffffffffffffffff"',
    '"0000000000000000"',
    '"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"',
    '"zz"',
    '"AQIDBAUGBwgJCgsMDQ4PEA=="',
  ],
  ...[
    '"SPAN_KIND_CLIENT"',
    '"STATUS_CODE_ERROR"',
    '"SPAN_KIND_"',
    '"__proto__"',
    '"constructor"',
    'NaN',
    'undefined',
    "'x'",
    '//',
  ],
].map(encode);
const KEYS = [
  ...[
    '__proto__',
    'constructor',
    'key',
    'value',
    'stringValue',
    'intValue',
    'traceId',
    'spanId',
    'attributes',
    'resource',
    'spans',
  ],
  ...[
    'scopeSpans',
    'resourceSpans',
    'tr\\u0061ceId',
    '',
    'k'.repeat(70),
    'kind',
    'status',
    'startTimeUnixNano',
    'trace_id',
  ],
].map((key) => encode(`"${key}":`));

const COMMA = encode(',');
const NOTHING = new Uint8Array();

/** Where the values and members of valid JSON stand. What is no JSON (an edge case of the corpus) has none. */
export function scanRequest(bytes: Uint8Array): ScannedRequest {
  const values: Range[] = [];
  const members: Range[] = [];
  const text = Buffer.from(bytes).toString('latin1');
  try {
    JSON.parse(text.replace(/^\xef\xbb\xbf/, ''));
  } catch {
    return { bytes, values, members };
  }
  const open: { readonly start: number; readonly memberStart: number }[] = [];
  let memberStart = -1;
  const close = (start: number, end: number): void => {
    values.push({ start, end });
    if (memberStart >= 0) members.push({ start: memberStart, end });
    memberStart = -1;
  };
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]|[^\s{}[\],:"]+/g)) {
    const end = index + token.length;
    if (token === '{' || token === '[') {
      open.push({ start: index, memberStart });
      memberStart = -1;
    } else if (token === '}' || token === ']') {
      const opened = open.pop();
      memberStart = opened?.memberStart ?? -1;
      close(opened?.start ?? 0, end);
    } else if (token.endsWith(':') && token.startsWith('"')) memberStart = index;
    else if (token !== '\xef\xbb\xbf') close(index, end);
  }
  return { bytes, values, members };
}

/** Writes a request into the scratch with a few of its values changed. */
export function mutateJson(scratch: Scratch, chance: Chance, request: ScannedRequest, donor: ScannedRequest): void {
  scratch.set(request.bytes);
  // From the end to the beginning, so that the places before an edit stay what they are.
  let before = Number.POSITIVE_INFINITY;
  for (let count = 1 + chance.below(EDITS_MAX); count > 0; count--) {
    const isMember = chance.oneIn(3) && request.members.length > 0;
    const range = chance.pick(isMember ? request.members : request.values);
    if (range.end > before) continue;
    before = range.start;
    if (isMember) editMember(scratch, chance, range, donor);
    else editValue(scratch, chance, range, donor);
  }
}

function editMember(scratch: Scratch, chance: Chance, { start, end }: Range, donor: ScannedRequest): void {
  const member = scratch.bytes.slice(start, end);
  const colon = member.indexOf(0x3a);
  switch (chance.below(4)) {
    case 0:
      // It is left out, with the comma behind it.
      scratch.splice(start, end - start + (scratch.bytes[end] === 0x2c ? 1 : 0), NOTHING);
      break;
    case 1:
      // It comes again.
      repeat(scratch, chance, start, member);
      break;
    case 2:
      // It has another key.
      scratch.splice(start, colon + 1, chance.pick(KEYS));
      break;
    default:
      // Another stands in its place.
      scratch.splice(start, end - start, partOf(donor, chance.pick(donor.members)));
  }
}

function editValue(scratch: Scratch, chance: Chance, { start, end }: Range, donor: ScannedRequest): void {
  switch (chance.below(5)) {
    case 0:
    case 1:
      scratch.splice(start, end - start, chance.pick(VALUES));
      break;
    case 2:
      scratch.splice(start, end - start, partOf(donor, chance.pick(donor.values)));
      break;
    case 3:
      repeat(scratch, chance, start, scratch.bytes.slice(start, end));
      break;
    default: {
      // It stands deep inside.
      const depth = Math.min(chance.length(), NESTING_MAX);
      const [head, tail] = chance.pick([
        ['[', ']'],
        ['{"a":', '}'],
        ['{"arrayValue":{"values":[', ']}}'],
      ]) as [string, string];
      scratch.splice(end, 0, encode(tail.repeat(depth)));
      scratch.splice(start, 0, encode(head.repeat(depth)));
    }
  }
}

function repeat(scratch: Scratch, chance: Chance, at: number, part: Uint8Array): void {
  const once = Buffer.concat([part, COMMA]);
  const times = Math.min(chance.length(), Math.ceil(REPEATED_BYTES_MAX / once.length));
  scratch.splice(at, 0, Buffer.alloc(once.length * times, once));
}

function partOf(donor: ScannedRequest, range: Range | undefined): Uint8Array {
  return range ? donor.bytes.subarray(range.start, range.end) : (VALUES[0] ?? NOTHING);
}
