// SPDX-License-Identifier: Apache-2.0
/** Ways of writing that are valid and that no encoder has: the scanner reads them right, or leaves them to be read in full. */
import { expect, it } from 'vitest';
import { SpanScanner } from '../../../src/engine/wire/span-scanner.js';
import {
  anyValueBytes,
  type Bytes,
  field,
  flatten,
  hexBytes,
  requestOfSpans,
  spanBytes,
  tag,
  wireSpan,
} from './otlp-writer.js';

/** What is known of the error of a span whose attribute has these bytes before its value; nothing where nothing is said of it. */
function scannedError(key: Bytes): unknown {
  const attribute = field(9, [key, field(2, anyValueBytes({ string: 'refused' }))]);
  const batch = new SpanScanner().scan(requestOfSpans([spanBytes(wireSpan()), attribute]));
  return batch && (batch.forms[0]?.attributes['error.type'] ?? 'lost');
}

const NAME = [...Buffer.from('error.type')];

it('a name’s length may take more bytes than it needs', () => {
  expect(scannedError([tag(1, 2), NAME.length, NAME])).toBe('refused');
  for (const length of [
    [0x80 + NAME.length, 0],
    [0x80 + NAME.length, 0x80, 0x80, 0],
    [0x80 + NAME.length, 0x80, 0x80, 0x80, 0x80, 0],
  ]) {
    expect(scannedError([tag(1, 2), length, NAME])).toBeUndefined();
  }
});

it('a name that reads like an attribute is a name', () => {
  const scanner = new SpanScanner();
  const ids = [field(1, hexBytes('01'.repeat(16))), field(2, hexBytes('02'.repeat(8))), tag(6, 0), 3];
  const attribute = flatten([field(1, 'error.type'), field(2, anyValueBytes({ string: 'refused' }))]);
  const nameless = scanner.scan(requestOfSpans([ids, field(9, attribute)]))?.forms[0];
  expect(nameless).toMatchObject({ name: '', attributes: { 'error.type': 'refused' } });
  const named = scanner.scan(requestOfSpans([ids, field(5, attribute)]))?.forms[0];
  expect(named).toMatchObject({ name: Buffer.from(attribute).toString(), attributes: {} });
});

it('of two names of one attribute the second counts', () => {
  const twice = (first: string): unknown => scannedError([field(1, first), field(1, 'error.type')]);
  for (const first of ['panorama.count', 'error.type', 'url.full']) expect(twice(first)).toBeUndefined();
});
