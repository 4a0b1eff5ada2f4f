// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { decodeTracesProtobuf } from '../../../src/engine/wire/otlp-protobuf.js';
import { WIRE_LIMITS } from '../../../src/engine/wire/wire-limits.js';
import type { Attributes } from '../../../src/model/attributes.js';
import type { SpanRecord } from '../../../src/model/span.js';
import {
  anyValueBytes,
  type Bytes,
  field,
  fixed64,
  flatten,
  keyValues,
  requestOfSpans,
  spanBytes,
  tag,
  toProtobuf,
  varint,
  wireRequest,
  wireSpan,
} from './otlp-writer.js';

const MALFORMED = expect.objectContaining({ code: 'PANO_WIRE_MALFORMED' });

/** The one span of a request whose span message has these bytes. */
function decodeSpan(...bytes: readonly Bytes[]): SpanRecord {
  const batch = decodeTracesProtobuf(requestOfSpans(bytes));
  expect(batch.rejectedMessage).toBe('');
  return batch.resources[0]?.spans[0] as SpanRecord;
}

/** The attributes of a span with these `KeyValue`s. */
function decodeAttributes(...keyValueBytes: readonly Bytes[]): Attributes {
  return decodeSpan(
    spanBytes(wireSpan()),
    keyValueBytes.map((bytes) => field(9, bytes)),
  ).attributes;
}

describe('the bytes of a request', () => {
  it('may be none: that is a request without spans', () => {
    expect(decodeTracesProtobuf(new Uint8Array())).toEqual({
      resources: [],
      spanCount: 0,
      rejectedSpans: 0,
      rejectedMessage: '',
    });
  });

  it('may stand anywhere in a larger buffer', () => {
    const bytes = toProtobuf(wireRequest(wireSpan()));
    const around = new Uint8Array(bytes.length + 64).fill(0xff);
    around.set(bytes, 13);
    expect(decodeTracesProtobuf(around.subarray(13, 13 + bytes.length))).toEqual(decodeTracesProtobuf(bytes));
  });

  it('are malformed, or a request of fewer fields, when cut anywhere', () => {
    const bytes = toProtobuf(wireRequest(wireSpan({ attributes: [{ key: 'http.route', value: { string: '/a' } }] })));
    // Everything is within the first field, so no shorter prefix but the empty one is a whole message.
    for (let length = 1; length < bytes.length; length++) {
      expect(() => decodeTracesProtobuf(bytes.subarray(0, length)), `cut at ${length}`).toThrow(MALFORMED);
    }
  });

  it('are not kept: what was decoded stays when the buffer is reused', () => {
    const bytes = toProtobuf(wireRequest(wireSpan({ name: 'long '.repeat(40) })));
    const batch = decodeTracesProtobuf(bytes);
    bytes.fill(0);
    expect(batch.resources[0]?.spans[0]).toMatchObject({ name: 'long '.repeat(40), spanId: 'a1a2a3a4a5a6a7a8' });
  });

  it('say in the error where they are broken', () => {
    expect(() => decodeTracesProtobuf(Uint8Array.of(0x0a, 0x05, 0x01))).toThrow(
      /protobuf at byte 2: 5 bytes are announced/,
    );
  });
});

describe('fields', () => {
  it('that are unknown are passed over, whatever their wire type and wherever they stand', () => {
    const unknown: Bytes = [
      [tag(100, 0), varint(2n ** 64n - 1n)],
      [tag(101, 1), fixed64(5n)],
      field(102, 'text'),
      [tag(103, 5), 1, 2, 3, 4],
    ];
    const span = [unknown, spanBytes(wireSpan()), unknown];
    const scopeSpans = [unknown, field(1, [unknown]), field(2, span), unknown];
    const resource = [unknown, keyValues(1, [{ key: 'service.name', value: { string: 'nn1' } }]), unknown];
    const bytes = flatten([unknown, field(1, [unknown, field(1, resource), field(2, scopeSpans), unknown]), unknown]);
    expect(decodeTracesProtobuf(bytes)).toEqual(decodeTracesProtobuf(toProtobuf(wireRequest(wireSpan()))));
  });

  it.each([3, 4])('in groups (wire type %s) are malformed', (wireType) => {
    expect(() => decodeTracesProtobuf(requestOfSpans([spanBytes(wireSpan()), tag(50, wireType)]))).toThrow(MALFORMED);
  });

  it('of a known number with another wire type are unknown', () => {
    const span = decodeSpan(spanBytes(wireSpan()), [tag(5, 0), 9], [tag(7, 0), 9], field(6, 'x'), [tag(1, 0), 1]);
    expect(span).toEqual(decodeSpan(spanBytes(wireSpan())));
  });

  it('that come twice: the last scalar counts, messages are merged', () => {
    const span = decodeSpan(
      spanBytes(wireSpan({ name: 'first', statusCode: 2 })),
      field(5, 'second'),
      field(15, field(2, 'refused')),
    );
    expect(span).toMatchObject({ name: 'second', statusCode: 2, statusMessage: 'refused' });
  });

  it('of a resource may come after its spans', () => {
    const resource = keyValues(1, [{ key: 'service.name', value: { string: 'late' } }]);
    const bytes = flatten(field(1, [field(2, field(2, spanBytes(wireSpan()))), field(1, resource)]));
    expect(decodeTracesProtobuf(bytes).resources[0]?.resource).toEqual({ 'service.name': 'late' });
  });

  it('with an enum that nobody knows read as unset', () => {
    for (const value of [6, 2 ** 31, 2n ** 64n - 1n]) {
      const span = decodeSpan(spanBytes(wireSpan()), tag(6, 0), varint(value), field(15, [tag(3, 0), varint(value)]));
      expect(span).toMatchObject({ kind: 0, statusCode: 0 });
    }
  });
});

