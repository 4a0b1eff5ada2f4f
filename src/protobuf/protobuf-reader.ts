// SPDX-License-Identifier: Apache-2.0
/**
 * A reader of protobuf bytes that trusts nothing. It is one array, a position and the end of the message it stands in;
 * every read is checked against that end, which is itself never past the end of the enclosing message. So a lying
 * length is found where it stands, and no read ever leaves the body.
 *
 * Source: Protocol Buffers, "Encoding". Groups (wire types 3 and 4) are refused: no message that is read here has any.
 */
import { equalsAscii, type NameTable, readText, textView } from './wire-text.js';

/** The wire types that a tag's low three bits can name and that are used here. */
export const WireType = { VARINT: 0, FIXED64: 1, BYTES: 2, FIXED32: 5 } as const;

/** Bytes of the longest varint: 64 bits, seven a byte. */
const VARINT_BYTES_MAX = 10;

const TWO_TO_32 = 0x1_0000_0000;

/** The error for what stands at a byte, counted from the start of the body. */
export type Malformed = (byteOffset: number, what: string) => Error;

export class ProtobufReader {
  /** Where the next byte is read, from the start of the body. */
  pos = 0;
  /** End of the message being read. */
  end: number;

  readonly #bytes: Buffer;
  /** Made when a number of fixed width is met: a small message has none, and a view costs as much as reading it. */
  #view: DataView | undefined;
  /** The two halves of the varint read last, unsigned. */
  #low = 0;
  #high = 0;

  readonly #malformed: Malformed;

  /**
   * @param bytes the whole body; it is not kept longer than the reader
   * @param malformed makes the error for bytes that are no such message
   */
  constructor(bytes: Uint8Array, malformed: Malformed) {
    this.#malformed = malformed;
    this.#bytes = textView(bytes);
    this.end = bytes.byteLength;
  }

  /** Whether the message being read has a field left. */
  more(): boolean {
    return this.pos < this.end;
  }

  /** The next tag: field number times 8 plus wire type. Tag 0 and field number 0 are malformed. */
  readTag(): number {
    const start = this.pos;
    const byte = this.#bytes[start] as number;
    let tag = byte;
    if (start < this.end && byte < 0x80) {
      this.pos = start + 1;
    } else {
      this.#readVarint();
      if (this.#high !== 0) throw this.#malformed(start, 'a tag is longer than 32 bits');
      tag = this.#low;
    }
    if (tag < 8) throw this.#malformed(start, 'a tag has field number 0');
    return tag;
  }

  /** A varint's low 32 bits, signed: what an enum or an int32 is. */
  readInt32(): number {
    this.#readVarint();
    return this.#low | 0;
  }

  readBool(): boolean {
    this.#readVarint();
    return this.#low !== 0 || this.#high !== 0;
  }

  /** An int64: a number where that is exact, decimal text otherwise. */
  readInt64(): number | string {
    this.#readVarint();
    const value = (this.#high | 0) * TWO_TO_32 + this.#low;
    if (Number.isSafeInteger(value)) return value;
    return BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low)).toString();
  }

  /** A sint64 (zigzag): a number where that is exact; past 2^53 the nearest one. */
  readSint64(): number {
    this.#readVarint();
    const magnitude = this.#high * (TWO_TO_32 / 2) + (this.#low >>> 1);
    return this.#low & 1 ? -magnitude - 1 : magnitude;
  }

  readFixed64(): bigint {
    const start = this.#take(8);
    return this.#fixed().getBigUint64(start, true);
  }

  readDouble(): number {
    const start = this.#take(8);
    return this.#fixed().getFloat64(start, true);
  }

  /** The bytes of a field themselves: a view, not a copy. */
  readBytes(): Uint8Array {
    const length = this.#readLength();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Text of at most `lengthMax` UTF-16 units; see `readText`. */
  readText(lengthMax: number): string {
    const length = this.#readLength();
    const start = this.#take(length);
    return readText(this.#bytes, start, start + length, lengthMax);
  }

  /** Bytes as lower-case hex, at most `byteCountMax` of them: an id that is too long still shows that it is. */
  readHex(byteCountMax: number): string {
    const length = this.#readLength();
    const start = this.#take(length);
    return this.#bytes.toString('hex', start, start + Math.min(length, byteCountMax));
  }

  /** Reads text and says which name of the table it is, if any. */
  readName(names: NameTable): string | undefined {
    const length = this.#readLength();
    const start = this.#take(length);
    return names.find(this.#bytes, start, start + length);
  }

  /** Reads text and says whether it is this ASCII word. */
  readEquals(word: string): boolean {
    const length = this.#readLength();
    const start = this.#take(length);
    return equalsAscii(this.#bytes, start, start + length, word);
  }

  /** Enters an embedded message and returns the end of the enclosing one, which `leave` wants back. */
  enter(): number {
    const length = this.#readLength();
    const outer = this.end;
    this.#checkLeft(length);
    this.end = this.pos + length;
    return outer;
  }

  /** Leaves an embedded message, whatever of it was left unread. */
  leave(outer: number): void {
    this.pos = this.end;
    this.end = outer;
  }

  /** The bytes from a place read before up to here: a view, not a copy. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.pos);
  }

  /** Passes over a field's value. Groups and the two unassigned wire types are malformed. */
  skip(wireType: number): void {
    switch (wireType) {
      case WireType.VARINT:
        this.#readVarint();
        return;
      case WireType.FIXED64:
        this.#take(8);
        return;
      case WireType.BYTES:
        this.#take(this.#readLength());
        return;
      case WireType.FIXED32:
        this.#take(4);
        return;
      default:
        throw this.#malformed(this.pos, `a field has wire type ${wireType}, which is not used here`);
    }
  }

  #fixed(): DataView {
    this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    return this.#view;
  }

  #readLength(): number {
    const start = this.pos;
    const byte = this.#bytes[start] as number;
    if (start < this.end && byte < 0x80) {
      this.pos = start + 1;
      return byte;
    }
    this.#readVarint();
    return this.#high * TWO_TO_32 + this.#low;
  }

  /** Moves past `length` bytes and returns where they start. */
  #take(length: number): number {
    const start = this.pos;
    this.#checkLeft(length);
    this.pos = start + length;
    return start;
  }

  #checkLeft(length: number): void {
    const left = this.end - this.pos;
    if (length <= left) return;
    throw this.#malformed(this.pos, `${length} bytes are announced where the message has ${left} left`);
  }

  /** Reads a varint into its two halves: 28 bits, 4 and 28 over the seam, then the last 7. */
  #readVarint(): void {
    const start = this.pos;
    let low = 0;
    let high = 0;
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      if (this.pos >= this.end) throw this.#malformed(start, 'the message ends within a varint');
      const byte = this.#bytes[this.pos++] as number;
      const bits = byte & 0x7f;
      if (count < 4) low |= bits << (7 * count);
      else if (count === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (count < VARINT_BYTES_MAX - 1) high |= bits << (7 * count - 32);
      else if (byte > 1) break;
      else high |= bits << 31;
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw this.#malformed(start, 'a varint is longer than 64 bits');
  }
}
