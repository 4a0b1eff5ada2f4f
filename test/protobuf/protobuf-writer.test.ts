// SPDX-License-Identifier: Apache-2.0
/** What the writer writes, the reader reads; and known bytes, so that both are not wrong in the same way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtobufReader } from '../../src/protobuf/protobuf-reader.js';
import { ProtobufWriter, varintLength } from '../../src/protobuf/protobuf-writer.js';

const TAG = { VARINT: 1 * 8, DOUBLE: 2 * 8 + 1, BYTES: 3 * 8 + 2, FAR: 536_870_911 * 8 } as const;

function written(write: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = new ProtobufWriter();
  write(writer);
  expect(writer.length).toBe(writer.finish().length);
  return writer.finish();
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** A reader that has read the one tag that is expected, and must then read all there is. */
function readingOf(bytes: Uint8Array, tag: number): ProtobufReader {
  const reader = new ProtobufReader(bytes, (at, what) => new Error(`byte ${at}: ${what}`));
  expect(reader.readTag()).toBe(tag);
  return reader;
}

/** A value written and read again, to the last byte. */
function again<T>(tag: number, write: (writer: ProtobufWriter) => void, read: (reader: ProtobufReader) => T): T {
  const reader = readingOf(written(write), tag);
  const value = read(reader);
  expect(reader.more()).toBe(false);
  return value;
}

describe('a varint', () => {
  it('has the bytes that the format says', () => {
    const bytes = (value: number) => hex(written((writer) => writer.varint(TAG.VARINT, value)));
    expect(bytes(0)).toBe('0800');
    expect(bytes(1)).toBe('0801');
    expect(bytes(127)).toBe('087f');
    expect(bytes(128)).toBe('088001');
    expect(bytes(150)).toBe('089601');
    expect(bytes(2 ** 32)).toBe('088080808010');
    expect(bytes(2 ** 53 - 1)).toBe('08ffffffffffffff0f');
  });

  it('is read as it was written, at every change of its length and within', () => {
    const edges = Array.from({ length: 54 }, (_, bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]).flat();
    for (const value of edges.filter(Number.isSafeInteger)) {
      expect(
        again(
          TAG.VARINT,
          (writer) => writer.varint(TAG.VARINT, value),
          (reader) => reader.readInt64(),
        ),
      ).toBe(value);
      expect(written((writer) => writer.varint(TAG.VARINT, value)).length).toBe(1 + varintLength(value));
    }
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(
          again(
            TAG.VARINT,
            (writer) => writer.varint(TAG.VARINT, value),
            (reader) => reader.readInt64(),
          ),
        ).toBe(value);
      }),
    );
  });

  it('is also what a tag is, up to the last field number', () => {
    expect(
      again(
        TAG.FAR,
        (writer) => writer.varint(TAG.FAR, 5),
        (reader) => reader.readInt32(),
      ),
    ).toBe(5);
  });
});

describe('a sint64', () => {
  const sint64 = (value: number) =>
    again(
      TAG.VARINT,
      (writer) => writer.sint64(TAG.VARINT, value),
      (reader) => reader.readSint64(),
    );

  it('has the bytes that the format says', () => {
    const bytes = (value: number) => hex(written((writer) => writer.sint64(TAG.VARINT, value)));
    expect([0, -1, 1, -2, 2].map(bytes)).toEqual(['0800', '0801', '0802', '0803', '0804']);
    expect(bytes(2 ** 31 - 1)).toBe('08feffffff0f');
    expect(bytes(-(2 ** 31))).toBe('08ffffffff0f');
    expect(bytes(2 ** 53 - 1)).toBe('08feffffffffffff1f');
    expect(bytes(1 - 2 ** 53)).toBe('08fdffffffffffff1f');
  });

  it('is read as it was written, to both ends of the safe integers', () => {
    const edges = Array.from({ length: 54 }, (_, bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]).flat();
    for (const value of edges.filter(Number.isSafeInteger)) {
      expect(sint64(value)).toBe(value);
      expect(sint64(-value) + 0).toBe(-value + 0);
    }
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => void expect(sint64(value) + 0).toBe(value + 0)));
  });
});

describe('a double', () => {
  it('is read as it was written, whichever it is', () => {
    const double = (value: number) =>
      again(
        TAG.DOUBLE,
        (writer) => writer.double(TAG.DOUBLE, value),
        (reader) => reader.readDouble(),
      );
    for (const value of [0, -0, 1, -1.5, 5e-324, Number.MAX_VALUE, Number.NaN, Infinity, -Infinity]) {
      expect(double(value)).toBe(value);
    }
    fc.assert(fc.property(fc.double(), (value) => void expect(double(value)).toBe(value)));
    expect(hex(written((writer) => writer.double(TAG.DOUBLE, 1)))).toBe('11000000000000f03f');
  });
});

