// SPDX-License-Identifier: Apache-2.0
/**
 * Stamps as bits, as the paper has them. A tree is written from the root: first what kind of node it is, then its parts.
 * The seed takes 7 bits.
 *
 * | id | bits | | event tree | bits |
 * |---|---|---|---|---|
 * | `0` | `000` | | integer n | `1` and n, see below |
 * | `1` | `001` | | `(0, 0, right)` | `000` right |
 * | `(0, right)` | `01` right | | `(0, left, 0)` | `001` left |
 * | `(left, 0)` | `10` left | | `(0, left, right)` | `010` left right |
 * | `(left, right)` | `11` left right | | `(n, 0, right)` | `01100` `1`n right |
 * | | | | `(n, left, 0)` | `01101` `1`n left |
 * | | | | `(n, left, right)` | `0111` `1`n left right |
 *
 * n: with B = 2 at first; while n >= 2^B: a `1`, then n -= 2^B and B += 1; then a `0` and n in B bits.
 *
 * One stamp has one spelling. Bits that spell a tree which is not in normal form, or a normal form the long way, are
 * refused and not mended: no encoder writes them, and whoever compares stamps by their bytes (archived instances are
 * keyed so) must not be fooled by a second spelling. So what is decoded is encoded into the very same bytes.
 *
 * What is decoded comes from strangers. Every node takes at least 2 bits, so `STAMP_BYTES_MAX` bounds memory and time
 * (at most 1024 nodes), `TREE_DEPTH_MAX` the stack, and heights are bounded as they are summed. Encoding keeps the same
 * bounds, so that a stamp too large is noticed where it was made, and whatever was encoded can be decoded.
 *
 * Source: Almeida, Baquero, Fonte, "Interval Tree Clocks" (OPODIS 2008), the binary encoding.
 */
import { BitReader, BitWriter } from './bit-string.js';
import { type EventTree, minOf } from './event.js';
import { ItcFormatError } from './format-error.js';
import type { Id } from './id.js';
import type { Stamp } from './stamp.js';

/**
 * How deep a tree may be, in halvings. Branches that never come back (callees that never answer) cost the one that
 * forked them a level each, so this is how many may be lost before a new seed is due; a thousand live branches that
 * were forked evenly take 10. A level is 2 bits of id.
 */
export const TREE_DEPTH_MAX = 64;

/**
 * The stamp in bytes. O(size).
 *
 * @throws ItcFormatError when a tree is deeper than `TREE_DEPTH_MAX` or the whole longer than `STAMP_BYTES_MAX`.
 */
export function encodeStamp(stamp: Stamp): Uint8Array {
  return writtenStamp(stamp).finish();
}

/**
 * The stamp that the bytes spell, in normal form. O(size).
 *
 * @throws ItcFormatError for anything that `encodeStamp` would not have written.
 */
export function decodeStamp(bytes: Uint8Array): Stamp {
  const reader = new BitReader(bytes);
  const id = readId(reader, 0);
  const event = readEvent(reader, 0, Number.MAX_SAFE_INTEGER);
  reader.expectEnd();
  return { id, event };
}

/**
 * The event tree alone in bytes: the same skyline gives the same bytes. O(size).
 *
 * @throws ItcFormatError as `encodeStamp` does.
 */
export function encodeEvent(event: EventTree): Uint8Array {
  return writtenEvent(event).finish();
}

/**
 * The event tree that the bytes spell, in normal form. O(size).
 *
 * @throws ItcFormatError for anything that `encodeEvent` would not have written.
 */
export function decodeEvent(bytes: Uint8Array): EventTree {
  const reader = new BitReader(bytes);
  const event = readEvent(reader, 0, Number.MAX_SAFE_INTEGER);
  reader.expectEnd();
  return event;
}

/** The bits of `encodeStamp` as text of 0 and 1, without the filling zeros. For tests and for eyes. */
export function stampBits(stamp: Stamp): string {
  return writtenStamp(stamp).text;
}

