// SPDX-License-Identifier: Apache-2.0
/**
 * What must hold of whatever a decoder made, whatever the bytes were: its counts add up, nothing in it is past its
 * bound; and written again, by an encoder that shares nothing with it, it is read as the same, from either encoding.
 */
import { isDeepStrictEqual } from 'node:util';
import type { LogBatch } from '../../src/engine/wire/log-batch.js';
import type { MetricBatch } from '../../src/engine/wire/metric-batch.js';
import type { TraceBatch } from '../../src/engine/wire/trace-batch.js';
import type { WireLimits } from '../../src/engine/wire/wire-limits.js';
import type { Attributes, AttributeValue } from '../../src/model/attributes.js';
import type { SpanRecord } from '../../src/model/span.js';
import { type AnyValue, type KeyValue, toJson, toProtobuf, type WireResource } from '../engine/wire/otlp-writer.js';

export interface TraceDecoders {
  readonly protobuf: (bytes: Uint8Array) => TraceBatch;
  readonly json: (bytes: Uint8Array) => TraceBatch;
}

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;
const UINT64_MAX = 2n ** 64n - 1n;

/** Bytes of a batch that is written again. Larger ones are like smaller ones, and would take most of the time. */
const SPANS_WRITTEN_MAX = 30;

/** @throws Error naming what does not hold */
export function checkBatch(batch: TraceBatch, limits: WireLimits, names: ReadonlySet<string>): void {
  const count = batch.resources.reduce((sum, { spans }) => sum + spans.length, 0);
  must(batch.spanCount === count, 'spanCount is the number of spans');
  must((batch.rejectedMessage === '') === (batch.rejectedSpans === 0), 'there is a message where spans were refused');
  must(count + batch.rejectedSpans <= limits.spanCountMax, 'spans are within their bound');
  for (const { resource, spans } of batch.resources) {
    must(spans.length > 0, 'a resource has spans');
    checkAttributes(resource, limits, names);
    for (const span of spans) checkSpan(span, limits, names);
  }
}

/** @throws Error naming what does not hold of log records */
export function checkLogs(batch: LogBatch, limits: WireLimits, names: ReadonlySet<string>): void {
  must(
    (batch.rejectedMessage === '') === (batch.rejectedRecords === 0),
    'there is a message where records were refused',
  );
  must(batch.recordCount + batch.rejectedRecords <= limits.spanCountMax, 'records are within their bound');
  let kept = 0;
  for (const { resource, observations, errors } of batch.resources) {
    kept += observations.length + errors.length;
    must(observations.length + errors.length > 0, 'a resource has records');
    checkAttributes(resource, limits, names);
    for (const { traceId, spanId, timeUnixNano, body, attributes } of [...observations, ...errors]) {
      must((traceId === '') === (spanId === ''), 'a record refers to a span or to none');
      must(spanId === '' || (TRACE_ID.test(traceId) && SPAN_ID.test(spanId)), 'a reference is valid');
      must(timeUnixNano >= 0n && timeUnixNano <= UINT64_MAX, 'a time has 64 bits');
      must(body.length <= limits.stringLengthMax, 'a text is within its bound');
      checkAttributes(attributes, limits, names);
    }
  }
  must(kept <= batch.recordCount, 'what is kept was counted');
}

/** @throws Error naming what does not hold of metrics */
export function checkReadings(batch: MetricBatch, limits: WireLimits, names: ReadonlySet<string>): void {
  must((batch.rejectedMessage === '') === (batch.rejectedPoints === 0), 'there is a message where points were refused');
  for (const { resource, readings } of batch.resources) {
    must(readings.length > 0, 'a resource has readings');
    must(new Set(readings.map(({ name }) => name)).size === readings.length, 'a metric has one reading');
    checkAttributes(resource, limits, names);
    for (const { value, timeUnixNano } of readings) {
      must(Number.isFinite(value), 'a reading is a number');
      must(timeUnixNano >= 0n && timeUnixNano <= UINT64_MAX, 'a time has 64 bits');
    }
  }
}

