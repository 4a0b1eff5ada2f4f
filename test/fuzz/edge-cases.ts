// SPDX-License-Identifier: Apache-2.0
/** Requests at the edge of what is valid, and beyond it: each was worth a test once, and is a good place to start from. */
import {
  anyValueBytes,
  type Bytes,
  field,
  fixed64,
  flatten,
  jsonBytes,
  requestOfSpans,
  spanBytes,
  spanJson,
  tag,
  varint,
  wireSpan,
} from '../engine/wire/otlp-writer.js';
import type { Entry } from './corpus.js';

const VALID = spanBytes(wireSpan());
const attribute = (key: string, value: Bytes): Bytes => field(9, [field(1, key), field(2, value)]);
const repeat = (count: number, part: Bytes): Bytes => Array.from({ length: count }, () => part);

function nested(depth: number, numbers: readonly number[]): Uint8Array {
  let bytes: Uint8Array = new Uint8Array();
  for (let level = 0; level < depth; level++)
    bytes = flatten(numbers.reduceRight<Bytes>((inner, n) => field(n, inner), [[...bytes]]));
  return bytes;
}

const PROTOBUF: Readonly<Record<string, Uint8Array>> = {
  'an empty span': requestOfSpans([]),
  'many empty resources': flatten(repeat(50, field(1, []))),
  'the last of many times': requestOfSpans([
    VALID,
    repeat(5, [tag(7, 1), fixed64(2n ** 64n - 1n)]),
    [tag(8, 1), fixed64(0n)],
  ]),
  'every number at its end': requestOfSpans([
    VALID,
    attribute('server.port', [tag(3, 0), varint(2n ** 63n)]),
    attribute('http.status_code', [tag(3, 0), varint(2n ** 53n)]),
    attribute('panorama.count', [tag(4, 1), fixed64(0x7ff8_0000_0000_0001n)]),
    attribute('panorama.suspicion', [tag(4, 1), fixed64(0x8000_0000_0000_0000n)]),
  ]),
  'a varint of ten bytes': requestOfSpans([VALID, tag(6, 0), repeat(9, [0xff]), 1]),
  'a varint of eleven bytes': requestOfSpans([VALID, tag(6, 0), repeat(10, [0xff]), 1]),
  'a length of 2^31': requestOfSpans([VALID, tag(9, 2), varint(2 ** 31)]),
  'a length of 2^64 - 1': requestOfSpans([VALID, tag(5, 2), varint(2n ** 64n - 1n)]),
  'a group': requestOfSpans([VALID, tag(50, 3), tag(50, 4)]),
  'text that is cut within a character': requestOfSpans([VALID, field(5, `${'a'.repeat(1023)}😀`)]),
  'text that is no UTF-8': requestOfSpans([VALID, field(5, [0xc3, 0x28, 0xe2, 0x82, 0xf0, 0x9f, 0xff])]),
  'an array past its bound': requestOfSpans([
    VALID,
    attribute('error.type', field(5, repeat(40, field(1, anyValueBytes({ int: 1n }))))),
  ]),
  'maps in maps': requestOfSpans([VALID, attribute('error.type', [[...nested(100, [6, 1, 2])]])]),
  'arrays in arrays': requestOfSpans([VALID, attribute('error.type', [[...nested(100, [5, 1])]])]),
  'ids too long': requestOfSpans([VALID, field(1, repeat(17, [1])), field(2, repeat(1000, [1]))]),
  'no key, no value': requestOfSpans([VALID, field(9, []), field(9, field(1, 'http.route')), field(9, field(2, []))]),
};

const ONE = spanJson(wireSpan());
const request = (...spans: readonly unknown[]): unknown => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
const JSON_TEXTS: Readonly<Record<string, unknown>> = {
  nothing: '',
  'an empty object': {},
  'a byte order mark': '\ufeff{"resourceSpans":[]}',
  'null everywhere': { resourceSpans: [{ resource: null, scopeSpans: [{ scope: null, spans: null }] }] },
  'an empty span': request({}),
  'every number at its end': request({
    ...ONE,
    startTimeUnixNano: '18446744073709551615',
    kind: -1,
    status: { code: 1e300 },
  }),
  'numbers as text': request({
    ...ONE,
    attributes: ['NaN', '-Infinity', '1e400', '-0', '5.0'].map((doubleValue) => ({
      key: 'panorama.count',
      value: { doubleValue },
    })),
  }),
  'halves of pairs': `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"\\ud83d\\ud83d\\ude00\\ude00","\\u006bind":3}]}]}]}`,
  'keys twice': `{"resourceSpans":[],"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a","name":"b"}],"spans":[{}]}]}]}`,
  'a prototype': `{"__proto__":{"a":1},"resourceSpans":[{"scopeSpans":[{"spans":[{"__proto__":{"name":"x"}}]}]}]}`,
  'a depth of 99': `{"x":${'['.repeat(98)}${']'.repeat(98)}}`,
  'a depth of 101': `{"x":${'['.repeat(101)}${']'.repeat(101)}}`,
};

export const EDGE_CASES: readonly Entry[] = [
  ...Object.entries(PROTOBUF).map(([name, bytes]): Entry => ({ name, bytes, signal: 'traces', encoding: 'protobuf' })),
  ...Object.entries(JSON_TEXTS).map(
    ([name, value]): Entry => ({ name, bytes: jsonBytes(value), signal: 'traces', encoding: 'json' }),
  ),
];
