// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { PanoramaError } from '../../src/model/errors.js';
import { ProtobufReader, WireType } from '../../src/protobuf/protobuf-reader.js';
import { fixed64, varint } from '../engine/wire/otlp-writer.js';

const malformed = (byteOffset: number, what: string) =>
  new PanoramaError('PANO_WIRE_MALFORMED', `malformed at byte ${byteOffset}: ${what}`);
const reader = (...bytes: number[]): ProtobufReader => new ProtobufReader(Uint8Array.from(bytes), malformed);
const MALFORMED = expect.objectContaining({ code: 'PANO_WIRE_MALFORMED' });

/** A reader over the bytes as a slice of a larger array that is full of other bytes. */
function sliced(...bytes: number[]): ProtobufReader {
  const around = new Uint8Array(bytes.length + 20).fill(0xff);
  around.set(bytes, 7);
  return new ProtobufReader(around.subarray(7, 7 + bytes.length), malformed);
}

describe('varints', () => {
  it.each([0n, 1n, -1n, 127n, 128n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, -(2n ** 53n) + 1n])(
    'reads the int64 %s as a number',
    (value) => {
      expect(reader(...varint(value)).readInt64()).toBe(Number(value));
    },
  );

  it.each([2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)])('reads the int64 %s as text, exactly', (value) => {
    expect(reader(...varint(value)).readInt64()).toBe(String(value));
  });

  it('reads an int32 that was sign-extended to ten bytes', () => {
    expect(reader(...varint(-7n)).readInt32()).toBe(-7);
  });

  it('takes a padded varint of ten bytes, and no longer one', () => {
    expect(reader(0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00).readInt64()).toBe(5);
    const eleven = reader(0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00);
    expect(() => eleven.readInt64()).toThrow(/at byte 0: a varint is longer than 64 bits/);
  });

  it('refuses a tenth byte that holds bits past the 64th', () => {
    expect(() => reader(...new Array<number>(9).fill(0xff), 0x02).readInt64()).toThrow(MALFORMED);
    expect(reader(...new Array<number>(9).fill(0xff), 0x01).readInt64()).toBe(-1);
  });

  it('calls any set bit true', () => {
    expect(reader(...varint(2n ** 40n)).readBool()).toBe(true);
    expect(reader(0).readBool()).toBe(false);
  });
});

describe('fixed widths', () => {
  it.each([0n, 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n])('reads the fixed64 %s exactly', (value) => {
    expect(reader(...fixed64(value)).readFixed64()).toBe(value);
    expect(sliced(...fixed64(value)).readFixed64()).toBe(value);
  });

  it('reads a double in an array that does not begin at its buffer', () => {
    const bytes = new Uint8Array(Float64Array.of(-1.25e-7).buffer);
    expect(sliced(...bytes).readDouble()).toBe(-1.25e-7);
  });

  it('reads nothing past the end, although the buffer goes on', () => {
    expect(() => sliced(1, 2, 3, 4, 5, 6, 7).readFixed64()).toThrow(
      /8 bytes are announced where the message has 7 left/,
    );
    expect(() => sliced().readInt64()).toThrow(MALFORMED);
    expect(() => sliced(0x80).readInt64()).toThrow(MALFORMED);
  });
});

