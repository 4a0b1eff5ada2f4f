// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { decodeTracesJson } from '../../../src/engine/wire/otlp-json.js';
import { WIRE_LIMITS } from '../../../src/engine/wire/wire-limits.js';
import type { Attributes } from '../../../src/model/attributes.js';
import type { SpanRecord } from '../../../src/model/span.js';
import { jsonBytes, jsonOfSpans, spanJson, toJson, wireRequest, wireSpan } from './otlp-writer.js';

const MALFORMED = expect.objectContaining({ code: 'PANO_WIRE_MALFORMED' });

/** The one span of a request whose span has these members changed. */
function decodeSpan(changes: Record<string, unknown>): SpanRecord {
  const batch = decodeTracesJson(jsonOfSpans({ ...spanJson(wireSpan()), ...changes }));
  expect(batch.rejectedMessage).toBe('');
  return batch.resources[0]?.spans[0] as SpanRecord;
}

/** Why a span with these members changed is refused. A valid span beside it must be kept. */
function refusal(changes: Record<string, unknown>): string {
  const valid = spanJson(wireSpan());
  const batch = decodeTracesJson(jsonOfSpans({ ...valid, ...changes }, valid));
  expect(batch).toMatchObject({ spanCount: 1, rejectedSpans: 1 });
  return batch.rejectedMessage;
}

function decodeValue(value: unknown): Attributes[string] {
  return decodeSpan({ attributes: [{ key: 'http.route', value }] }).attributes['http.route'];
}

describe('a request', () => {
  it.each(['{}', '{"resourceSpans":[]}', '{"resourceSpans":null}', '{"resourceSpans":[{}]}', '{"other":[1,{"a":2}]}'])(
    'may be without spans: %s',
    (text) => {
      expect(decodeTracesJson(jsonBytes(text))).toEqual({
        resources: [],
        spanCount: 0,
        rejectedSpans: 0,
        rejectedMessage: '',
      });
    },
  );

  it.each([
    '',
    '[]',
    'null',
    '"x"',
    '{"resourceSpans":{}}',
    '{"resourceSpans":[5]}',
    '{"resourceSpans":[{"resource":[]}]}',
    '{"resourceSpans":[{"scopeSpans":{}}]}',
    '{"resourceSpans":[{"scopeSpans":[{"spans":"x"}]}]}',
    '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"intValue":"x"}}]}}]}',
    '{"resourceSpans":[]} {}',
    '{"resourceSpans":[]',
  ])('of the wrong shape outside of any span is malformed: %s', (text) => {
    expect(() => decodeTracesJson(jsonBytes(text))).toThrow(MALFORMED);
  });

  it('says in the error where it is broken', () => {
    expect(() => decodeTracesJson(jsonBytes('{"resourceSpans":{}}'))).toThrow(
      /JSON at byte 17: resourceSpans is an object, not an array/,
    );
  });

  it('may have its members in any order, with unknown ones between', () => {
    const { traceId, spanId, ...rest } = spanJson(wireSpan());
    const span = { ...rest, flags: 1, spanId, unknown: { deep: [[[{}]]] }, traceId };
    const expected = decodeTracesJson(jsonOfSpans(spanJson(wireSpan())));
    expect(decodeTracesJson(jsonOfSpans(span))).toEqual(expected);
  });

  it('may stand anywhere in a larger buffer', () => {
    const bytes = toJson(wireRequest(wireSpan()));
    const around = new Uint8Array(bytes.length + 64).fill(0x7b);
    around.set(bytes, 13);
    expect(decodeTracesJson(around.subarray(13, 13 + bytes.length))).toEqual(decodeTracesJson(bytes));
  });

  it('cannot reach a prototype', () => {
    const text = `{"__proto__":{"polluted":1},"resourceSpans":[{"scopeSpans":[{"spans":[{"__proto__":{"name":"x"},"constructor":{"prototype":{"polluted":1}},"traceId":"${'ab'.repeat(16)}","spanId":"${'cd'.repeat(8)}","attributes":[{"key":"__proto__","value":{"stringValue":"polluted"}},{"__proto__":{"key":"http.route"},"value":{"stringValue":"x"}}]}]}]}]}`;
    const span = decodeTracesJson(jsonBytes(text)).resources[0]?.spans[0];
    expect(span).toMatchObject({ name: '', attributes: {} });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(span?.attributes)).toBe(Object.prototype);
  });

  it('nested too deep in what is passed over exceeds a bound', () => {
    const deep = '['.repeat(WIRE_LIMITS.depthMax) + ']'.repeat(WIRE_LIMITS.depthMax);
    expect(() => decodeTracesJson(jsonBytes(`{"x":${deep}}`))).toThrow(
      expect.objectContaining({ code: 'PANO_WIRE_LIMIT' }),
    );
  });

  it('with more spans than the bound exceeds it', () => {
    const limits = { ...WIRE_LIMITS, spanCountMax: 2 };
    expect(decodeTracesJson(jsonOfSpans({}, {}), limits).rejectedSpans).toBe(2);
    expect(() => decodeTracesJson(jsonOfSpans({}, {}, {}), limits)).toThrow(
      expect.objectContaining({ code: 'PANO_WIRE_LIMIT' }),
    );
  });
});

