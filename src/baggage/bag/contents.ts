// SPDX-License-Identifier: Apache-2.0
/**
 * What was packed between two splits: the rows of one or more bags. Contents that came off the wire stay bytes until
 * somebody asks for a tuple, so a process that only passes baggage on never parses what others packed, and passes on
 * what it would not understand.
 *
 * Contents are changed while one branch holds them, and frozen once a split has made several holders.
 */
import { diag } from '@opentelemetry/api';
import { BAG_TUPLE_COUNT_MAX } from '../../model/limits.js';
import { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import { ProtobufWriter } from '../../protobuf/protobuf-writer.js';
import type { Bag, Tuple } from './packing.js';
import { Rows } from './rows.js';
import { malformedBag, readRows, writeRows } from './rows-wire.js';

/** Field 4 of `Instance`, repeated: one bag's rows. */
export const CONTENTS_TAG: number = 4 * 8 + 2;

/** Encoding is never interrupted, so one buffer serves every call. */
const writer = new ProtobufWriter();

export class Contents {
  #rows: Map<string, Rows> | undefined;
  #bytes: Uint8Array | undefined;
  #frozen = false;
  #understood = true;

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
    let count = 0;
    for (const { cells } of this.rows()) count += cells.length;
    return count;
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

  tuplesOf(wanted: Bag | string): Tuple[] {
    if (typeof wanted !== 'string') return this.#decoded().get(wanted.key)?.tuples() ?? [];
    return [...this.rows()].filter(({ bag }) => bag.name === wanted).flatMap((rows) => rows.tuples());
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

  /** @returns whether there was room for the tuple */
  pack(bag: Bag, tuple: Tuple): boolean {
    const countMax = this.#countMaxOf(bag);
    return countMax > 0 && this.#rowsOf(bag).add(tuple, countMax);
  }

  /** Takes in contents that come after ours. @returns whether there was room for all of them */
  absorb(later: Contents): boolean {
    let room = true;
    for (const rows of later.rows()) {
      const countMax = this.#countMaxOf(rows.bag);
      room = countMax > 0 && this.#rowsOf(rows.bag).absorb(rows, countMax) && room;
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

  /** Rows that a bag may have, which is what the others leave of all. */
  #countMaxOf(bag: Bag): number {
    return BAG_TUPLE_COUNT_MAX - this.tupleCount + (this.#decoded().get(bag.key)?.cells.length ?? 0);
  }

  #rowsOf(bag: Bag): Rows {
    const decoded = this.#decoded();
    this.#bytes = undefined;
    let rows = decoded.get(bag.key);
    if (!rows) {
      rows = new Rows(bag);
      decoded.set(bag.key, rows);
    }
    return rows;
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
        if (rows) decoded.set(rows.bag.key, decoded.get(rows.bag.key) ?? rows);
        else this.#understood = false;
      }
      return decoded;
    } catch (error) {
      if (!malformedSaid) diag.warn('panorama: contents of a bag were malformed and are dropped', error);
      malformedSaid = true;
      this.#understood = true;
      return new Map();
    }
  }
}

let malformedSaid = false;
