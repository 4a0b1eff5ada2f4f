// SPDX-License-Identifier: Apache-2.0
/**
 * A string of bits in bytes, highest bit first, the last byte filled up with zeros: a pen that writes a few bits at a
 * time and a finger that reads them. Also the one kind of number that the encoding knows, which takes 3 bits for 0 to 3
 * and 2 bits more each time that it outgrows its room: a count of digits in unary, then the digits.
 *
 * Source: Almeida, Baquero, Fonte, "Interval Tree Clocks" (OPODIS 2008), the binary encoding.
 */
import { ItcFormatError } from './format-error.js';

/**
 * The longest encoding written or read, in bytes. An id halved 64 times takes 17; an event tree about 1 for each part of
 * a height of its own (measured: among 200 live branches that told each other of their events at random, 212). What is
 * larger would crowd out of a bag (3 kB by default) the very things that stamps are there to order.
 */
export const STAMP_BYTES_MAX = 256;

/** Digits of the smallest numbers; one more for every range that a number is beyond. */
const DIGITS_MIN = 2;

/** Digits moved at once, so that shifts stay within 32 bits: up to 7 waiting and these. */
const DIGITS_AT_ONCE = 24;

/** Room at first, doubled when it is full. V8 keeps arrays of up to 64 bytes in its own heap: made in a tenth of the time. */
const ROOM_BYTES = 64;

export class BitWriter {
  #bytes = new Uint8Array(ROOM_BYTES);
  #byteCount = 0;
  /** The bits not yet written, in the lowest `#waitingCount` places. */
  #waiting = 0;
  #waitingCount = 0;

  /**
   * Appends the lowest `count` bits of `value`, at most 24, which must be 0 above them.
   *
   * @throws ItcFormatError when the whole takes more than `STAMP_BYTES_MAX`.
   */
  write(value: number, count: number): void {
    this.#waiting = (this.#waiting << count) | value;
    this.#waitingCount += count;
    while (this.#waitingCount >= 8) {
      this.#waitingCount -= 8;
      this.#append(this.#waiting >>> this.#waitingCount);
    }
    this.#waiting &= (1 << this.#waitingCount) - 1;
  }

  /** Appends an integer from 0 to 2^53 - 1. */
  writeInteger(value: number): void {
    let digits = DIGITS_MIN;
    let rest = value;
    for (let room = 2 ** DIGITS_MIN; rest >= room; room *= 2) {
      this.write(1, 1);
      rest -= room;
      digits += 1;
    }
    this.write(0, 1);
    while (digits > DIGITS_AT_ONCE) {
      digits -= DIGITS_AT_ONCE;
      const unit = 2 ** digits;
      const high = Math.floor(rest / unit);
      this.write(high, DIGITS_AT_ONCE);
      rest -= high * unit;
    }
    this.write(rest, digits);
  }

  /** What was written, as text of 0 and 1 without the filling zeros. For tests and for eyes. */
  get text(): string {
    const whole = this.#bytes.subarray(0, this.#byteCount);
    const rest = this.#waitingCount === 0 ? '' : this.#waiting.toString(2).padStart(this.#waitingCount, '0');
    return Array.from(whole, (byte) => byte.toString(2).padStart(8, '0')).join('') + rest;
  }

  /** Fills up the last byte and gives all of them. To be called once, at the end. */
  finish(): Uint8Array {
    if (this.#waitingCount > 0) this.write(0, 8 - this.#waitingCount);
    return this.#bytes.slice(0, this.#byteCount);
  }

  #append(byte: number): void {
    if (this.#byteCount === STAMP_BYTES_MAX) {
      throw new ItcFormatError(
        `The stamp takes more than ${STAMP_BYTES_MAX} bytes: join branches before it is sent, or start from a new seed`,
      );
    }
    if (this.#byteCount === this.#bytes.length) {
      const wider = new Uint8Array(this.#byteCount * 2);
      wider.set(this.#bytes);
      this.#bytes = wider;
    }
    // The array keeps the lowest 8 bits.
    this.#bytes[this.#byteCount++] = byte;
  }
}

/** Reads what may have been written by anybody: each method throws `ItcFormatError` where the bits make no sense. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #bitOffset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    if (bytes.length > STAMP_BYTES_MAX) throw this.fault(`more than ${STAMP_BYTES_MAX} bytes`);
  }

  read(): 0 | 1 {
    const byte = this.#bytes[this.#bitOffset >>> 3];
    if (byte === undefined) throw this.fault('the bits end too soon');
    const bit = (byte >>> (7 - (this.#bitOffset & 7))) & 1;
    this.#bitOffset += 1;
    return bit as 0 | 1;
  }

  /** Two bits as a number from 0 to 3. */
  readPair(): number {
    return this.read() * 2 + this.read();
  }

  /** Reads an integer of at most `max`, which is at most 2^53 - 1. */
  readInteger(max: number): number {
    let digits = DIGITS_MIN;
    let least = 0;
    for (let room = 2 ** DIGITS_MIN; this.read() === 1; room *= 2) {
      least += room;
      digits += 1;
      // Checked at each step: however many ones a stranger sends, no sum here passes twice the bound.
      if (least > max) throw this.fault('a number is too great');
    }
    let rest = 0;
    for (; digits > 0; digits -= 1) rest = rest * 2 + this.read();
    if (rest > max - least) throw this.fault('a number is too great');
    return least + rest;
  }

  /** Expects nothing more than the zeros that fill up the last byte. */
  expectEnd(): void {
    const end = Math.ceil(this.#bitOffset / 8);
    if (this.#bytes.length > end) throw this.fault('bytes follow after the end');
    while (this.#bitOffset < end * 8) {
      if (this.read() === 1) throw this.fault('the last byte is not filled up with zeros');
    }
  }

  /** An error that says what is wrong and where. */
  fault(what: string): ItcFormatError {
    return new ItcFormatError(`Not an interval tree clock: ${what} (at bit ${this.#bitOffset}); discard it`);
  }
}
