// SPDX-License-Identifier: Apache-2.0
/**
 * A bag as protobuf bytes, both ways: messages `Bag` and `Instance` of `docs/wire-format.md`. The same bag gives the same
 * bytes, always: fields in the order of their numbers, instances and rows in causal order.
 */
import { isIdentityText } from '../../model/identity.js';
import { BAG_BYTES_READ_MAX, BAG_INSTANCE_COUNT_MAX } from '../../model/limits.js';
import { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import { ProtobufWriter } from '../../protobuf/protobuf-writer.js';
import { STAMP_BYTES_MAX } from '../itc/bit-string.js';
import { decodeStamp, encodeStamp } from '../itc/bits.js';
import type { Stamp } from '../itc/stamp.js';
import { fitted } from './budget.js';
import { CONTENTS_TAG, Contents } from './contents.js';
import { FRAME_BYTES_MAX, isFrame } from './frame.js';
import { type Instance, instanceKey } from './instance.js';
import { malformedBag } from './rows-wire.js';

/** Tags (field number × 8 + wire type), by message. */
const BAG = { FRAME: 1 * 8 + 2, STAMP: 2 * 8 + 2, INSTANCES: 3 * 8 + 2, TRUNCATED: 4 * 8, SUBJECT: 5 * 8 + 2 } as const;
const INSTANCE = { FRAME: 1 * 8 + 2, EVENT: 2 * 8 + 2, FLAGS: 3 * 8, CONTENTS: CONTENTS_TAG } as const;

/** Bits of `Instance.flags`. */
const FLAG = { GIVEN: 1, PARTIAL: 2, OWN: 4 } as const;

/** UTF-16 units of an identity that are read; one more than any identity has shows that it is none. */
const SUBJECT_LENGTH_READ_MAX = 1024;

/** What a bag is written for. */
export interface SerializeOptions {
  /**
   * Bytes at the most; what does not fit is left out in the order of `budget.ts`. Default: no bound. A reader takes up to
   * 8,192, and propagators write up to 3,000.
   */
  readonly byteCountMax?: number | undefined;
  /** Who answers: an identity text. Only for a bag that goes back with a response. */
  readonly subject?: string | undefined;
}

/** A bag's parts. */
export interface DecodedBag {
  readonly frame: Uint8Array;
  /** The branch's part of the clock; none in an answer that gives none back. */
  readonly stamp: Stamp | undefined;
  readonly instances: readonly Instance[];
  readonly truncated: boolean;
  readonly subject: string | undefined;
}

const writer = new ProtobufWriter();

/** The bytes, and whether the budget made them leave something out. */
export interface EncodedBag {
  readonly bytes: Uint8Array;
  readonly reduced: boolean;
}

export function encodeBag(bag: DecodedBag, byteCountMax: number = Number.POSITIVE_INFINITY): EncodedBag {
  // What cannot fit is not written first: there may be a megabyte of it.
  if (bag.instances.reduce((sum, { contents }) => sum + contents.bytes().length, 0) <= byteCountMax) {
    const bytes = encodeWhole(bag);
    if (bytes.length <= byteCountMax) return { bytes, reduced: false };
  }
  // Where not even the clock fits it goes, and then the identity.
  const bare = { ...bag, instances: [], truncated: true };
  for (const rest of [bare, { ...bare, stamp: undefined }, { ...bare, stamp: undefined, subject: undefined }]) {
    const left = byteCountMax - encodeWhole(rest).length;
    if (left < 0) continue;
    const instances = fitted(bag.instances, left, instanceBytes);
    return { bytes: encodeWhole({ ...rest, instances }), reduced: true };
  }
  return { bytes: new Uint8Array(), reduced: true };
}

function encodeWhole({ frame, stamp, instances, truncated, subject }: DecodedBag): Uint8Array {
  writer.clear();
  const clock = stamp && clockBytes(stamp);
  if (clock) {
    writer.bytes(BAG.FRAME, frame);
    writer.bytes(BAG.STAMP, clock);
  } else if (instances.some((instance) => isFrame(instance.frame, frame))) {
    writer.bytes(BAG.FRAME, frame);
  }
  for (const instance of instances) {
    const contents = instance.contents.bytes();
    writer.message(BAG.INSTANCES, () => {
      const foreign = !isFrame(instance.frame, frame);
      if (foreign) writer.bytes(INSTANCE.FRAME, instance.frame);
      writer.bytes(INSTANCE.EVENT, instance.event);
      const flags = flagsOf(instance, foreign);
      if (flags > 0) writer.varint(INSTANCE.FLAGS, flags);
      writer.raw(contents);
    });
  }
  if (truncated) writer.varint(BAG.TRUNCATED, 1);
  if (subject !== undefined) writer.text(BAG.SUBJECT, subject);
  return writer.finish();
}

function flagsOf({ origin, partial }: Instance, foreign: boolean): number {
  const given = origin === 'given' ? FLAG.GIVEN : 0;
  const own = origin === 'own' && foreign ? FLAG.OWN : 0;
  return given | own | (partial ? FLAG.PARTIAL : 0);
}

/** The stamp's bits; none of a stamp that owns no part of the clock, or that has grown too large to travel. */
function clockBytes(stamp: Stamp): Uint8Array | undefined {
  if (stamp.id === 0) return undefined;
  try {
    return encodeStamp(stamp);
  } catch {
    return undefined;
  }
}

/** Bytes that an instance takes beside its contents, at the most. */
function instanceBytes(instance: Instance): number {
  // Its own tag and length, the frame, the event with a length of two bytes, the flags.
  return 4 + 2 + instance.frame.length + 3 + instance.event.length + 2;
}

/**
 * Reads a bag; only its outline: what was packed stays bytes (`Contents.encoded`).
 *
 * @throws PanoramaError PANO_BAGGAGE_MALFORMED
 */
export function decodeBag(bytes: Uint8Array): DecodedBag {
  if (bytes.length > BAG_BYTES_READ_MAX) {
    throw malformedBag(0, `${bytes.length} bytes are more than the ${BAG_BYTES_READ_MAX} that are read`);
  }
  // A copy, since what is kept of a bag are views of it, and whose buffer this is nobody knows.
  const reader = new ProtobufReader(Uint8Array.prototype.slice.call(bytes), malformedBag);
  let frame: Uint8Array = new Uint8Array();
  let stamp: Stamp | undefined;
  let truncated = false;
  let subject: string | undefined;
  const instances: Instance[] = [];
  while (reader.more()) {
    const at = reader.pos;
    const tag = reader.readTag();
    if (tag === BAG.FRAME) frame = bounded(reader.readBytes(), FRAME_BYTES_MAX, at);
    else if (tag === BAG.STAMP) stamp = trusted(at, reader.readBytes(), decodeStamp);
    else if (tag === BAG.INSTANCES && instances.length < BAG_INSTANCE_COUNT_MAX)
      instances.push(readInstance(reader, frame));
    else if (tag === BAG.TRUNCATED) truncated = reader.readBool();
    else if (tag === BAG.SUBJECT) subject = reader.readText(SUBJECT_LENGTH_READ_MAX);
    else reader.skip(tag & 7);
  }
  return { frame, stamp, instances, truncated, subject: isIdentityText(subject ?? '') ? subject : undefined };
}

function readInstance(reader: ProtobufReader, bagFrame: Uint8Array): Instance {
  const outer = reader.enter();
  const start = reader.pos;
  let frame = bagFrame;
  let event: Uint8Array | undefined;
  let flags = 0;
  const contents: Uint8Array[] = [];
  while (reader.more()) {
    const at = reader.pos;
    const tag = reader.readTag();
    if (tag === INSTANCE.FRAME) frame = bounded(reader.readBytes(), FRAME_BYTES_MAX, at);
    else if (tag === INSTANCE.EVENT) event = bounded(reader.readBytes(), STAMP_BYTES_MAX, at);
    else if (tag === INSTANCE.FLAGS) flags = reader.readInt32();
    else {
      // Rows, and whatever a newer version has put beside them, stay as they came.
      reader.skip(tag & 7);
      contents.push(reader.since(at));
    }
  }
  reader.leave(outer);
  if (event === undefined) throw malformedBag(start, 'an instance has no event tree');
  const own = isFrame(frame, bagFrame) || (flags & FLAG.OWN) !== 0;
  const origin = flags & FLAG.GIVEN ? 'given' : own ? 'own' : 'shared';
  return {
    key: instanceKey(frame, event),
    frame,
    event,
    origin,
    partial: (flags & FLAG.PARTIAL) !== 0,
    contents: Contents.encoded(contents.length === 1 ? (contents[0] as Uint8Array) : Buffer.concat(contents)).freeze(),
  };
}

/** A name or a key: its bytes are compared and never read, so their number is all there is to check. */
function bounded(bytes: Uint8Array, byteCountMax: number, at: number): Uint8Array {
  if (bytes.length > byteCountMax)
    throw malformedBag(at, `a name of ${bytes.length} bytes, where ${byteCountMax} are allowed`);
  return bytes;
}

/** What a clock's bits spell. */
function trusted<T>(at: number, bits: Uint8Array, decode: (bytes: Uint8Array) => T): T {
  try {
    return decode(bits);
  } catch (error) {
    throw malformedBag(at, error instanceof Error ? error.message : String(error));
  }
}
