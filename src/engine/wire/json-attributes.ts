// SPDX-License-Identifier: Apache-2.0
/**
 * Attributes in OTLP's JSON encoding, for every message that has some.
 *
 * Source: OpenTelemetry Protocol specification 1.x, "JSON Protobuf Encoding".
 */
import type { AttributeValue } from '../../model/attributes.js';
import type { JsonFields } from './json-fields.js';
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
  readResource(names: ReadonlySet<string>, into: AttributeDraft): void {
    this.#fields.object('resource', (key) => {
      if (key !== 'attributes') return false;
      this.readAll(names, into);
      return true;
    });
  }

  /** An array of `KeyValue`. */
  readAll(names: ReadonlySet<string>, into: AttributeDraft): void {
    this.#fields.array('attributes', () => this.#read(names, into));
  }

  /** An `AnyValue`; of several values the last counts. `undefined` for none, a map, bytes, or an array in an array. */
  readValue(name: string, arrays: boolean): AttributeValue | undefined {
    let value: AttributeValue | undefined;
    this.#fields.object(name, (key) => {
      if (this.#reader.kind() === 'null') return false;
      if (key === 'stringValue') value = this.#fields.text(name);
      else if (key === 'boolValue') value = this.#fields.boolean(name);
      else if (key === 'intValue') value = this.#fields.int64(name);
      else if (key === 'doubleValue') value = this.#fields.double(name);
      else if (key === 'arrayValue' && arrays) value = this.#readArray(name);
      else {
        if (key === 'arrayValue' || key === 'kvlistValue' || key === 'bytesValue') value = undefined;
        return false;
      }
      return true;
    });
    return value;
  }

  /** One `KeyValue`. Its value is passed over first and gone back to once the key is known to be wanted. */
  #read(names: ReadonlySet<string>, into: AttributeDraft): void {
    const reader = this.#reader;
    let name = '';
    let valueAt = -1;
    this.#fields.object('an attribute', (key) => {
      if (key === 'key') name = this.#fields.name('attribute key');
      else if (key === 'value') {
        valueAt = reader.pos;
        reader.skip();
      } else return false;
      return true;
    });
    if (valueAt < 0 || !names.has(name)) return;
    const after = reader.pos;
    reader.pos = valueAt;
    const value = this.readValue(name, true);
    if (value !== undefined) into[name] = value;
    reader.pos = after;
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
