// SPDX-License-Identifier: Apache-2.0
/**
 * Attributes in OTLP's JSON encoding, for every message that has some.
 *
 * Source: OpenTelemetry Protocol specification 1.x, "JSON Protobuf Encoding".
 */
import type { AttributeValue } from '../../model/attributes.js';
import type { NameTable } from '../../protobuf/wire-text.js';
import { type JsonFields, OTLP_KEYS } from './json-fields.js';
import type { JsonReader } from './json-reader.js';
import type { AttributeDraft } from './span-builder.js';
import type { WireLimits } from './wire-limits.js';

export class JsonAttributes {
  readonly #reader: JsonReader;
  readonly #fields: JsonFields;
  readonly #limits: WireLimits;

  constructor(reader: JsonReader, fields: JsonFields, limits: WireLimits) {
    this.#reader = reader;
    this.#fields = fields;
    this.#limits = limits;
  }

  /** A `Resource`. */
  readResource(names: NameTable, into: AttributeDraft): void {
    this.#fields.object('resource', (key) => {
      if (key !== 'attributes') return false;
      this.readAll(names, into);
      return true;
    });
  }

  /** An array of `KeyValue`. */
  readAll(names: NameTable, into: AttributeDraft): void {
    this.#fields.array('attributes', () => this.#read(names, into));
  }

  /** An `AnyValue`; of several values the last counts. `undefined` for none, a map, bytes, or an array in an array. */
  readValue(name: string, arrays: boolean): AttributeValue | undefined {
    const reader = this.#reader;
    const fields = this.#fields;
    let value: AttributeValue | undefined;
    if (!fields.enterObject(name)) return undefined;
    while (reader.next()) {
      const key = reader.key(OTLP_KEYS);
      if (reader.kind() === 'null') reader.skip();
      else if (key === 'stringValue') value = fields.text(name);
      else if (key === 'boolValue') value = fields.boolean(name);
      else if (key === 'intValue') value = fields.int64(name);
      else if (key === 'doubleValue') value = fields.double(name);
      else if (key === 'arrayValue' && arrays) value = this.#readArray(name);
      else {
        if (key === 'arrayValue' || key === 'kvlistValue' || key === 'bytesValue') value = undefined;
        reader.skip();
      }
    }
    return value;
  }

  /** One `KeyValue`. Most senders write the key first; a value that comes before its key is gone back to. */
  #read(names: NameTable, into: AttributeDraft): void {
    const reader = this.#reader;
    if (!this.#fields.enterObject('an attribute')) return;
    let name: string | undefined;
    let readAs: string | undefined;
    let value: AttributeValue | undefined;
    let valueAt = -1;
    while (reader.next()) {
      const key = reader.key(OTLP_KEYS);
      if (key === 'key') name = this.#fields.nameIn(names, 'attribute key');
      else if (key === 'value') {
        valueAt = reader.pos;
        readAs = name;
        if (name === undefined) reader.skip();
        else value = this.readValue(name, true);
      } else reader.skip();
    }
    if (name === undefined || valueAt < 0) return;
    if (readAs !== name) {
      const after = reader.pos;
      reader.pos = valueAt;
      value = this.readValue(name, true);
      reader.pos = after;
    }
    if (value !== undefined) into[name] = value;
  }

  /** An array's scalars. What is none keeps its place as `null`. */
  #readArray(name: string): AttributeValue {
    const values: (string | number | boolean | null)[] = [];
    this.#fields.object(name, (key) => {
      if (key !== 'values') return false;
      this.#fields.array(name, () => {
        if (values.length < this.#limits.arrayLengthMax) {
          values.push((this.readValue(name, false) ?? null) as string | number | boolean | null);
        } else this.#reader.skip();
      });
      return true;
    });
    return values;
  }
}
