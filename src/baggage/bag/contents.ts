// SPDX-License-Identifier: Apache-2.0
/**
 * The contents of an instance, or of what is still packed: the rows of one or more bags. Contents that came off the wire stay bytes until
 * somebody asks for a tuple, so a process that only passes baggage on never parses what others packed, and passes on
 * what it would not understand.
 *
 * Contents are changed while one branch holds them, and frozen once they are sealed, for then there may be several holders.
 */
import { say } from '../../diagnostics.js';
import { BAG_TABLE_COUNT_MAX, BAG_TUPLE_COUNT_MAX } from '../../model/limits.js';
import { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import { ProtobufWriter } from '../../protobuf/protobuf-writer.js';
import type { Bag, Tuple } from './packing.js';
import { Rows } from './rows.js';
import { malformedBag, readRows, writeRows } from './rows-wire.js';

/** Field 4 of `Instance`, repeated: one bag's rows. */
export const CONTENTS_TAG: number = 4 * 8 + 2;

/** A row of two or three columns, as most bags have them. */
const USUAL_ROW_BYTES = 16;

/** Encoding is never interrupted, so one buffer serves every call. */
const writer = new ProtobufWriter();

export class Contents {
  #rows: Map<string, Rows> | undefined;
  #bytes: Uint8Array | undefined;
  #frozen = false;
  #understood = true;
  #tupleCount = 0;

  private constructor(rows: Map<string, Rows> | undefined, bytes: Uint8Array | undefined) {
    this.#rows = rows;
    this.#bytes = bytes;
  }

  static empty(): Contents {
    return new Contents(new Map(), undefined);
  }

  /** Contents as they came: the encoded fields, read when somebody asks. Bytes that turn out malformed hold nothing. */
  static encoded(bytes: Uint8Array): Contents {
    return new Contents(undefined, bytes);
  }

  get isEmpty(): boolean {
    return this.#rows ? this.#rows.size === 0 : (this.#bytes?.length ?? 0) === 0;
  }

  /** Tuples held, or rows of combined bags. */
  get tupleCount(): number {
    this.#decoded();
    return this.#tupleCount;
  }

  /** Bags held. */
  get tableCount(): number {
    return this.#decoded().size;
  }

  has(key: string): boolean {
    return this.#decoded().has(key);
  }

  keys(): string[] {
    return [...this.#decoded().keys()];
  }

  /** About how many bytes it takes. O(1) once it is encoded; before that a row counts as much as rows usually do. */
  get weight(): number {
    return this.#bytes?.length ?? this.#tupleCount * USUAL_ROW_BYTES;
  }

  /** Whether nothing in it is of a newer version. What is not understood is passed on, and never written together with other things. */
  get isUnderstood(): boolean {
    this.#decoded();
    return this.#understood;
  }

  /** The bags' rows, each bag in the order of its first tuple. */
  rows(): Iterable<Rows> {
    return this.#decoded().values();
  }

  /** The tuples of a bag, or of every bag of a name, in all of these pieces, each of which comes after those before it. */
  static tuplesOf(wanted: Bag | string, pieces: readonly Contents[]): Tuple[] {
    const isWanted =
      typeof wanted === 'string' ? ({ name }: Bag) => name === wanted : ({ key }: Bag) => key === wanted.key;
    const [only, another] = pieces.filter((piece) => !piece.isEmpty);
    let all = only;
    if (another) {
      all = Contents.empty();
      // What is inherited comes on top of what may be held.
      for (const piece of pieces) all.absorb(piece, Number.POSITIVE_INFINITY, isWanted);
    }
    return [...(all?.rows() ?? [])].filter(({ bag }) => isWanted(bag)).flatMap((rows) => rows.tuples());
  }

  /** Itself, or a copy where it is frozen: what may be changed. */
  thawed(): Contents {
    if (!this.#frozen) return this;
    const copy = Contents.empty();
    copy.absorb(this);
    return copy;
  }

  freeze(): this {
    this.#frozen = true;
    return this;
  }

  /** @param tupleCountMax tuples that may be held in all @returns whether there was room for the tuple */
  pack(bag: Bag, tuple: Tuple, tupleCountMax: number): boolean {
    return this.#grown(bag, tupleCountMax, (rows, countMax) => rows.add(tuple, countMax));
  }

  /**
   * Takes in contents that come after ours.
   *
   * @param tupleCountMax tuples that may be held in all
   * @param wanted of which bags; default: of all
   * @returns whether there was room for all of them
   */
  absorb(later: Contents, tupleCountMax: number = BAG_TUPLE_COUNT_MAX, wanted?: (bag: Bag) => boolean): boolean {
    let room = true;
    for (const theirs of later.rows()) {
      if (wanted && !wanted(theirs.bag)) continue;
      room = this.#grown(theirs.bag, tupleCountMax, (rows, countMax) => rows.absorb(theirs, countMax)) && room;
    }
    return room;
  }

  /** The encoded fields. They are kept until the contents change. */
  bytes(): Uint8Array {
    if (this.#bytes) return this.#bytes;
    writer.clear();
    for (const rows of this.rows()) writeRows(writer, CONTENTS_TAG, rows);
    this.#bytes = writer.finish();
    return this.#bytes;
  }

  /** Adds to a bag's rows, of which there may be as many as the others leave of all. @returns whether there was room */
  #grown(bag: Bag, tupleCountMax: number, add: (rows: Rows, countMax: number) => boolean): boolean {
    const decoded = this.#decoded();
    const known = decoded.get(bag.key);
    const before = known?.cells.length ?? 0;
    const countMax = tupleCountMax - this.#tupleCount + before;
    if (countMax <= 0 || (!known && decoded.size >= BAG_TABLE_COUNT_MAX)) return false;
    const rows = known ?? new Rows(bag);
    const room = add(rows, countMax);
    if (!known && rows.cells.length > 0) decoded.set(bag.key, rows);
    this.#tupleCount += rows.cells.length - before;
    this.#bytes = undefined;
    return room;
  }

  #decoded(): Map<string, Rows> {
    this.#rows ??= this.#decode(this.#bytes ?? new Uint8Array());
    return this.#rows;
  }

  #decode(bytes: Uint8Array): Map<string, Rows> {
    const decoded = new Map<string, Rows>();
    try {
      const reader = new ProtobufReader(bytes, malformedBag);
      while (reader.more()) {
        const tag = reader.readTag();
        if (tag !== CONTENTS_TAG) reader.skip(tag & 7);
        const rows = tag === CONTENTS_TAG ? readRows(reader.readBytes()) : undefined;
        if (!rows) this.#understood = false;
        // A table without rows says nothing, and ever so many of them would cost time and count nowhere.
        else if (rows.cells.length > 0 && decoded.size < BAG_TABLE_COUNT_MAX && !decoded.has(rows.bag.key)) {
          decoded.set(rows.bag.key, rows);
          this.#tupleCount += rows.cells.length;
        }
      }
      return decoded;
    } catch (error) {
      if (!malformedSaid) say('warn', () => 'contents of a bag were malformed and are dropped', error);
      malformedSaid = true;
      this.#understood = true;
      this.#tupleCount = 0;
      return new Map();
    }
  }
}

let malformedSaid = false;
