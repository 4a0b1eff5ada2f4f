// SPDX-License-Identifier: Apache-2.0
/** Mutations of single fields with all lengths kept right: what a sender of another version, or a malicious one, would write. */
import type { Chance } from './chance.js';
import {
  allFields,
  type Edit,
  enclose,
  type Field,
  parseMessage,
  shuffled,
  writeAsItIs,
  writeMessage,
} from './message-tree.js';
import type { Scratch } from './scratch.js';

/** A request of the corpus, parsed once for the whole run. */
export interface ParsedRequest {
  readonly fields: readonly Field[];
  readonly all: readonly Field[];
  /** The message that a field stands in. */
  readonly outer: ReadonlyMap<Field, Field>;
}

const EDITS_MAX = 4;
const NESTING_MAX = 300;
const VALUES = [
  0n,
  1n,
  2n,
  3n,
  5n,
  6n,
  127n,
  128n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const TAG_NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 16, 100, 2 ** 29 - 1];

/** A request that cannot be parsed (an edge case of the corpus) has no fields, and no mutations of this kind. */
export function parseRequest(bytes: Uint8Array): ParsedRequest {
  const fields = parseMessage(bytes) ?? [];
  const all = allFields(fields);
  const outer = new Map(all.flatMap((field) => (field.inner ?? []).map((inner) => [inner, field] as const)));
  return { fields, all, outer };
}

/** Writes a request into the scratch with a few of its fields changed. */
export function mutateTree(scratch: Scratch, chance: Chance, request: ParsedRequest, donor: ParsedRequest): void {
  const edits = new Map<Field, Edit>();
  const within = new Set<Field>();
  for (let count = 1 + chance.below(EDITS_MAX); count > 0; count--) {
    const field = chance.pick(request.all);
    edits.set(field, editOf(chance, chance.pick(donor.all)));
    for (let each = request.outer.get(field); each; each = request.outer.get(each)) within.add(each);
  }
  scratch.length = 0;
  writeMessage(scratch, chance.oneIn(8) ? shuffled(request.fields, chance) : request.fields, { of: edits, within });
}

function editOf(chance: Chance, other: Field | undefined): Edit {
  const draw = chance.next();
  const value = chance.oneIn(2) ? chance.pick(VALUES) : BigInt(chance.next()) * BigInt(chance.next());
  const tagNumber = chance.pick(TAG_NUMBERS);
  const count = chance.length();
  switch (draw % 10) {
    case 0:
      // It is left out.
      return () => {};
    case 1:
      // It comes again.
      return (_scratch, field, write) => {
        for (let left = Math.min(count, 300); left >= 0; left--) write(field);
      };
    case 2:
      // It has another number.
      return (_scratch, field, write) => write({ ...field, asRead: undefined, number: tagNumber });
    case 3:
      // Another field stands in its place, or beside it.
      return (scratch, field, write) => {
        if (count > 4) write(field);
        if (other) writeAsItIs(scratch, other);
      };
    case 4:
      // The content of another, under its own number.
      return (scratch, field) => writeAsItIs(scratch, { ...(other ?? field), asRead: undefined, number: field.number });
    case 5:
      // It is a number.
      return (_scratch, field, write) => write({ ...field, asRead: undefined, wireType: 0, varint: value });
    case 6:
      // It holds itself, many times over.
      return (scratch, field, write) => {
        const start = scratch.length;
        write(field);
        for (let depth = Math.min(count, NESTING_MAX); depth > 0; depth--) nest(scratch, start, field.number);
      };
    case 7:
      // Its length takes more bytes than needed.
      return (scratch, field) => {
        scratch.varint(field.number * 8 + 2, count % 6);
        const start = scratch.length;
        scratch.append(field.bytes);
        enclose(scratch, start, count % 11);
      };
    case 8:
      // Its wire type is another, with as many bytes as that has.
      return (_scratch, field, write) =>
        write({
          ...field,
          asRead: undefined,
          ...(count % 2 ? { wireType: 1, bytes: eight(value) } : { wireType: 5, bytes: eight(value).subarray(4) }),
        });
    default:
      // It is long.
      return (_scratch, field, write) =>
        write({ ...field, wireType: 2, inner: undefined, bytes: new Uint8Array(count * 3).fill(Number(value & 255n)) });
  }
}

/** Makes what was written since `start` the content of one field. */
function nest(scratch: Scratch, start: number, number: number): void {
  const end = scratch.length;
  scratch.varint(number * 8 + 2);
  scratch.varint(end - start);
  scratch.rotate(start, end);
}

function eight(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return bytes;
}
