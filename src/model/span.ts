// SPDX-License-Identifier: Apache-2.0
/**
 * A span, as far as anything here reads one. The guest makes an `ObservableSpan` from the SDK's span, the engine from
 * OTLP bytes; the same rules then run on both.
 */
import type { Attributes } from './attributes.js';

/** Span kinds with OTLP's numbers (the API package's are one lower). */
export const SpanKind = { UNSPECIFIED: 0, INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 } as const;
export type SpanKind = (typeof SpanKind)[keyof typeof SpanKind];

/** Span status codes; OTLP and the API package agree on these. */
export const SpanStatusCode = { UNSET: 0, OK: 1, ERROR: 2 } as const;
export type SpanStatusCode = (typeof SpanStatusCode)[keyof typeof SpanStatusCode];

/** What the rules of `src/observe` look at. */
export interface ObservableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly statusCode: SpanStatusCode;
  readonly statusMessage: string;
  /** The last recorded exception, if any. */
  readonly exception: SpanException | undefined;
  /** End less start, in milliseconds, never negative. */
  readonly durationMs: number;
}

export interface SpanException {
  readonly type: string;
  readonly message: string;
}

/** One end of a link, or a parent: lower-case hex, 32 and 16 digits. */
export interface SpanRef {
  readonly traceId: string;
  readonly spanId: string;
}

/** A span read from OTLP. Times are exact epoch nanoseconds. */
export interface SpanRecord extends ObservableSpan, SpanRef {
  /** 16 hex digits, or empty for a root span. */
  readonly parentSpanId: string;
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  /** At most `LINK_COUNT_MAX` of the span's links. */
  readonly links: readonly SpanRef[];
}

/** The spans of one resource in one export request. */
export interface ResourceSpans {
  readonly resource: Attributes;
  readonly spans: readonly SpanRecord[];
}
