// SPDX-License-Identifier: Apache-2.0
/**
 * The bytes of one mutation, in one buffer for the whole run. Whatever does not fit any more is left out, so that no chain
 * of mutations grows without bound. The bytes stand between two margins of garbage: a decoder that reads beside its body
 * reads something else there than in a buffer of its own.
 */
const BYTES_MAX = 128 * 1024;
const MARGIN_BYTES = 64;

export class Scratch {
  length = 0;
  readonly #buffer = new Uint8Array(BYTES_MAX + 2 * MARGIN_BYTES).fill(0xff);
  readonly bytes: Uint8Array = this.#buffer.subarray(MARGIN_BYTES, MARGIN_BYTES + BYTES_MAX);

  /** What is in it, as a decoder gets it. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  set(bytes: Uint8Array): void {
    this.length = 0;
    this.append(bytes);
  }

  /** Whether nothing more is worth writing: what repeats itself within itself ends here. */
  get isFull(): boolean {
    return this.length >= BYTES_MAX - MARGIN_BYTES;
  }

  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > BYTES_MAX) return;
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  push(byte: number): void {
    if (this.length < BYTES_MAX) this.bytes[this.length++] = byte;
  }

  /** Replaces `count` bytes at a place. */
  splice(at: number, count: number, bytes: Uint8Array): void {
    const start = Math.min(at, this.length);
    const end = Math.min(start + count, this.length);
    if (this.length - (end - start) + bytes.length > BYTES_MAX) return;
    this.bytes.copyWithin(start + bytes.length, end, this.length);
    this.bytes.set(bytes, start);
    this.length += bytes.length - (end - start);
  }

  /** Moves what was written since `middle` before what was written since `start`. The latter should be short. */
  rotate(start: number, middle: number): void {
    const tail = this.bytes.slice(middle, this.length);
    this.bytes.copyWithin(start + tail.length, start, middle);
    this.bytes.set(tail, start);
  }

  /** A varint of up to 64 bits; `padding` more bytes than it needs, which protobuf allows. */
  varint(value: number | bigint, padding = 0): void {
    let rest = value;
    if (typeof rest === 'bigint') {
      rest = BigInt.asUintN(64, rest);
      while (rest > 127n) {
        this.push(Number(rest & 127n) | 128);
        rest >>= 7n;
      }
    } else {
      while (rest > 127) {
        this.push((rest % 128) | 128);
        rest = Math.floor(rest / 128);
      }
    }
    if (padding === 0) {
      this.push(Number(rest));
      return;
    }
    this.push(Number(rest) | 128);
    for (let left = padding; left > 1; left--) this.push(128);
    this.push(0);
  }
}