describe('ids', () => {
  it('are hex in either case', () => {
    expect(decodeSpan({ traceId: 'ABCDEF0123456789abcdef0123456789' }).traceId).toBe(
      'abcdef0123456789abcdef0123456789',
    );
  });

  it.each([
    ['a base64 id', { traceId: 'AQIDBAUGBwgJCgsMDQ4PEA==' }],
    ['a number', { spanId: 12 }],
    ['a digit that is none', { spanId: 'g1a2a3a4a5a6a7a8' }],
    ['an object', { parentSpanId: { id: 1 } }],
  ])('refuse the span when one is %s', (_, changes) => {
    expect(refusal(changes)).toMatch(/^span 1 of the request was refused: \w+Id (is|has) .* \(byte \d+\); send it as/);
  });
});

describe('times', () => {
  it.each([
    ['"1544712660300000001"', 1544712660300000001n],
    ['1544712660300000001', 1544712660300000001n],
    ['18446744073709551615', 2n ** 64n - 1n],
    ['1.5e18', 1500000000000000000n],
    ['"0"', 0n],
    ['-0', 0n],
    ['null', 0n],
  ])('spelled %s are exact', (spelled, nanoseconds) => {
    const text = new TextDecoder().decode(jsonOfSpans({ ...spanJson(wireSpan()), endTimeUnixNano: 'HERE' }));
    const batch = decodeTracesJson(jsonBytes(text.replace('"HERE"', spelled)));
    expect(batch.resources[0]?.spans[0]?.endUnixNano).toBe(nanoseconds);
  });

  it.each(['-1', '18446744073709551616', '1.5', '', ' 1', '0x10', 'soon', '9'.repeat(100), true, [1]])(
    'spelled %j refuse the span',
    (value) => {
      expect(refusal({ startTimeUnixNano: value })).toMatch(/startTimeUnixNano is/);
    },
  );
});

