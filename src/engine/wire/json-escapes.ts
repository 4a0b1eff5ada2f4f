// SPDX-License-Identifier: Apache-2.0
/** Text of JSON with escapes in it. Source: RFC 8259, section 7. */
import { cut } from '../../model/limits.js';
import { readText } from '../../protobuf/wire-text.js';

const BACKSLASH = 0x5c;
const LOWER_U = 0x75;

/** Bytes of a backslash and a letter, and of a backslash, `u` and four digits. */
const LETTER_LENGTH = 2;
const UNIT_LENGTH = 6;

/** Escapes of one letter and what they mean, by byte. */
const ESCAPES: ReadonlyMap<number, string> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, meaning]) => [letter.charCodeAt(0), meaning],
  ),
);
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const HEX_4 = /^[0-9a-f]{4}$/i;

/** Bytes of the escape that begins with the backslash at `at`; 0 where it is none. */
export function escapeLength(bytes: Buffer, at: number): number {
  const letter = bytes[at + 1] ?? 0;
  if (ESCAPES.has(letter)) return LETTER_LENGTH;
  return letter === LOWER_U && HEX_4.test(bytes.toString('latin1', at + 2, at + UNIT_LENGTH)) ? UNIT_LENGTH : 0;
}

/** What `bytes[start, end)` says, whose escapes are valid; at most `lengthMax` UTF-16 units. */
export function unescapedText(bytes: Buffer, start: number, end: number, lengthMax: number): string {
  let text = '';
  let run = start;
  let at = run;
  // Two units more than needed, so that neither a pair nor a lone half at the cut is misjudged.
  while (at < end && text.length < lengthMax + 2) {
    if (bytes[at] !== BACKSLASH) {
      at++;
      continue;
    }
    text += readText(bytes, run, at, lengthMax + 2);
    const letter = bytes[at + 1] as number;
    const meaning = ESCAPES.get(letter);
    text += meaning ?? String.fromCharCode(Number.parseInt(bytes.toString('latin1', at + 2, at + UNIT_LENGTH), 16));
    at += meaning === undefined ? UNIT_LENGTH : LETTER_LENGTH;
    run = at;
  }
  text += readText(bytes, run, at, lengthMax + 2);
  return cut(text.replace(LONE_SURROGATE, '\ufffd'), lengthMax);
}
