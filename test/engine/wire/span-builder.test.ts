// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { decodeTracesJson } from '../../../src/engine/wire/otlp-json.js';
import { decodeTracesProtobuf } from '../../../src/engine/wire/otlp-protobuf.js';
import type { TraceBatch } from '../../../src/engine/wire/trace-batch.js';
import { WIRE_LIMITS, type WireLimits } from '../../../src/engine/wire/wire-limits.js';
import { SEMCONV } from '../../../src/model/attributes.js';
import type { SpanRecord } from '../../../src/model/span.js';
import {
  type AnyValue,
  toJson,
  toProtobuf,
  type WireResource,
  type WireSpan,
  wireRequest,
  wireSpan,
} from './otlp-writer.js';

const ID = '0102030405060708090a0b0c0d0e0f10';

/** Decodes a request in both encodings, and insists that they agree. */
function decode(resources: readonly WireResource[], limits: WireLimits = WIRE_LIMITS): TraceBatch {
  const batch = decodeTracesProtobuf(toProtobuf(resources), limits);
  expect(decodeTracesJson(toJson(resources), limits)).toEqual(batch);
  return batch;
}

function decodeSpan(changes: Partial<WireSpan>, limits: WireLimits = WIRE_LIMITS): SpanRecord {
  const batch = decode(wireRequest(wireSpan(changes)), limits);
  expect(batch.rejectedMessage).toBe('');
  return batch.resources[0]?.spans[0] as SpanRecord;
}

const exception = (type: string, message: string) => ({
  name: 'exception',
  attributes: [
    { key: SEMCONV.EXCEPTION_TYPE, value: { string: type } },
    { key: 'exception.stacktrace', value: { string: 'at …'.repeat(100) } },
    { key: SEMCONV.EXCEPTION_MESSAGE, value: { string: message } },
  ],
});

describe('a span', () => {
  it('is read whole', () => {
    const span = decodeSpan({
      parentSpanId: 'b1b2b3b4b5b6b7b8',
      attributes: [
        { key: 'http.request.method', value: { string: 'POST' } },
        { key: 'server.port', value: { int: 9864n } },
        { key: 'panorama.observed', value: { bool: true } },
        { key: 'panorama.latency.mean', value: { double: 0.0125 } },
        { key: 'user_agent.original', value: { string: 'nobody reads this' } },
      ],
      events: [exception('Error', 'first'), exception('ECONNREFUSED', 'last'), { name: 'message', attributes: [] }],
      links: [{ traceId: ID, spanId: 'c1c2c3c4c5c6c7c8' }],
      statusCode: 2,
      statusMessage: 'connect ECONNREFUSED',
    });
    expect(span).toEqual({
      traceId: ID,
      spanId: 'a1a2a3a4a5a6a7a8',
      parentSpanId: 'b1b2b3b4b5b6b7b8',
      name: 'POST /blocks',
      kind: 3,
      startUnixNano: 1_700_000_000_000_000_000n,
      endUnixNano: 1_700_000_000_012_500_000n,
      durationMs: 12.5,
      attributes: {
        'http.request.method': 'POST',
        'server.port': 9864,
        'panorama.observed': true,
        'panorama.latency.mean': 0.0125,
      },
      exception: { type: 'ECONNREFUSED', message: 'last' },
      links: [{ traceId: ID, spanId: 'c1c2c3c4c5c6c7c8' }],
      statusCode: 2,
      statusMessage: 'connect ECONNREFUSED',
    });
  });

  it.each([
    ['trace', { traceId: '' }],
    ['trace', { traceId: '0'.repeat(32) }],
    ['trace', { traceId: ID.slice(2) }],
    ['trace', { traceId: `${ID}11` }],
    ['span', { spanId: '' }],
    ['span', { spanId: '0'.repeat(16) }],
    ['span', { spanId: 'a1a2a3a4a5a6a7a8a9' }],
    ['parent span', { parentSpanId: 'a1a2' }],
    ['parent span', { parentSpanId: 'a1'.repeat(50) }],
  ])('is refused for its %s id: %j', (which, changes) => {
    const batch = decode(wireRequest(wireSpan(), wireSpan(changes), wireSpan()));
    expect(batch).toMatchObject({ spanCount: 2, rejectedSpans: 1 });
    expect(batch.rejectedMessage).toMatch(`span 2 of the request was refused: its ${which} id is not`);
    expect(batch.resources[0]?.spans).toHaveLength(2);
  });

  it('is a root where its parent id is empty or all zero', () => {
    expect(decodeSpan({ parentSpanId: '0'.repeat(16) }).parentSpanId).toBe('');
  });
});

