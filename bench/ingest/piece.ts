// SPDX-License-Identifier: Apache-2.0
/**
 * Protobuf messages with spots: bytes that are encoded once, and places in them that are written over before each sending.
 * A spot is always as long as what stands there already, so no length changes and nothing moves.
 */

/** What is written over at a spot. */
export type SpotKind =
  | 'traceId'
  | 'spanId'
  | 'parentId'
  | 'start'
  | 'end'
  | 'peerNode'
  | 'text'
  | 'number'
  | 'httpStatus'
  | 'grpcStatus'
  | 'spanStatus';

export interface Spot {
  readonly kind: SpotKind;
  /** Offset of its first byte. */
  readonly at: number;
  /** Whose it is: the number that `ownedBy` gave. */
  readonly owner: number;
}

/** Encoded fields, and the spots in them. */
export interface Piece {
  readonly bytes: Buffer;
  readonly spots: readonly Spot[];
}

const NO_SPOTS: readonly Spot[] = [];

const LENGTH_DELIMITED = 2;
const FIXED64 = 1;
const FIXED32 = 5;

export function joined(pieces: readonly Piece[]): Piece {
  let length = 0;
  const spots: Spot[] = [];
  for (const piece of pieces) {
    for (const spot of piece.spots) spots.push({ ...spot, at: spot.at + length });
    length += piece.bytes.length;
  }
  return { bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)), spots };
}

/** The same piece, whose spots know by this number whose they are. */
export function ownedBy(owner: number, { bytes, spots }: Piece): Piece {
  return { bytes, spots: spots.map((spot) => ({ ...spot, owner })) };
}

/** An embedded message. */
export function message(field: number, ...pieces: readonly Piece[]): Piece {
  const content = joined(pieces);
  return joined([plain(Buffer.concat([tag(field, LENGTH_DELIMITED), varint(content.bytes.length)])), content]);
}

export function integer(field: number, value: number, spot?: SpotKind): Piece {
  return joined([plain(tag(field, 0)), spotted(varint(value), spot)]);
}

export function fixed64(field: number, spot: SpotKind): Piece {
  return joined([plain(tag(field, FIXED64)), spotted(Buffer.alloc(8), spot)]);
}

export function fixed32(field: number, value: number): Piece {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return joined([plain(tag(field, FIXED32)), plain(bytes)]);
}

/** An id of so many bytes, all of it a spot. */
export function id(field: number, length: number, spot: SpotKind): Piece {
  return message(field, spotted(Buffer.alloc(length), spot));
}

/**
 * A text. `{node}` in it becomes a spot for the last number of a peer's address, `{text}` one for eight hexadecimal digits
 * that are new in each sending.
 */
export function text(field: number, value: string): Piece {
  const parts = value.split(/(\{node\}|\{text\})/).map((part) => {
    if (part === '{node}') return spotted(Buffer.from('100'), 'peerNode');
    if (part === '{text}') return spotted(Buffer.from('00000000'), 'text');
    return plain(Buffer.from(part));
  });
  return message(field, ...parts);
}

function plain(bytes: Buffer): Piece {
  return { bytes, spots: NO_SPOTS };
}

function spotted(bytes: Buffer, kind: SpotKind | undefined): Piece {
  return { bytes, spots: kind === undefined ? NO_SPOTS : [{ kind, at: 0, owner: 0 }] };
}

function tag(field: number, wireType: number): Buffer {
  return varint(field * 8 + wireType);
}

/** A varint of a whole number from 0 to 2^53. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}
