// SPDX-License-Identifier: Apache-2.0
/**
 * The steps of a scan over protobuf bytes. Positions are handed to and fro as numbers, and nothing throws: whatever is not
 * written in the one canonical way is `ODD`, and the scan ends there.
 *
 * Source: Protocol Buffers, "Encoding".
 */
import { textView } from '../../protobuf/wire-text.js';

/** In place of a position: written in another way than the one that is known here. */
export const ODD = -1;

const VARINT_BYTES_MAX = 10;

export class ProtobufCursor {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Where the message begins that was entered last. */
  pos = 0;

  constructor(body: Uint8Array) {
    this.bytes = textView(body);
    this.view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  }

  /** The end of a message whose length stands at `at`, or `ODD`; `pos` is where it begins. */
  enter(at: number, end: number): number {
    if (at >= end) return ODD;
    let length = this.bytes[at] as number;
    this.pos = at + 1;
    if (length >= 0x80) {
      length = this.longLength(at);
      if (length === ODD) return ODD;
    }
    const stop = this.pos + length;
    return stop > end ? ODD : stop;
  }

  /** A length of two to four bytes; `pos` is behind it. */
  longLength(at: number): number {
    const bytes = this.bytes;
    let length = 0;
    for (let count = 0; count < 4; count++) {
      const byte = bytes[at + count];
      if (byte === undefined) return ODD;
      length |= (byte & 0x7f) << (7 * count);
      if (byte < 0x80) {
        this.pos = at + count + 1;
        return length;
      }
    }
    return ODD;
  }

  /** Passes over the value of a field whose tag's first byte has been read. @returns where it ends, or `ODD` */
  skip(tag: number, at: number, end: number): number {
    let next = at;
    if (tag >= 0x80) {
      // Field 16 and up: one more byte of its tag.
      if (at >= end || (this.bytes[at] as number) >= 0x80 || this.bytes[at] === 0) return ODD;
      next = at + 1;
    } else if (tag < 8) return ODD;
    const start = next;
    switch (tag & 7) {
      case 0: {
        const last = Math.min(end, next + VARINT_BYTES_MAX);
        let byte = 0x80;
        while (next < last && byte >= 0x80) byte = this.bytes[next++] as number;
        return byte >= 0x80 || (next - start === VARINT_BYTES_MAX && byte > 1) ? ODD : next;
      }
      case 1:
        return next + 8 <= end ? next + 8 : ODD;
      case 2:
        return this.enter(next, end);
      case 5:
        return next + 4 <= end ? next + 4 : ODD;
      default:
        return ODD;
    }
  }
}
