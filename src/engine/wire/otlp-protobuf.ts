// SPDX-License-Identifier: Apache-2.0
/**
 * OTLP's protobuf encoding, read whole: every span becomes a record. What is odd is read like this, and whatever is asked of a
 * single span; the great mass of spans is only scanned (`span-scanner.ts`).
 *
 * Source: opentelemetry-proto 1.x, `trace_service.proto`, `trace.proto`.
 */
import { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import { REQUEST, RESOURCE_SPANS, SCOPE_SPANS } from './otlp-tags.js';
import { ProtobufSpans } from './protobuf-span.js';
import { BatchBuilder, type TraceBatch } from './trace-batch.js';
import { malformed, WIRE_LIMITS, type WireLimits } from './wire-limits.js';

/**
 * Decodes an `ExportTraceServiceRequest`. Time and memory are linear in the body.
 *
 * @param bytes the whole body, uncompressed; it is not kept
 * @throws PanoramaError PANO_WIRE_MALFORMED where the bytes are no such message, PANO_WIRE_LIMIT past a bound
 */
export function decodeTracesProtobuf(bytes: Uint8Array, limits: WireLimits = WIRE_LIMITS): TraceBatch {
  return new ProtobufDecoder(bytes, limits).decode();
}

class ProtobufDecoder {
  readonly #reader: ProtobufReader;
  readonly #spans: ProtobufSpans;
  readonly #batch: BatchBuilder;

  constructor(bytes: Uint8Array, limits: WireLimits) {
    this.#reader = new ProtobufReader(bytes, (at, what) => malformed('protobuf', at, what));
    this.#spans = new ProtobufSpans(this.#reader, limits);
    this.#batch = new BatchBuilder(limits);
  }

  decode(): TraceBatch {
    const reader = this.#reader;
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === REQUEST.RESOURCE_SPANS) this.#readResourceSpans();
      else reader.skip(tag & 7);
    }
    return this.#batch.finish();
  }

  #readResourceSpans(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === RESOURCE_SPANS.RESOURCE) this.#spans.readResource(this.#batch.resource);
      else if (tag === RESOURCE_SPANS.SCOPE_SPANS) this.#readScopeSpans();
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    this.#batch.endResource();
  }

  #readScopeSpans(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === SCOPE_SPANS.SPANS) {
        this.#batch.beginSpan();
        this.#spans.readSpan(this.#batch.span);
        this.#batch.endSpan();
      } else reader.skip(tag & 7);
    }
    reader.leave(outer);
  }
}
