// SPDX-License-Identifier: Apache-2.0
/** The SDK's span as the rules read one. The SDK's kinds are one lower than OTLP's; its times are pairs. */
import type { HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { type Attributes, SEMCONV, textOf } from '../model/attributes.js';
import type { ObservableSpan, SpanException, SpanKind, SpanStatusCode } from '../model/span.js';

/** An ended SDK span, seen through the rules' eyes. Nothing is copied but the last exception. */
export function observable(span: ReadableSpan): ObservableSpan {
  return {
    name: span.name,
    kind: kindOf(span),
    attributes: span.attributes as Attributes,
    statusCode: span.status.code as SpanStatusCode,
    statusMessage: span.status.message ?? '',
    exception: span.events.length === 0 ? undefined : exceptionOf(span),
    durationMs: durationOf(span),
  };
}

/** What a call is known by, on the span itself: nothing is copied. */
export function named(span: ReadableSpan): Pick<ObservableSpan, 'name' | 'attributes'> {
  return span as ReadableSpan & { readonly attributes: Attributes };
}

/** A span's kind with OTLP's number. */
export function kindOf(span: { readonly kind: number }): SpanKind {
  return (span.kind + 1) as SpanKind;
}

/** An SDK time or duration in milliseconds. */
export function millisecondsOf([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + nanoseconds / 1e6;
}

/** The last moment that OTLP can write, in epoch ms: 64 bits of nanoseconds. */
const EPOCH_MS_MAX = 18_446_744_073_709;

/** An SDK time in epoch ms; `undefined` for one that nobody can send: a host may end a span at `NaN`. */
export function epochMsOf(time: HrTime): number | undefined {
  const ms = millisecondsOf(time);
  return ms >= 0 && ms <= EPOCH_MS_MAX ? ms : undefined;
}

/** Milliseconds as an SDK time. */
export function hrTimeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = Math.round((ms - seconds * 1000) * 1e6);
  return nanoseconds < 1e9 ? [seconds, nanoseconds] : [seconds + 1, 0];
}

/** Zero where the span has none, or one below zero or beyond all time: the SDK takes care, a span made by others need not. */
function durationOf(span: ReadableSpan): number {
  const ms = millisecondsOf(span.duration);
  return ms > 0 && ms <= EPOCH_MS_MAX ? ms : 0;
}

function exceptionOf(span: ReadableSpan): SpanException | undefined {
  const event = span.events.findLast(({ name }) => name === 'exception');
  const attributes = event?.attributes as Attributes | undefined;
  if (!attributes) return undefined;
  return {
    type: textOf(attributes[SEMCONV.EXCEPTION_TYPE]) ?? '',
    message: textOf(attributes[SEMCONV.EXCEPTION_MESSAGE]) ?? '',
  };
}
