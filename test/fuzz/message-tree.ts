// SPDX-License-Identifier: Apache-2.0
/**
 * Any protobuf message as a tree, without its schema: what parses as a message is taken for one. So a field can be changed
 * deep inside and all lengths around it still be right, and the decoder gets to see it.
 */
import type { Chance } from './chance.js';
import type { Scratch } from './scratch.js';

export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** The value of a varint; 0 for the others. */
  readonly varint: bigint;
  /** The bytes of a field with a length or of fixed width. */
  readonly bytes: Uint8Array;
  /** The fields inside, where there may be some. */
  readonly inner: readonly Field[] | undefined;
  /** The whole field as it was read; none where it is to be put together anew. */
  readonly asRead: Uint8Array | undefined;
}

/** How a field is written otherwise than it was read: `write` has the edits of what is inside it done, too. */
export type Edit = (scratch: Scratch, field: Field, write: (field: Field) => void) => void;

/** The fields that are edited, and those that hold one. */
export interface Edits {
  readonly of: ReadonlyMap<Field, Edit>;
  readonly within: ReadonlySet<Field>;
}

const DEPTH_MAX = 16;
const NOTHING = new Uint8Array();
const NO_EDITS: Edits = { of: new Map(), within: new Set() };

/** The fields of a message, or `undefined` where the bytes are none. */
export function parseMessage(bytes: Uint8Array, depth = 0): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n && at < bytes.length; shift += 7n) {
      const byte = bytes[at++] as number;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    return undefined;
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    if (tag === undefined || tag < 8n || tag > 2n ** 32n) return undefined;
    const number = Number(tag >> 3n);
    const wireType = Number(tag & 7n);
    const value = wireType === 0 || wireType === 2 ? varint() : wireType === 1 ? 8n : wireType === 5 ? 4n : undefined;
    if (value === undefined) return undefined;
    if (wireType === 0) {
      fields.push({
        number,
        wireType,
        varint: value,
        bytes: NOTHING,
        inner: undefined,
        asRead: bytes.subarray(start, at),
      });
      continue;
    }
    if (value > BigInt(bytes.length - at)) return undefined;
    const content = bytes.subarray(at, at + Number(value));
    at += content.length;
    const inner = wireType === 2 && depth < DEPTH_MAX ? parseMessage(content, depth + 1) : undefined;
    fields.push({ number, wireType, varint: 0n, bytes: content, inner, asRead: bytes.subarray(start, at) });
  }
  return fields;
}

/** All fields of a message at any depth. */
export function allFields(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => [field, ...allFields(field.inner ?? [])]);
}

/** Writes a message; fields that stand in `edits` as those say. */
export function writeMessage(scratch: Scratch, fields: readonly Field[], edits: Edits): void {
  const write = (field: Field): void => writeField(scratch, field, edits);
  for (const field of fields) {
    const edit = edits.of.get(field);
    if (edit === undefined) write(field);
    else edit(scratch, field, write);
  }
}

/** Writes a field of another request as it is; it may hold one that is being edited. */
export function writeAsItIs(scratch: Scratch, field: Field): void {
  writeField(scratch, field, NO_EDITS);
}

/** The fields of a message in another order, at every depth. */
export function shuffled(fields: readonly Field[], chance: Chance): Field[] {
  const order = fields.map((field) => ({
    at: chance.next(),
    field: field.inner ? { ...field, asRead: undefined, inner: shuffled(field.inner, chance) } : field,
  }));
  return order.sort((a, b) => a.at - b.at).map(({ field }) => field);
}

function writeField(scratch: Scratch, field: Field, edits: Edits): void {
  if (scratch.isFull) return;
  if (field.asRead !== undefined && !edits.within.has(field)) {
    scratch.append(field.asRead);
    return;
  }
  scratch.varint(field.number * 8 + field.wireType);
  if (field.wireType === 0) scratch.varint(field.varint);
  else if (field.wireType !== 2) scratch.append(field.bytes);
  else if (field.inner === undefined) {
    scratch.varint(field.bytes.length);
    scratch.append(field.bytes);
  } else {
    const start = scratch.length;
    writeMessage(scratch, field.inner, edits);
    enclose(scratch, start, 0);
  }
}

/** Puts the length before what was written since `start`. */
export function enclose(scratch: Scratch, start: number, padding: number): void {
  const end = scratch.length;
  scratch.varint(end - start, padding);
  scratch.rotate(start, end);
}