describe('attributes', () => {
  it('are kept by the names that are read, and no others are made', () => {
    const attributes = decodeAttributes(
      [field(1, 'http.route'), field(2, anyValueBytes({ string: '/a' }))],
      [field(1, 'http.routes'), field(2, anyValueBytes({ string: '/b' }))],
      [field(1, '__proto__'), field(2, anyValueBytes({ string: 'x' }))],
      [field(1, 'constructor'), field(2, anyValueBytes({ string: 'x' }))],
    );
    expect(attributes).toEqual({ 'http.route': '/a' });
    expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype);
  });

  it('are read also when the value comes before the key', () => {
    expect(decodeAttributes([field(2, anyValueBytes({ int: 7n })), field(1, 'server.port')])).toEqual({
      'server.port': 7,
    });
  });

  it('without a key or a value are none', () => {
    expect(decodeAttributes(field(1, 'http.route'), field(2, anyValueBytes({ int: 7n })), [])).toEqual({});
    expect(decodeAttributes([field(1, 'http.route'), field(2, [])])).toEqual({});
  });

  it('that come twice have the last value', () => {
    const value = (text: string): Bytes => [field(1, 'http.route'), field(2, anyValueBytes({ string: text }))];
    expect(decodeAttributes(value('a'), value('b'))).toEqual({ 'http.route': 'b' });
  });

  it('with several values in one have the last', () => {
    const both = [anyValueBytes({ string: 'a' }), anyValueBytes({ int: 5n })];
    expect(decodeAttributes([field(1, 'http.route'), field(2, both)])).toEqual({ 'http.route': 5 });
    const thenMap = [anyValueBytes({ string: 'a' }), anyValueBytes({ kvlist: [] })];
    expect(decodeAttributes([field(1, 'http.route'), field(2, thenMap)])).toEqual({});
  });

  it('that are not read may hold anything: they are passed over unread', () => {
    expect(decodeAttributes([field(1, 'not.read'), field(2, [0xff, 0xff, 0xff])])).toEqual({});
    expect(decodeAttributes([field(1, 'not.read'), 0xff, 0xff])).toEqual({});
    expect(() => decodeAttributes([field(1, 'http.route'), field(2, [0xff, 0xff, 0xff])])).toThrow(MALFORMED);
  });

  it('nested three hundred deep are passed over', () => {
    let kvlist: Uint8Array = new Uint8Array();
    let array: Uint8Array = new Uint8Array();
    for (let depth = 0; depth < 300; depth++) {
      kvlist = flatten(field(6, field(1, [field(1, 'k'), field(2, kvlist)])));
      array = flatten(field(5, field(1, array)));
    }
    expect(decodeAttributes([field(1, 'http.route'), field(2, kvlist)])).toEqual({});
    expect(decodeAttributes([field(1, 'http.route'), field(2, array)])).toEqual({ 'http.route': [null] });
  });
});

describe('what a small body can cost', () => {
  it('nothing for empty resources, which are dropped', () => {
    const bytes = new Uint8Array(200_000);
    for (let at = 0; at < bytes.length; at += 2) bytes[at] = 0x0a;
    expect(decodeTracesProtobuf(bytes).resources).toEqual([]);
  });

  it('at most the bound for empty spans', () => {
    const spans = new Uint8Array(2 * (WIRE_LIMITS.spanCountMax + 1));
    for (let at = 0; at < spans.length; at += 2) spans[at] = 0x12;
    const atBound = flatten(field(1, field(2, spans.subarray(2))));
    expect(decodeTracesProtobuf(atBound)).toMatchObject({ spanCount: 0, rejectedSpans: WIRE_LIMITS.spanCountMax });
    expect(() => decodeTracesProtobuf(flatten(field(1, field(2, spans))))).toThrow(
      expect.objectContaining({ code: 'PANO_WIRE_LIMIT', message: expect.stringContaining('65536 spans') }),
    );
  });
});