function checkSpan(span: SpanRecord, limits: WireLimits, names: ReadonlySet<string>): void {
  must(TRACE_ID.test(span.traceId), 'a trace id is valid');
  must(SPAN_ID.test(span.spanId), 'a span id is valid');
  must(span.parentSpanId === '' || SPAN_ID.test(span.parentSpanId), 'a parent id is valid or none');
  must(Number.isInteger(span.kind) && span.kind >= 0 && span.kind <= 5, 'a kind is one');
  must([0, 1, 2].includes(span.statusCode), 'a status code is one');
  must(Number.isFinite(span.durationMs) && span.durationMs >= 0, 'a duration is a time');
  for (const time of [span.startUnixNano, span.endUnixNano])
    must(time >= 0n && time <= UINT64_MAX, 'a time has 64 bits');
  for (const text of [span.name, span.statusMessage, span.exception?.type ?? '', span.exception?.message ?? '']) {
    must(text.length <= limits.stringLengthMax, 'a text is within its bound');
  }
  must(span.links.length <= limits.linkCountMax, 'links are within their bound');
  for (const link of span.links) must(TRACE_ID.test(link.traceId) && SPAN_ID.test(link.spanId), 'a link is valid');
  checkAttributes(span.attributes, limits, names);
}

function checkAttributes(attributes: Attributes, limits: WireLimits, names: ReadonlySet<string>): void {
  must(Object.getPrototypeOf(attributes) === Object.prototype, 'attributes are a plain object');
  for (const [name, value] of Object.entries(attributes)) {
    must(names.has(name), 'an attribute is one that is read');
    for (const each of Array.isArray(value) ? value : [value]) {
      must(
        ['string', 'number', 'boolean'].includes(typeof each) || (Array.isArray(value) && each === null),
        'a value is a scalar',
      );
      must(typeof each !== 'string' || each.length <= limits.stringLengthMax, 'a text is within its bound');
    }
    must(!Array.isArray(value) || value.length <= limits.arrayLengthMax, 'an array is within its bound');
  }
}

/** @throws Error where the batch, written again, is read as something else */
export function checkWrittenAgain(batch: TraceBatch, decoders: TraceDecoders): void {
  if (batch.spanCount === 0 || batch.spanCount > SPANS_WRITTEN_MAX) return;
  const request = batch.resources.map(wireResource);
  const again = decoders.protobuf(toProtobuf(request));
  must(again.rejectedSpans === 0, 'nothing of a batch is refused when it is written again');
  must(isDeepStrictEqual(again.resources, batch.resources), 'a batch is the same when it is written again as protobuf');
  // JSON has no -0.
  if (hasNegativeZero(request)) return;
  const inJson = decoders.json(toJson(request));
  must(isDeepStrictEqual(inJson.resources, batch.resources), 'a batch is the same when it is written again as JSON');
}

function wireResource({ resource, spans }: TraceBatch['resources'][number]): WireResource {
  return {
    attributes: keyValues(resource),
    spans: spans.map(({ startUnixNano, endUnixNano, attributes, exception, ...span }) => ({
      ...span,
      start: startUnixNano,
      end: endUnixNano,
      attributes: keyValues(attributes),
      events: exception ? [{ name: 'exception', attributes: keyValues(named(exception)) }] : [],
    })),
  };
}

const named = ({ type, message }: NonNullable<SpanRecord['exception']>): Attributes => ({
  'exception.type': type,
  'exception.message': message,
});

function keyValues(attributes: Attributes): KeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue | null | undefined): AnyValue {
  if (typeof value === 'string') return { string: value };
  if (typeof value === 'number') return { double: value };
  if (typeof value === 'boolean') return { bool: value };
  return value ? { array: value.map(anyValue) } : {};
}

function hasNegativeZero(request: readonly WireResource[]): boolean {
  const isNegativeZero = (value: AnyValue): boolean =>
    'array' in value
      ? (value.array as readonly AnyValue[]).some(isNegativeZero)
      : Object.is(value['double' as never], -0);
  return request.some(({ attributes, spans }) =>
    [attributes, ...spans.map((span) => span.attributes)].flat().some(({ value }) => isNegativeZero(value)),
  );
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`it does not hold that ${what}`);
}
