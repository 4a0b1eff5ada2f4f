// SPDX-License-Identifier: Apache-2.0
/**
 * A JSON reader that is pulled: the caller asks for the next member or element and either reads the value or passes
 * over it. `JSON.parse` would build the whole tree first (twenty bytes and more for each one sent, an object for every
 * attribute nobody reads), round 64-bit integers, and not say at which byte the text is broken.
 *
 * The grammar is RFC 8259's, strictly, also in what is passed over. Nesting is bounded and
 * nothing recurses.
 */
import { PanoramaError } from '../../model/errors.js';
import { type NameTable, readText, textView } from '../../protobuf/wire-text.js';
import { escapeLength, unescapedText } from './json-escapes.js';
import { malformed } from './wire-limits.js';

/** The first byte of a value says what it is. */
export type JsonKind = 'object' | 'array' | 'text' | 'number' | 'boolean' | 'null';

/** Longest key that is turned into text; no key of OTLP comes near, and a longer one reads as `''`, which is none. */
const KEY_LENGTH_MAX = 64;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COLON = 0x3a;
const BRACKET_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_CLOSE = 0x5d;
const LOWER_E = 0x65;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
/** Makes a letter lower-case. */
const CASE_BIT = 0x20;

const LITERALS = ['true', 'false', 'null'];

export class JsonReader {
  /** Where the next byte is read, from the start of the body. Set it only to where a value began. */
  pos: number;

  readonly #bytes: Buffer;
  readonly #depthMax: number;
  /** The closing byte of each object and array that is open. */
  readonly #open: number[] = [];
  /** Whether the innermost one has had no member or element yet. */
  #fresh = false;
  /** The text or number scanned last, without quotes, and whether it has escapes. */
  #start = 0;
  #end = 0;
  #escaped = false;

  /** @param depthMax objects and arrays within each other, at most */
  constructor(bytes: Uint8Array, depthMax: number) {
    this.#bytes = textView(bytes);
    this.#depthMax = depthMax;
    const hasByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.pos = hasByteOrderMark ? 3 : 0;
  }

  /** What the next value is; it stays unread. */
  kind(): JsonKind {
    const byte = this.#peek();
    if (byte === QUOTE) return 'text';
    if (byte === BRACE_OPEN) return 'object';
    if (byte === BRACKET_OPEN) return 'array';
    if (byte === MINUS || isDigit(byte)) return 'number';
    if (byte === 0x74 || byte === 0x66) return 'boolean';
    if (byte === 0x6e) return 'null';
    throw this.#broken('a value should begin here');
  }

  /** Steps into the object or array that begins here. @throws PanoramaError PANO_WIRE_LIMIT when too deep */
  enter(): void {
    if (this.#open.length >= this.#depthMax) {
      throw new PanoramaError(
        'PANO_WIRE_LIMIT',
        `objects and arrays are nested more than ${this.#depthMax} deep at byte ${this.pos}; flatten the attribute`,
      );
    }
    this.#open.push(this.#peek() === BRACE_OPEN ? BRACE_CLOSE : BRACKET_CLOSE);
    this.pos++;
    this.#fresh = true;
  }

