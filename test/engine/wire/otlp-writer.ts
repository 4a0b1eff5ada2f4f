// SPDX-License-Identifier: Apache-2.0
/**
 * The tests' own encoder of OTLP, in both encodings, from one plain description of a request. It shares nothing with the
 * decoders or with any SDK, so that an error in one of them cannot hide in the other.
 */

/** Bytes under construction: arrays nest and are flattened at the end. */
export type Bytes = readonly (number | Bytes)[];

/** An attribute's value, by the member of `AnyValue` that it is written to. */
export type AnyValue =
  | { readonly string: string }
  | { readonly bool: boolean }
  | { readonly int: bigint }
  | { readonly double: number }
  | { readonly array: readonly AnyValue[] }
  | { readonly kvlist: readonly KeyValue[] }
  | { readonly bytes: readonly number[] }
  | Record<string, never>;

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export interface WireEvent {
  readonly name: string;
  readonly attributes: readonly KeyValue[];
}

export interface WireLink {
  readonly traceId: string;
  readonly spanId: string;
}

export interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly WireEvent[];
  readonly links: readonly WireLink[];
  readonly statusCode: number;
  readonly statusMessage: string;
}

export interface WireResource {
  readonly attributes: readonly KeyValue[];
  readonly spans: readonly WireSpan[];
}

/** A valid span; `changes` replaces fields. */
export function wireSpan(changes: Partial<WireSpan> = {}): WireSpan {
  return {
    traceId: '0102030405060708090a0b0c0d0e0f10',
    spanId: 'a1a2a3a4a5a6a7a8',
    parentSpanId: '',
    name: 'POST /blocks',
    kind: 3,
    start: 1_700_000_000_000_000_000n,
    end: 1_700_000_000_012_500_000n,
    attributes: [],
    events: [],
    links: [],
    statusCode: 0,
    statusMessage: '',
    ...changes,
  };
}

/** One resource with the given spans. */
export function wireRequest(...spans: readonly WireSpan[]): WireResource[] {
  return [{ attributes: [{ key: 'service.name', value: { string: 'nn1' } }], spans }];
}

export function flatten(bytes: Bytes): Uint8Array {
  const out: number[] = [];
  const walk = (part: Bytes): void => {
    for (const item of part) {
      if (typeof item === 'number') out.push(item);
      else walk(item);
    }
  };
  walk(bytes);
  return Uint8Array.from(out);
}

export function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return out;
}

export function tag(field: number, wireType: number): number[] {
  return varint(field * 8 + wireType);
}

/** A length-delimited field. */
export function field(number: number, content: Bytes | Uint8Array | string): Bytes {
  const bytes =
    typeof content === 'string'
      ? new TextEncoder().encode(content)
      : content instanceof Uint8Array
        ? content
        : flatten(content);
  return [tag(number, 2), varint(bytes.length), [...bytes]];
}

export function fixed64(value: bigint): number[] {
  const out: number[] = [];
  for (let shift = 0n; shift < 64n; shift += 8n) out.push(Number((BigInt.asUintN(64, value) >> shift) & 255n));
  return out;
}

export function hexBytes(digits: string): number[] {
  return (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

function doubleBytes(value: number): number[] {
  return [...new Uint8Array(Float64Array.of(value).buffer)];
}

export function anyValueBytes(value: AnyValue): Bytes {
  if ('string' in value) return field(1, value.string as string);
  if ('bool' in value) return [tag(2, 0), value.bool ? 1 : 0];
  if ('int' in value) return [tag(3, 0), varint(value.int as bigint)];
  if ('double' in value) return [tag(4, 1), doubleBytes(value.double as number)];
  if ('array' in value) {
    const values = value.array as readonly AnyValue[];
    return field(
      5,
      values.map((item) => field(1, anyValueBytes(item))),
    );
  }
  if ('kvlist' in value) return field(6, keyValues(1, value.kvlist as readonly KeyValue[]));
  if ('bytes' in value) return field(7, value.bytes as readonly number[]);
  return [];
}

export function keyValues(number: number, attributes: readonly KeyValue[]): Bytes {
  return attributes.map(({ key, value }) => field(number, [field(1, key), field(2, anyValueBytes(value))]));
}

export function spanBytes(span: WireSpan): Bytes {
  return [
    field(1, hexBytes(span.traceId)),
    field(2, hexBytes(span.spanId)),
    span.parentSpanId === '' ? [] : field(4, hexBytes(span.parentSpanId)),
    field(5, span.name),
    [tag(6, 0), varint(span.kind)],
    [tag(7, 1), fixed64(span.start)],
    [tag(8, 1), fixed64(span.end)],
    keyValues(9, span.attributes),
    span.events.map((event) => field(11, [field(2, event.name), keyValues(3, event.attributes)])),
    span.links.map((link) => field(13, [field(1, hexBytes(link.traceId)), field(2, hexBytes(link.spanId))])),
    field(15, [field(2, span.statusMessage), tag(3, 0), varint(span.statusCode)]),
  ];
}

/** A request in which each span is given as bytes. */
export function requestOfSpans(...spans: readonly Bytes[]): Uint8Array {
  const scopeSpans = spans.map((span) => field(2, span));
  return flatten(field(1, [field(1, keyValues(1, wireRequest()[0]?.attributes ?? [])), field(2, scopeSpans)]));
}

export function toProtobuf(resources: readonly WireResource[]): Uint8Array {
  return flatten(
    resources.map(({ attributes, spans }) =>
      field(1, [
        field(1, keyValues(1, attributes)),
        field(
          2,
          spans.map((span) => field(2, spanBytes(span))),
        ),
      ]),
    ),
  );
}

function anyValueJson(value: AnyValue): unknown {
  if ('string' in value) return { stringValue: value.string };
  if ('bool' in value) return { boolValue: value.bool };
  if ('int' in value) return { intValue: String(value.int) };
  if ('double' in value) {
    const double = value.double as number;
    return { doubleValue: Number.isFinite(double) ? double : String(double) };
  }
  if ('array' in value) return { arrayValue: { values: (value.array as readonly AnyValue[]).map(anyValueJson) } };
  if ('kvlist' in value) return { kvlistValue: { values: keyValuesJson(value.kvlist as readonly KeyValue[]) } };
  if ('bytes' in value) return { bytesValue: Buffer.from(value.bytes as readonly number[]).toString('base64') };
  return {};
}

function keyValuesJson(attributes: readonly KeyValue[]): unknown[] {
  return attributes.map(({ key, value }) => ({ key, value: anyValueJson(value) }));
}

export function spanJson(span: WireSpan): Record<string, unknown> {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.start),
    endTimeUnixNano: String(span.end),
    attributes: keyValuesJson(span.attributes),
    events: span.events.map((event) => ({ name: event.name, attributes: keyValuesJson(event.attributes) })),
    links: span.links,
    status: { code: span.statusCode, message: span.statusMessage },
  };
}

/** A request in which each span is given as the object to be written. */
export function jsonOfSpans(...spans: readonly unknown[]): Uint8Array {
  const resource = { attributes: keyValuesJson(wireRequest()[0]?.attributes ?? []) };
  return jsonBytes({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}

export function toJson(resources: readonly WireResource[]): Uint8Array {
  return jsonBytes({
    resourceSpans: resources.map(({ attributes, spans }) => ({
      resource: { attributes: keyValuesJson(attributes) },
      scopeSpans: [{ scope: { name: 'test' }, spans: spans.map(spanJson) }],
    })),
  });
}
