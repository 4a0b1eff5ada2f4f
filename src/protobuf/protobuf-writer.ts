// SPDX-License-Identifier: Apache-2.0
/**
 * Writes protobuf messages into one growing buffer. A nested message is written where it stands: a byte is kept free for
 * its length, and the rare message of more than 127 bytes is moved up once its length is known. Nothing is sized twice.
 *
 * Source: Protocol Buffers, "Encoding".
 */

/** What most messages fit into, in bytes; the buffer doubles when they do not. */
const FIRST_CAPACITY = 256;

const TWO_TO_32 = 0x1_0000_0000;

export class ProtobufWriter {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #pos = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#pos;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, 0, this.#pos);
  }

  /** Forgets what was written, and keeps the room for it. */
  clear(): void {
    this.#pos = 0;
  }

  /** A varint field. `value` is a whole number from 0 to 2^53 − 1. */
  varint(tag: number, value: number): void {
    this.#varint(tag);
    this.#varint(value);
  }

  /** A sint64 field (zigzag). `value` is a safe integer. */
  sint64(tag: number, value: number): void {
    this.#varint(tag);
    // Doubling may pass 2^53, where a number would round: the halves are shifted apart.
    const magnitude = value < 0 ? -(value + 1) : value;
    const low = magnitude % TWO_TO_32;
    const high = (magnitude - low) / TWO_TO_32;
    const doubledLow = ((low << 1) | (value < 0 ? 1 : 0)) >>> 0;
    this.#halves(doubledLow, ((high << 1) | (low >>> 31)) >>> 0);
  }

  /** A double field. */
  double(tag: number, value: number): void {
    this.#varint(tag);
    this.#reserve(8);
    this.#pos = this.#bytes.writeDoubleLE(value, this.#pos);
  }

  /** A fixed64 field. `value` is an unsigned whole number. */
  fixed64(tag: number, value: bigint): void {
    this.#varint(tag);
    this.#reserve(8);
    this.#pos = this.#bytes.writeBigUInt64LE(value, this.#pos);
  }

  /** A bytes field, or an embedded message that is encoded already. */
  bytes(tag: number, value: Uint8Array): void {
    this.#varint(tag);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#pos);
    this.#pos += value.length;
  }

  /** Fields that are encoded already, without tag and length. */
  raw(fields: Uint8Array): void {
    this.#reserve(fields.length);
    this.#bytes.set(fields, this.#pos);
    this.#pos += fields.length;
  }

  /** A string field, as UTF-8; a lone surrogate becomes U+FFFD. */
  text(tag: number, value: string): void {
    this.#varint(tag);
    const start = this.#open();
    this.#reserve(value.length * 3);
    this.#pos += this.#bytes.write(value, this.#pos, 'utf8');
    this.#close(start);
  }

  /** An embedded message: whatever `write` writes. */
  message(tag: number, write: () => void): void {
    this.#varint(tag);
    const start = this.#open();
    write();
    this.#close(start);
  }

  #open(): number {
    this.#reserve(1);
    this.#pos += 1;
    return this.#pos;
  }

  #close(start: number): void {
    const length = this.#pos - start;
    const extra = varintLength(length) - 1;
    if (extra > 0) {
      this.#reserve(extra);
      this.#bytes.copyWithin(start + extra, start, this.#pos);
    }
    this.#pos = start - 1;
    this.#varint(length);
    this.#pos += length;
  }

  #varint(value: number): void {
    if (value < 0x80) {
      this.#reserve(1);
      this.#bytes[this.#pos++] = value;
      return;
    }
    const low = value % TWO_TO_32;
    this.#halves(low, (value - low) / TWO_TO_32);
  }

  /** A varint of 64 bits from its two unsigned halves. */
  #halves(low: number, high: number): void {
    this.#reserve(10);
    let restLow = low;
    let restHigh = high;
    while (restHigh > 0 || restLow > 0x7f) {
      this.#bytes[this.#pos++] = (restLow & 0x7f) | 0x80;
      restLow = ((restLow >>> 7) | (restHigh << 25)) >>> 0;
      restHigh >>>= 7;
    }
    this.#bytes[this.#pos++] = restLow;
  }

  #reserve(count: number): void {
    if (this.#pos + count <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#pos + count));
    this.#bytes.copy(wider, 0, 0, this.#pos);
    this.#bytes = wider;
  }
}

/** Bytes that a length takes as a varint. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) length++;
  return length;
}