  /** Moves to the next member of the object (its value is next, `key()` names it) or element of the array, or out. */
  next(): boolean {
    const close = this.#open[this.#open.length - 1];
    const byte = this.#peek();
    if (byte === close) {
      this.pos++;
      this.#open.pop();
      this.#fresh = false;
      return false;
    }
    if (!this.#fresh) {
      if (byte !== COMMA) throw this.#broken(`a comma or '${close === BRACE_CLOSE ? '}' : ']'}' should stand here`);
      this.pos++;
    }
    this.#fresh = false;
    if (close === BRACKET_CLOSE) return true;
    if (this.#peek() !== QUOTE) throw this.#broken('a key in double quotes should stand here');
    this.#scanText();
    if (this.#peek() !== COLON) throw this.#broken("a ':' should stand here");
    this.pos++;
    return true;
  }

  /**
   * The key of the member that `next` moved to. To be asked before its value is read.
   *
   * @param expected keys that are found without making text of them
   */
  key(expected?: NameTable): string {
    const known = expected?.find(this.#bytes, this.#start, this.#end);
    if (known !== undefined) return known;
    return this.#end - this.#start > KEY_LENGTH_MAX ? '' : this.#text(KEY_LENGTH_MAX);
  }

  /** Reads text of at most `lengthMax` UTF-16 units; invalid UTF-8 and lone surrogates become U+FFFD. */
  readText(lengthMax: number): string {
    this.#peek();
    this.#scanText();
    return this.#text(lengthMax);
  }

  /** Reads text and says which name of the table it is, if any. */
  readName(names: NameTable): string | undefined {
    this.#peek();
    this.#scanText();
    if (!this.#escaped) return names.find(this.#bytes, this.#start, this.#end);
    const text = Buffer.from(this.#text(KEY_LENGTH_MAX));
    return names.find(text, 0, text.length);
  }

  /** Reads text that seldom comes twice, as ids and times are; what is not ASCII in it may come out otherwise, but not as ASCII. */
  readUnique(lengthMax: number): string {
    this.#peek();
    this.#scanText();
    if (this.#escaped) return this.#text(lengthMax);
    return this.#bytes.toString('latin1', this.#start, Math.min(this.#end, this.#start + lengthMax));
  }

  /** Reads a number as it is spelled. */
  readNumber(): string {
    this.#peek();
    this.#scanNumber();
    return this.#bytes.toString('latin1', this.#start, this.#end);
  }

  readBoolean(): boolean {
    return this.#scanLiteral() === 'true';
  }

  /** Passes over the next value, whatever it is, and checks that it is JSON. */
  skip(): void {
    const depth = this.#open.length;
    do {
      switch (this.kind()) {
        case 'object':
        case 'array':
          this.enter();
          break;
        case 'text':
          this.#scanText();
          break;
        case 'number':
          this.#scanNumber();
          break;
        default:
          this.#scanLiteral();
      }
      while (this.#open.length > depth && !this.next());
    } while (this.#open.length > depth);
  }

  /** Checks that nothing follows but blanks. */
  finish(): void {
    this.#skipBlanks();
    if (this.pos < this.#bytes.length) throw this.#broken('nothing should follow the request');
  }

  /** Moves to the next byte that is no blank and returns it. */
  #peek(): number {
    this.#skipBlanks();
    const byte = this.#bytes[this.pos];
    if (byte === undefined) throw this.#broken('the text ends early');
    return byte;
  }

  #skipBlanks(): void {
    const bytes = this.#bytes;
    let at = this.pos;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) break;
    }
    this.pos = at;
  }

  /** Scans text from its opening quote past its closing one. */
  #scanText(): void {
    const bytes = this.#bytes;
    const start = this.pos + 1;
    let at = start;
    this.#escaped = false;
    for (;;) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < SPACE) {
        this.pos = at;
        throw this.#broken(byte === undefined ? 'the text ends early' : 'a control character should be escaped');
      }
      if (byte === BACKSLASH) {
        this.#escaped = true;
        at = this.#scanEscape(at);
      } else at++;
    }
    this.#start = start;
    this.#end = at;
    this.pos = at + 1;
  }

  /** Checks the escape at a backslash and returns where it ends. */
  #scanEscape(at: number): number {
    const length = escapeLength(this.#bytes, at);
    if (length > 0) return at + length;
    this.pos = at;
    throw this.#broken('this is no escape of JSON');
  }

  /** The text scanned last, unescaped. */
  #text(lengthMax: number): string {
    const read = this.#escaped ? unescapedText : readText;
    return read(this.#bytes, this.#start, this.#end, lengthMax);
  }

  #scanNumber(): void {
    const bytes = this.#bytes;
    const start = this.pos;
    if (bytes[this.pos] === MINUS) this.pos++;
    if (bytes[this.pos] === DIGIT_0) this.pos++;
    else this.#scanDigits();
    if (bytes[this.pos] === POINT) {
      this.pos++;
      this.#scanDigits();
    }
    if (((bytes[this.pos] ?? 0) | CASE_BIT) === LOWER_E) {
      this.pos++;
      const sign = bytes[this.pos];
      if (sign === PLUS || sign === MINUS) this.pos++;
      this.#scanDigits();
    }
    this.#start = start;
    this.#end = this.pos;
  }

  #scanDigits(): void {
    if (!isDigit(this.#bytes[this.pos])) throw this.#broken('a digit should stand here');
    while (isDigit(this.#bytes[this.pos])) this.pos++;
  }

  #scanLiteral(): string {
    this.#peek();
    for (const literal of LITERALS) {
      if (this.#bytes.toString('latin1', this.pos, this.pos + literal.length) !== literal) continue;
      this.pos += literal.length;
      return literal;
    }
    throw this.#broken('a value should begin here');
  }

  #broken(what: string): PanoramaError {
    return malformed('JSON', this.pos, what);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9;
}