/** The bits of `encodeEvent` as text of 0 and 1, without the filling zeros. For tests and for eyes. */
export function eventBits(event: EventTree): string {
  return writtenEvent(event).text;
}

function writtenStamp(stamp: Stamp): BitWriter {
  const writer = new BitWriter();
  writeId(writer, stamp.id, 0);
  writeEvent(writer, stamp.event, 0);
  return writer;
}

function writtenEvent(event: EventTree): BitWriter {
  const writer = new BitWriter();
  writeEvent(writer, event, 0);
  return writer;
}

function writeId(writer: BitWriter, id: Id, depth: number): void {
  if (typeof id === 'number') {
    writer.write(id, 3);
    return;
  }
  refuseDeeper(depth);
  const [left, right] = id;
  writer.write((left === 0 ? 0 : 0b10) | (right === 0 ? 0 : 0b01), 2);
  if (left !== 0) writeId(writer, left, depth + 1);
  if (right !== 0) writeId(writer, right, depth + 1);
}

function writeEvent(writer: BitWriter, event: EventTree, depth: number): void {
  if (typeof event === 'number') {
    writer.write(1, 1);
    writer.writeInteger(event);
    return;
  }
  refuseDeeper(depth);
  const [base, left, right] = event;
  if (base === 0) {
    writer.write(left === 0 ? 0b000 : right === 0 ? 0b001 : 0b010, 3);
  } else {
    if (left !== 0 && right !== 0) writer.write(0b0111, 4);
    else writer.write(left === 0 ? 0b01100 : 0b01101, 5);
    writer.write(1, 1);
    writer.writeInteger(base);
  }
  if (left !== 0) writeEvent(writer, left, depth + 1);
  if (right !== 0) writeEvent(writer, right, depth + 1);
}

function refuseDeeper(depth: number): void {
  if (depth < TREE_DEPTH_MAX) return;
  throw new ItcFormatError(
    `The stamp is deeper than ${TREE_DEPTH_MAX} levels: too many branches were never joined; start from a new seed`,
  );
}

/** Reads an id whose root is `depth` levels down. */
function readId(reader: BitReader, depth: number): Id {
  const kind = reader.readPair();
  if (kind === 0b00) return reader.read();
  if (depth === TREE_DEPTH_MAX) throw reader.fault(`an id deeper than ${TREE_DEPTH_MAX} levels`);
  const left = (kind & 0b10) === 0 ? 0 : readId(reader, depth + 1);
  const right = (kind & 0b01) === 0 ? 0 : readId(reader, depth + 1);
  if ((kind & 0b10 && left === 0) || (kind & 0b01 && right === 0) || (left === 1 && right === 1)) {
    throw reader.fault('an id that is not in normal form');
  }
  return [left, right];
}

/** Reads an event tree whose root is `depth` levels down and may rise to `heightMax` above its ground. */
function readEvent(reader: BitReader, depth: number, heightMax: number): EventTree {
  if (reader.read() === 1) return reader.readInteger(heightMax);
  if (depth === TREE_DEPTH_MAX) throw reader.fault(`an event tree deeper than ${TREE_DEPTH_MAX} levels`);
  let kind = reader.readPair();
  let base = 0;
  if (kind === 0b11) {
    kind = reader.read() === 1 ? 0b10 : reader.read();
    if (reader.read() === 0) throw reader.fault('a base that is no number');
    base = reader.readInteger(heightMax);
    if (base === 0) throw reader.fault('a base of 0 that is written out');
  }
  const left = kind === 0b00 ? 0 : readEvent(reader, depth + 1, heightMax - base);
  const right = kind === 0b01 ? 0 : readEvent(reader, depth + 1, heightMax - base);
  // A half of 0 is told by the kind; otherwise one half must stand on the ground. Hence two equal numbers cannot be.
  if ((kind !== 0b00 && left === 0) || (kind !== 0b01 && right === 0) || Math.min(minOf(left), minOf(right)) > 0) {
    throw reader.fault('an event tree that is not in normal form');
  }
  return [base, left, right];
}
