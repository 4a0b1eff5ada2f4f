// SPDX-License-Identifier: Apache-2.0
/**
 * Bytes into text, seldom twice. Telemetry says the same few words over and over (`GET`, `checkout`, `10.0.0.7`), so
 * short ASCII text is looked up by its bytes before a string is made: a hit costs a loop and no memory. The table is
 * direct-mapped, one slot per hash, a newcomer evicts: no chains, hence nothing that crafted input could make slow.
 */
import { cut } from '../model/limits.js';

/** Longest text remembered. Service names, methods, hosts and types fit; messages and URLs rarely repeat. */
const INTERNED_LENGTH_MAX = 48;

/** Slots of the table; a power of two. 2,048 texts of 48 characters are about 150 KiB for the whole process. */
const SLOT_COUNT = 2048;

/** UTF-8 spends at most three bytes on a UTF-16 unit; four more keep a sequence that crosses the cut whole. */
const BYTES_PER_UNIT_MAX = 3;
const SEQUENCE_BYTES_MAX = 4;

const slots: string[] = new Array<string>(SLOT_COUNT).fill('');

/** A view of the same bytes that turns any range of them into UTF-8, Latin-1 or hex text without a slice in between. */
export function textView(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The text of `bytes[start, end)`. Invalid UTF-8 becomes U+FFFD, as the Encoding Standard says. At most `lengthMax`
 * UTF-16 units are made, and no more bytes are read than those need.
 */
export function readText(bytes: Buffer, start: number, end: number, lengthMax: number): string {
  const length = end - start;
  if (length === 0) return '';
  if (length > INTERNED_LENGTH_MAX) return readLongText(bytes, start, end, lengthMax);
  let hash = length;
  let seen = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    seen |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (seen > 0x7f || length > lengthMax) return readLongText(bytes, start, end, lengthMax);
  const slot = (hash ^ (hash >>> 15)) & (SLOT_COUNT - 1);
  const known = slots[slot] as string;
  if (equalsAscii(bytes, start, end, known)) return known;
  const text = bytes.toString('latin1', start, end);
  slots[slot] = text;
  return text;
}

/** Whether `bytes[start, end)` spells the ASCII text. */
export function equalsAscii(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (bytes[start + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** A fixed set of ASCII names that are found by their bytes, so that an unknown name never becomes a string. */
export class NameTable {
  readonly #buckets: string[][] = [];

  constructor(names: Iterable<string>) {
    for (const name of names) {
      const bytes = Buffer.from(name, 'latin1');
      const bucket = bucketOf(bytes, 0, bytes.length);
      while (this.#buckets.length <= bucket) this.#buckets.push([]);
      this.#buckets[bucket]?.push(name);
    }
  }

  /** The name that `bytes[start, end)` spells, or `undefined`. */
  find(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (end === start) return undefined;
    const bucket = this.#buckets[bucketOf(bytes, start, end)];
    if (bucket === undefined) return undefined;
    for (const name of bucket) {
      if (equalsAscii(bytes, start, end, name)) return name;
    }
    return undefined;
  }
}

/** Length, first, middle and last byte tell attribute names apart well enough, without reading the whole key. */
function bucketOf(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] as number;
  const middle = bytes[(start + end) >> 1] as number;
  const last = bytes[end - 1] as number;
  return ((end - start) * 7 + first * 3 + middle * 5 + last) & 255;
}

function readLongText(bytes: Buffer, start: number, end: number, lengthMax: number): string {
  const needed = start + lengthMax * BYTES_PER_UNIT_MAX + SEQUENCE_BYTES_MAX;
  return cut(bytes.toString('utf8', start, Math.min(end, needed)), lengthMax);
}
