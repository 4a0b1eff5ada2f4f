// SPDX-License-Identifier: Apache-2.0
/**
 * Typed reads of OTLP/JSON values. A value of another type is passed over and told to the decoder, which decides what
 * is lost by it; reading goes on behind it, so that one wrong value never puts the rest out of step. `null` is absence.
 */
import { NameTable } from '../../protobuf/wire-text.js';
import { parseDouble, parseInt64, parseUint64 } from './json-number.js';
import type { JsonKind, JsonReader } from './json-reader.js';
import { ID_BYTES_READ_MAX } from './span-builder.js';

/** Told of a value of the wrong type: where it begins, and what is wrong with it. */
export type FieldFault = (byteOffset: number, what: string) => void;

/** Characters of text that stands for a number; the longest double that is not padded takes 25. */
const NUMBER_TEXT_LENGTH_MAX = 64;

/** Characters read of a name that is compared and not kept; longer than any that is known. */
const NAME_LENGTH_MAX = 64;

/** Keys of which a request has thousands; others are read as text. */
export const OTLP_KEYS: NameTable = new NameTable([
  ...['resourceSpans', 'resource', 'scopeSpans', 'scope', 'spans', 'attributes', 'key', 'value'],
  ...['stringValue', 'intValue', 'boolValue', 'doubleValue', 'arrayValue', 'values', 'kvlistValue', 'bytesValue'],
  ...['traceId', 'spanId', 'parentSpanId', 'traceState', 'flags', 'name', 'kind', 'startTimeUnixNano'],
  ...['endTimeUnixNano', 'status', 'code', 'message', 'events', 'timeUnixNano', 'links'],
]);

const HEX = /^[0-9a-fA-F]*$/;

const ARTICLES: Readonly<Record<JsonKind, string>> = {
  object: 'an object',
  array: 'an array',
  text: 'text',
  number: 'a number',
  boolean: 'a boolean',
  null: 'null',
};

/** `what` names the field in every method, for the message of a fault. */
export class JsonFields {
  readonly #reader: JsonReader;
  readonly #stringLengthMax: number;
  readonly #fault: FieldFault;

  constructor(reader: JsonReader, stringLengthMax: number, fault: FieldFault) {
    this.#reader = reader;
    this.#stringLengthMax = stringLengthMax;
    this.#fault = fault;
  }

  /** Reads an object's members; `read` says whether it took the value of the key. `null` is an empty object. */
  object(what: string, read: (key: string) => boolean): void {
    if (!this.enterObject(what)) return;
    const reader = this.#reader;
    while (reader.next()) {
      if (!read(reader.key(OTLP_KEYS))) reader.skip();
    }
  }

  /** Steps into an object, whose members the caller goes through himself: for what there is most of. */
  enterObject(what: string): boolean {
    if (!this.#expect('object', what)) return false;
    this.#reader.enter();
    return true;
  }

  /** Reads an array's elements. `null` is an empty array. */
  array(what: string, read: () => void): void {
    if (!this.#expect('array', what)) return;
    const reader = this.#reader;
    reader.enter();
    while (reader.next()) read();
  }

  text(what: string): string {
    return this.#expect('text', what) ? this.#reader.readText(this.#stringLengthMax) : '';
  }

  /** Text that is only compared: whatever the bound on kept text, a known name is recognized. */
  name(what: string): string {
    return this.#expect('text', what) ? this.#reader.readText(NAME_LENGTH_MAX) : '';
  }

  /** Which name of the table the text is, if any. */
  nameIn(names: NameTable, what: string): string | undefined {
    return this.#expect('text', what) ? this.#reader.readName(names) : undefined;
  }

  boolean(what: string): boolean {
    return this.#expect('boolean', what) && this.#reader.readBoolean();
  }

  hex(what: string): string {
    if (!this.#expect('text', what)) return '';
    const at = this.#reader.pos;
    const digits = this.#reader.readUnique(ID_BYTES_READ_MAX * 2);
    if (HEX.test(digits)) return digits.toLowerCase();
    this.#fault(at, `${what} has a character that is no hex digit`);
    return '';
  }

  /** An enum by number or, leniently, by name; a name that is none reads as 0, as an unknown number does later. */
  enum(what: string, prefix: string, members: Readonly<Record<string, number>>): number {
    if (this.#reader.kind() === 'text') {
      const name = this.name(what);
      const member = name.startsWith(prefix) ? name.slice(prefix.length) : '';
      return Object.hasOwn(members, member) ? (members[member] as number) : 0;
    }
    if (!this.#expect('number', what)) return 0;
    const at = this.#reader.pos;
    const number = Number(this.#reader.readNumber());
    // Adding 0 turns -0, which JSON can spell and an enum cannot be, into 0.
    if (Number.isInteger(number)) return number + 0;
    this.#fault(at, `${what} is no whole number`);
    return 0;
  }

  time(what: string): bigint {
    return this.#readSpelled(what, parseUint64) ?? 0n;
  }

  int64(what: string): number | string {
    return this.#readSpelled(what, parseInt64) ?? 0;
  }

  double(what: string): number {
    return this.#readSpelled(what, parseDouble) ?? 0;
  }

  /** A number, or text that stands for one. */
  #readSpelled<T>(what: string, parse: (spelled: string) => T | undefined): T | undefined {
    const reader = this.#reader;
    const isText = reader.kind() === 'text';
    if (!isText && !this.#expect('number', what)) return undefined;
    const at = reader.pos;
    const spelled = isText ? reader.readUnique(NUMBER_TEXT_LENGTH_MAX + 1) : reader.readNumber();
    const value = isText && spelled.length > NUMBER_TEXT_LENGTH_MAX ? undefined : parse(spelled);
    if (value === undefined) this.#fault(at, `${what} is no number of its type`);
    return value;
  }

  /** Whether the next value is of the kind. If not it is passed over, and unless it is `null` that is a fault. */
  #expect(kind: JsonKind, what: string): boolean {
    const found = this.#reader.kind();
    if (found === kind) return true;
    const at = this.#reader.pos;
    this.#reader.skip();
    if (found !== 'null') this.#fault(at, `${what} is ${ARTICLES[found]}, not ${ARTICLES[kind]}`);
    return false;
  }
}
