// SPDX-License-Identifier: Apache-2.0
/**
 * Where both decoders meet: they fill the same draft, and one place decides what a valid span is. So a span means the
 * same in protobuf and in JSON, and a rule is written once.
 *
 * A span is refused alone, and said so, when its identity is broken: a span without a valid trace and span id can
 * neither be evidence nor be told from its own repetition. A parent id of the wrong size is refused too, for dropping
 * it would make a root of a call that has a caller. Missing times are kept as 0: what the span says of its outcome is
 * still true, and only its duration is unknown.
 *
 * Source: opentelemetry-proto 1.x, `trace.proto`, `Span`.
 */
import { type AttributeValue, SEMCONV, textOf } from '../../model/attributes.js';
import { type SpanException, SpanKind, type SpanRecord, type SpanRef, SpanStatusCode } from '../../model/span.js';

/** Attributes while they are collected. The names come from `READ_ATTRIBUTES`, so none can be `__proto__`. */
export type AttributeDraft = Record<string, AttributeValue | undefined>;

/** Bytes read of an id: one more than the longest, so that an over-long id is seen to be one. */
export const ID_BYTES_READ_MAX = 17;

/** Name of the events that record an exception. */
export const EXCEPTION_EVENT_NAME = 'exception';

const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;
const TRACE_ID_ZERO = '0'.repeat(TRACE_ID_DIGITS);
const SPAN_ID_ZERO = '0'.repeat(SPAN_ID_DIGITS);
const NANOSECONDS_PER_MILLISECOND = 1e6;
const NO_LINKS: readonly SpanRef[] = Object.freeze([]);

export class SpanBuilder {
  traceId = '';
  spanId = '';
  parentSpanId = '';
  name = '';
  /** As sent; a number that names no kind becomes UNSPECIFIED. */
  kind = 0;
  /** As sent; a number that names no code becomes UNSET. */
  statusCode = 0;
  statusMessage = '';
  startUnixNano = 0n;
  endUnixNano = 0n;
  attributes: AttributeDraft = {};
  exception: SpanException | undefined = undefined;
  /** What is wrong with the span and what to do, or empty. The first fault stays. */
  fault = '';

  readonly #linkCountMax: number;
  #links: SpanRef[] | undefined = undefined;

  constructor(linkCountMax: number) {
    this.#linkCountMax = linkCountMax;
  }

  /** Empties the draft for the next span. */
  reset(): void {
    this.traceId = '';
    this.spanId = '';
    this.parentSpanId = '';
    this.name = '';
    this.kind = 0;
    this.statusCode = 0;
    this.statusMessage = '';
    this.startUnixNano = 0n;
    this.endUnixNano = 0n;
    this.attributes = {};
    this.exception = undefined;
    this.fault = '';
    this.#links = undefined;
  }

  /** Marks the span as refused; a later fault does not replace the first. */
  refuse(fault: string): void {
    if (this.fault === '') this.fault = fault;
  }

  /** Keeps an exception event; the last one of a span stays, being what the span ended with. */
  setException(attributes: AttributeDraft): void {
    this.exception = {
      type: textOf(attributes[SEMCONV.EXCEPTION_TYPE]) ?? '',
      message: textOf(attributes[SEMCONV.EXCEPTION_MESSAGE]) ?? '',
    };
  }

  /** Whether another link would still be kept. */
  get wantsLink(): boolean {
    return this.#links === undefined || this.#links.length < this.#linkCountMax;
  }

  /** Keeps a link. One with a broken id is dropped without blame: it is a pointer, not the evidence. */
  addLink(traceId: string, spanId: string): void {
    if (!isTraceId(traceId) || !isSpanId(spanId) || !this.wantsLink) return;
    this.#links ??= [];
    this.#links.push({ traceId, spanId });
  }

  /** The span, or `undefined` where it is refused; `fault` then says why. */
  build(): SpanRecord | undefined {
    if (!isTraceId(this.traceId)) {
      this.refuse(
        'its trace id is not 16 bytes (32 hex digits) with one that is not zero; check how the sender makes ids',
      );
    } else if (!isSpanId(this.spanId)) {
      this.refuse(
        'its span id is not 8 bytes (16 hex digits) with one that is not zero; check how the sender makes ids',
      );
    } else if (this.parentSpanId !== '' && this.parentSpanId.length !== SPAN_ID_DIGITS) {
      this.refuse('its parent span id is not 8 bytes (16 hex digits); leave it empty for a root span');
    }
    if (this.fault !== '') return undefined;
    return {
      traceId: this.traceId,
      spanId: this.spanId,
      // Some senders spell "no parent" as eight zero bytes.
      parentSpanId: this.parentSpanId === SPAN_ID_ZERO ? '' : this.parentSpanId,
      name: this.name,
      kind: this.kind >= 0 && this.kind <= SpanKind.CONSUMER ? (this.kind as SpanKind) : SpanKind.UNSPECIFIED,
      attributes: this.attributes,
      statusCode:
        this.statusCode >= 0 && this.statusCode <= SpanStatusCode.ERROR
          ? (this.statusCode as SpanStatusCode)
          : SpanStatusCode.UNSET,
      statusMessage: this.statusMessage,
      exception: this.exception,
      durationMs: durationMs(this.startUnixNano, this.endUnixNano),
      startUnixNano: this.startUnixNano,
      endUnixNano: this.endUnixNano,
      links: this.#links ?? NO_LINKS,
    };
  }
}

/**
 * End less start in milliseconds. The difference is taken of the exact nanoseconds: as numbers, two present-day times
 * would each be rounded to 256 ns first. 0 where a time is missing or the end lies before the start (a clock was set).
 */
function durationMs(startUnixNano: bigint, endUnixNano: bigint): number {
  if (startUnixNano === 0n || endUnixNano <= startUnixNano) return 0;
  return Number(endUnixNano - startUnixNano) / NANOSECONDS_PER_MILLISECOND;
}

function isTraceId(digits: string): boolean {
  return digits.length === TRACE_ID_DIGITS && digits !== TRACE_ID_ZERO;
}

function isSpanId(digits: string): boolean {
  return digits.length === SPAN_ID_DIGITS && digits !== SPAN_ID_ZERO;
}