describe('enums', () => {
  it.each([
    [3, 3],
    ['SPAN_KIND_CLIENT', 3],
    ['SPAN_KIND_NOTHING', 0],
    ['CLIENT', 0],
    ['SPAN_KIND_toString', 0],
    [77, 0],
    [-1, 0],
    [null, 0],
  ])('kind %j reads as %s', (value, kind) => {
    expect(decodeSpan({ kind: value }).kind).toBe(kind);
  });

  it('spelled -0 are 0', () => {
    const text = new TextDecoder().decode(
      jsonOfSpans({ ...spanJson(wireSpan()), kind: 'HERE', status: { code: 'HERE' } }),
    );
    const span = decodeTracesJson(jsonBytes(text.replaceAll('"HERE"', '-0'))).resources[0]?.spans[0];
    expect(Object.is(span?.kind, 0) && Object.is(span?.statusCode, 0)).toBe(true);
  });

  it('status codes are taken by number and by name', () => {
    expect(decodeSpan({ status: { code: 2 } }).statusCode).toBe(2);
    expect(decodeSpan({ status: { code: 'STATUS_CODE_ERROR' } }).statusCode).toBe(2);
    expect(decodeSpan({ status: null }).statusCode).toBe(0);
  });

  it.each([1.5, true, {}])('%j is none, and refuses the span', (value) => {
    expect(refusal({ kind: value })).toMatch(/kind is/);
  });
});

describe('attribute values', () => {
  it.each([
    [{ stringValue: 'a' }, 'a'],
    [{ boolValue: true }, true],
    [{ intValue: '5' }, 5],
    [{ intValue: 5 }, 5],
    [{ intValue: '-9223372036854775808' }, '-9223372036854775808'],
    [{ intValue: '9007199254740993' }, '9007199254740993'],
    [{ intValue: '-0' }, 0],
    [{ doubleValue: 0.25 }, 0.25],
    [{ doubleValue: '0.25' }, 0.25],
    [{ doubleValue: 'NaN' }, Number.NaN],
    [{ doubleValue: '-Infinity' }, Number.NEGATIVE_INFINITY],
    [
      { arrayValue: { values: [{ stringValue: 'a' }, {}, { kvlistValue: {} }, { intValue: '2' }] } },
      ['a', null, null, 2],
    ],
    [{ arrayValue: {} }, []],
    [{ kvlistValue: { values: [] } }, undefined],
    [{ bytesValue: 'AQI=' }, undefined],
    [{ stringValue: 'a', kvlistValue: {} }, undefined],
    [{ stringValue: null, intValue: 7 }, 7],
    [{}, undefined],
    [null, undefined],
  ])('%j reads as %j', (value, expected) => {
    expect(decodeValue(value)).toEqual(expected);
  });

  it.each([
    { stringValue: 5 },
    { boolValue: 'true' },
    { intValue: '1.5' },
    { intValue: '9223372036854775808' },
    { intValue: true },
    { doubleValue: 'fast' },
    { doubleValue: '1'.repeat(65) },
    { arrayValue: [] },
    'a',
  ])('%j refuses the span, and names the attribute', (value) => {
    expect(refusal({ attributes: [{ key: 'http.route', value }] })).toMatch(/: http\.route is/);
  });

  it('of names that are not read may be anything', () => {
    expect(
      decodeSpan({ attributes: [{ key: 'other', value: { intValue: [] } }, { value: 5 }, {}] }).attributes,
    ).toEqual({});
  });

  it('are read also when the value comes before the key', () => {
    expect(decodeSpan({ attributes: [{ value: { intValue: 7 }, key: 'server.port' }] }).attributes).toEqual({
      'server.port': 7,
    });
  });

  it.each([
    ['two keys, of the last', '{"key":"http.route","value":{"intValue":7},"key":"server.port"}', { 'server.port': 7 }],
    ['two keys, the last not read', '{"key":"server.port","value":{"intValue":7},"key":"other"}', {}],
    [
      'two values, the last',
      '{"key":"server.port","value":{"intValue":6},"value":{"intValue":7}}',
      { 'server.port': 7 },
    ],
    ['a key with escapes', '{"key":"server\\u002eport","value":{"intValue":7}}', { 'server.port': 7 }],
  ])('of %s count', (_, attribute, expected) => {
    const request = Buffer.from(jsonOfSpans({ ...spanJson(wireSpan()), attributes: ['HERE'] })).toString();
    const { resources } = decodeTracesJson(Buffer.from(request.replace('"HERE"', attribute)));
    expect(resources[0]?.spans[0]?.attributes).toEqual(expected);
  });
});
