// SPDX-License-Identifier: Apache-2.0
/**
 * Attributes in OTLP's protobuf encoding, for every message that has some. A value whose key nobody reads is passed over,
 * and nothing nested is entered that is not kept.
 *
 * Source: opentelemetry-proto 1.x, `common.proto`.
 */
import type { AttributeValue } from '../../model/attributes.js';
import type { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import type { NameTable } from '../../protobuf/wire-text.js';
import { ANY_VALUE, ARRAY_VALUE, KEY_VALUE, RESOURCE } from './otlp-tags.js';
import type { AttributeDraft } from './span-builder.js';
import type { WireLimits } from './wire-limits.js';

export class ProtobufAttributes {
  readonly #reader: ProtobufReader;
  readonly #limits: WireLimits;

  constructor(reader: ProtobufReader, limits: WireLimits) {
    this.#reader = reader;
    this.#limits = limits;
  }

  /** A `Resource`. */
  readResource(names: NameTable, into: AttributeDraft): void {
    const reader = this.#reader;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === RESOURCE.ATTRIBUTES) this.read(names, into);
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
  }

  /** One `KeyValue`. Every encoder writes the key first; a value that comes before its key is gone back to. */
  read(names: NameTable, into: AttributeDraft): void {
    const reader = this.#reader;
    const outer = reader.enter();
    let name: string | undefined;
    let valueAt = -1;
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === KEY_VALUE.KEY) {
        name = reader.readName(names);
        if (name === undefined) break;
      } else if (tag === KEY_VALUE.VALUE) {
        if (name === undefined) {
          valueAt = reader.pos;
          reader.skip(tag & 7);
        } else {
          valueAt = -1;
          this.#readInto(name, into);
        }
      } else reader.skip(tag & 7);
    }
    if (name !== undefined && valueAt >= 0) {
      reader.pos = valueAt;
      this.#readInto(name, into);
    }
    reader.leave(outer);
  }

  /** An `AnyValue`; of several values the last counts. `undefined` for none, a map, bytes, or an array in an array. */
  readValue(arrays: boolean): AttributeValue | undefined {
    const reader = this.#reader;
    const outer = reader.enter();
    let value: AttributeValue | undefined;
    while (reader.more()) {
      const tag = reader.readTag();
      switch (tag) {
        case ANY_VALUE.STRING:
          value = reader.readText(this.#limits.stringLengthMax);
          break;
        case ANY_VALUE.BOOL:
          value = reader.readBool();
          break;
        case ANY_VALUE.INT:
          value = reader.readInt64();
          break;
        case ANY_VALUE.DOUBLE:
          value = reader.readDouble();
          break;
        case ANY_VALUE.ARRAY:
          if (arrays) {
            value = this.#readArray();
            break;
          }
          value = undefined;
          reader.skip(tag & 7);
          break;
        case ANY_VALUE.KVLIST:
        case ANY_VALUE.BYTES:
          value = undefined;
          reader.skip(tag & 7);
          break;
        default:
          reader.skip(tag & 7);
      }
    }
    reader.leave(outer);
    return value;
  }

  #readInto(name: string, into: AttributeDraft): void {
    const value = this.readValue(true);
    if (value !== undefined) into[name] = value;
  }

  /** An array's scalars. What is none keeps its place as `null`. */
  #readArray(): AttributeValue {
    const reader = this.#reader;
    const outer = reader.enter();
    const values: (string | number | boolean | null)[] = [];
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === ARRAY_VALUE.VALUES && values.length < this.#limits.arrayLengthMax) {
        values.push((this.readValue(false) ?? null) as string | number | boolean | null);
      } else reader.skip(tag & 7);
    }
    reader.leave(outer);
    return values;
  }
}