describe('text and bytes', () => {
  it('reads text at an offset, short and long, ASCII and not', () => {
    for (const text of ['', 'GET', 'é', 'x'.repeat(200), '日本'.repeat(60), '😀']) {
      const bytes = [...new TextEncoder().encode(text)];
      expect(sliced(...varint(bytes.length), ...bytes).readText(1000)).toBe(text);
    }
  });

  it('tells two texts of one length apart whatever was read before', () => {
    const texts = Array.from({ length: 5000 }, (_, i) => `dn${String(i).padStart(5, '0')}`);
    for (const text of [...texts, ...texts]) {
      expect(reader(text.length, ...Buffer.from(text)).readText(100)).toBe(text);
    }
  });

  it('replaces invalid UTF-8', () => {
    expect(reader(3, 0x61, 0xff, 0x62).readText(10)).toBe('a\ufffdb');
    expect(reader(2, 0xe2, 0x82).readText(10)).toBe('\ufffd');
    expect(reader(3, 0xed, 0xa0, 0x80).readText(10)).toBe('\ufffd\ufffd\ufffd');
  });

  it('keeps a byte order mark, which is text like any other', () => {
    expect(reader(4, 0xef, 0xbb, 0xbf, 0x61).readText(10)).toBe('\ufeffa');
  });

  it('cuts long text without splitting a character', () => {
    const bytes = [...new TextEncoder().encode('😀'.repeat(100))];
    expect(reader(...varint(bytes.length), ...bytes).readText(9)).toBe('😀'.repeat(4));
    expect(reader(3, 0x61, 0x62, 0x63).readText(2)).toBe('ab');
  });

  it('stands behind text that was cut', () => {
    const read = reader(3, 0x61, 0x62, 0x63, 7);
    read.readText(1);
    expect(read.readInt32()).toBe(7);
  });

  it('writes ids in lower case and stops at the bound', () => {
    expect(reader(3, 0xab, 0x01, 0xff).readHex(8)).toBe('ab01ff');
    expect(reader(3, 0xab, 0x01, 0xff).readHex(2)).toBe('ab01');
  });

  it.each([
    ['one more than is there', [3, 1, 2]],
    ['2^31', varint(2 ** 31)],
    ['2^32', varint(2 ** 32)],
    ['2^63', varint(2n ** 63n)],
    ['2^64 - 1', varint(2n ** 64n - 1n)],
  ])('refuses a length of %s', (_, bytes) => {
    expect(() => reader(...bytes).readText(10)).toThrow(MALFORMED);
    expect(() => reader(...bytes).enter()).toThrow(MALFORMED);
    expect(() => reader(...bytes).skip(WireType.BYTES)).toThrow(MALFORMED);
  });
});

describe('messages', () => {
  it('refuses an embedded message that reaches past the one it stands in', () => {
    const read = reader(2, 0x0a, 5, 1, 2, 3, 4, 5);
    read.enter();
    read.readTag();
    expect(() => read.enter()).toThrow(/at byte 3: 5 bytes are announced where the message has 0 left/);
  });

  it('goes on behind an embedded message that was left unread', () => {
    const read = reader(2, 9, 9, 7);
    read.leave(read.enter());
    expect(read.readInt32()).toBe(7);
    expect(read.more()).toBe(false);
  });
});

describe('tags', () => {
  it('reads field numbers of one byte and more', () => {
    expect(reader(0x0a).readTag()).toBe(0x0a);
    expect(reader(...varint(2 ** 29 * 8 - 3)).readTag()).toBe(2 ** 32 - 3);
  });

  it.each([
    ['tag 0', [0]],
    ['field number 0', [5]],
    ['field number 0, padded', [0x82, 0x00]],
    ['more than 32 bits', varint(2 ** 32 + 8)],
  ])('refuses %s', (_, bytes) => {
    expect(() => reader(...bytes).readTag()).toThrow(MALFORMED);
  });

  it.each([
    [WireType.VARINT, [0x96, 0x01]],
    [WireType.FIXED64, [1, 2, 3, 4, 5, 6, 7, 8]],
    [WireType.BYTES, [3, 1, 2, 3]],
    [WireType.FIXED32, [1, 2, 3, 4]],
  ])('passes over a value of wire type %s, and refuses it when it is cut short', (wireType, bytes) => {
    const read = reader(...bytes, 7);
    read.skip(wireType);
    expect(read.readInt32()).toBe(7);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => reader(...bytes.slice(0, length)).skip(wireType)).toThrow(MALFORMED);
    }
  });

  it.each([3, 4, 6, 7])('refuses wire type %s', (wireType) => {
    expect(() => reader(1, 2, 3, 4).skip(wireType)).toThrow(MALFORMED);
  });
});