describe('bytes and text', () => {
  it('are read as they were written, of any length', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 257, 16_383, 16_384, 100_000]) {
      const value = new Uint8Array(length).fill(0xa5);
      const bytes = again(
        TAG.BYTES,
        (writer) => writer.bytes(TAG.BYTES, value),
        (reader) => reader.readBytes(),
      );
      expect(Buffer.compare(bytes, value)).toBe(0);
      const text = 'x€'.repeat(length / 2);
      expect(
        again(
          TAG.BYTES,
          (writer) => writer.text(TAG.BYTES, text),
          (reader) => reader.readText(1e6),
        ),
      ).toBe(text);
    }
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        expect(
          again(
            TAG.BYTES,
            (writer) => writer.text(TAG.BYTES, text),
            (reader) => reader.readText(1e6),
          ),
        ).toBe(text);
      }),
    );
  });

  it('with half a character have U+FFFD in its place', () => {
    const text = again(
      TAG.BYTES,
      (writer) => writer.text(TAG.BYTES, 'a\ud800b'),
      (reader) => reader.readText(9),
    );
    expect(text).toBe('a\ufffdb');
  });

  it('that are encoded already are written as they are', () => {
    expect(hex(written((writer) => writer.raw(Uint8Array.of(8, 1, 16, 2))))).toBe('08011002');
  });
});

describe('a message', () => {
  it('is written where it stands, however long it gets and however deep it is', () => {
    for (const length of [0, 1, 100, 121, 122, 123, 124, 125, 126, 127, 128, 129, 16_376, 16_383, 16_384, 2_097_152]) {
      const text = 'x'.repeat(length);
      const bytes = written((writer) => {
        writer.varint(TAG.VARINT, 1);
        writer.message(TAG.BYTES, () => {
          writer.message(TAG.BYTES, () => {
            writer.text(TAG.BYTES, text);
            writer.varint(TAG.VARINT, 2);
          });
          writer.varint(TAG.VARINT, 3);
        });
        writer.varint(TAG.VARINT, 4);
      });
      const reader = readingOf(bytes, TAG.VARINT);
      expect(reader.readInt32()).toBe(1);
      reader.readTag();
      const outermost = reader.enter();
      reader.readTag();
      const outer = reader.enter();
      reader.readTag();
      expect(reader.readText(1e7)).toBe(text);
      reader.readTag();
      expect(reader.readInt32()).toBe(2);
      expect(reader.more()).toBe(false);
      reader.leave(outer);
      reader.readTag();
      expect(reader.readInt32()).toBe(3);
      reader.leave(outermost);
      reader.readTag();
      expect(reader.readInt32()).toBe(4);
      expect(reader.more()).toBe(false);
    }
  });

  it('has the bytes that the format says', () => {
    expect(hex(written((writer) => writer.message(TAG.BYTES, () => undefined)))).toBe('1a00');
    expect(hex(written((writer) => writer.message(TAG.BYTES, () => writer.varint(TAG.VARINT, 150))))).toBe(
      '1a03089601',
    );
  });
});

describe('the buffer', () => {
  it('grows as it must, whatever is written next', () => {
    for (let filled = 240; filled <= 270; filled++) {
      const bytes = written((writer) => {
        writer.bytes(TAG.BYTES, new Uint8Array(filled));
        writer.double(TAG.DOUBLE, 0.5);
        writer.varint(TAG.VARINT, 2 ** 53 - 1);
        writer.message(TAG.BYTES, () => writer.text(TAG.BYTES, 'x'.repeat(filled)));
      });
      const reader = readingOf(bytes, TAG.BYTES);
      expect(reader.readBytes().length).toBe(filled);
      reader.readTag();
      expect(reader.readDouble()).toBe(0.5);
      reader.readTag();
      expect(reader.readInt64()).toBe(2 ** 53 - 1);
      reader.readTag();
      reader.enter();
      reader.readTag();
      expect(reader.readText(1000).length).toBe(filled);
    }
  });

  it('is used again after it was cleared, and what was finished before stays as it was', () => {
    const writer = new ProtobufWriter();
    writer.text(TAG.BYTES, 'first');
    const first = writer.finish();
    writer.clear();
    expect(writer.length).toBe(0);
    writer.text(TAG.BYTES, 'other');
    expect(hex(first)).toBe(`1a05${Buffer.from('first').toString('hex')}`);
    expect(hex(writer.finish())).toBe(`1a05${Buffer.from('other').toString('hex')}`);
  });
});

describe('lengths of varints', () => {
  it('are one byte for every seven bits', () => {
    expect([0, 127, 128, 16_383, 16_384, 2 ** 49 - 1, 2 ** 49].map(varintLength)).toEqual([1, 1, 2, 2, 3, 7, 8]);
  });
});