describe('a duration', () => {
  it('is the difference of the exact nanoseconds', () => {
    expect(decodeSpan({ start: 1_700_000_000_000_000_001n, end: 1_700_000_000_000_000_004n }).durationMs).toBe(3e-6);
  });

  it.each([
    ['the end lies before the start', 5n, 4n],
    ['the start is missing', 0n, 1_700_000_000_000_000_000n],
    ['the end is missing', 1_700_000_000_000_000_000n, 0n],
  ])('is 0 where %s, and the times stay as they are', (_, start, end) => {
    expect(decodeSpan({ start, end })).toMatchObject({ durationMs: 0, startUnixNano: start, endUnixNano: end });
  });

  it('is finite at the extremes of 64 bits', () => {
    expect(decodeSpan({ start: 1n, end: 2n ** 64n - 1n }).durationMs).toBeCloseTo(2 ** 64 / 1e6, 0);
  });
});

describe('an exception', () => {
  it('may lack its type or message', () => {
    expect(decodeSpan({ events: [{ name: 'exception', attributes: [] }] }).exception).toEqual({
      type: '',
      message: '',
    });
  });

  it('is none where the event has another name', () => {
    expect(decodeSpan({ events: [{ ...exception('E', 'm'), name: 'exceptions' }] }).exception).toBeUndefined();
  });

  it('has numbers as text, whatever their size, and nothing else', () => {
    const typeOf = (value: AnyValue): string | undefined =>
      decodeSpan({ events: [{ name: 'exception', attributes: [{ key: SEMCONV.EXCEPTION_TYPE, value }] }] }).exception
        ?.type;
    expect(typeOf({ int: 5n })).toBe('5');
    expect(typeOf({ int: 2n ** 60n })).toBe('1152921504606846976');
    expect(typeOf({ bool: true })).toBe('');
    expect(typeOf({ array: [{ string: 'a' }] })).toBe('');
  });
});

describe('bounds', () => {
  it('keep so many links, and count none that is broken', () => {
    const links = Array.from({ length: 9 }, (_, i) => ({ traceId: ID, spanId: `a1a2a3a4a5a6a70${i}` }));
    const kept = decodeSpan({ links: [{ traceId: '', spanId: '' }, ...links] }).links;
    expect(kept).toEqual(links.slice(0, WIRE_LIMITS.linkCountMax));
  });

  it('cut every text', () => {
    const limits = { ...WIRE_LIMITS, stringLengthMax: 5 };
    const span = decodeSpan(
      {
        name: 'abcdé fgh',
        statusMessage: '日本語日本語',
        attributes: [{ key: 'url.full', value: { string: 'ab😀😀😀' } }],
        events: [exception('TypeError', 'is not a function')],
      },
      limits,
    );
    expect(span).toMatchObject({
      name: 'abcdé',
      statusMessage: '日本語日本',
      attributes: { 'url.full': 'ab😀' },
      exception: { type: 'TypeE', message: 'is no' },
    });
  });

  it('keep so many elements of an array, each in its place', () => {
    const array = [{ int: 1n }, { array: [] }, { string: 'x' }, { bytes: [1] }, { bool: false }];
    const limits = { ...WIRE_LIMITS, arrayLengthMax: 4 };
    const span = decodeSpan({ attributes: [{ key: 'error.type', value: { array } }] }, limits);
    expect(span.attributes['error.type']).toEqual([1, null, 'x', null]);
  });

  it('count refused spans too', () => {
    const limits = { ...WIRE_LIMITS, spanCountMax: 2 };
    const bad = wireSpan({ spanId: '' });
    expect(decode(wireRequest(bad, wireSpan()), limits)).toMatchObject({ spanCount: 1, rejectedSpans: 1 });
    expect(() => decode(wireRequest(bad, wireSpan(), bad), limits)).toThrow(/more than 2 spans/);
  });
});

describe('resources', () => {
  it('are told apart, and dropped where no span of theirs is kept', () => {
    const resource = (name: string, ...spans: WireSpan[]): WireResource => ({
      attributes: [{ key: 'service.name', value: { string: name } }],
      spans,
    });
    const batch = decode([
      resource('a', wireSpan({ name: 'one' })),
      resource('b', wireSpan({ spanId: '' })),
      resource('c'),
      resource('d', wireSpan({ name: 'two' }), wireSpan({ name: 'three' })),
    ]);
    expect(batch.resources.map(({ resource, spans }) => [resource['service.name'], spans.map((s) => s.name)])).toEqual([
      ['a', ['one']],
      ['d', ['two', 'three']],
    ]);
    expect(batch).toMatchObject({ spanCount: 3, rejectedSpans: 1 });
  });
});
