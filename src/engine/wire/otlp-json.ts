// SPDX-License-Identifier: Apache-2.0
/**
 * OTLP's JSON encoding: protobuf's JSON mapping, except that ids are hex and enums are numbers. Keys are
 * lowerCamelCase, 64-bit integers are decimal text (numbers are taken too), unknown keys are passed over, `null` is
 * absence.
 *
 * A value of the wrong type inside a span refuses that span; outside of any span there is nothing smaller to refuse
 * than the request. Repeated keys add up, as repeated fields do in protobuf.
 *
 * Source: OpenTelemetry Protocol specification 1.x, "JSON Protobuf Encoding"; Protocol Buffers, "ProtoJSON Format".
 */
import { SpanKind, SpanStatusCode } from '../../model/span.js';
import { JsonAttributes } from './json-attributes.js';
import { JsonFields } from './json-fields.js';
import { JsonReader } from './json-reader.js';
import { EXCEPTION_NAMES, READ_NAMES } from './read-names.js';
import { type AttributeDraft, EXCEPTION_EVENT_NAME } from './span-builder.js';
import { BatchBuilder, type TraceBatch } from './trace-batch.js';
import { malformed, WIRE_LIMITS, type WireLimits } from './wire-limits.js';

/**
 * Decodes an `ExportTraceServiceRequest` in OTLP/JSON. Time and memory are linear in the body.
 *
 * @param bytes the whole body, uncompressed; it is not kept
 * @throws PanoramaError PANO_WIRE_MALFORMED where the text is no such message, PANO_WIRE_LIMIT past a bound
 */
export function decodeTracesJson(bytes: Uint8Array, limits: WireLimits = WIRE_LIMITS): TraceBatch {
  return new JsonDecoder(bytes, limits).decode();
}

class JsonDecoder {
  readonly #reader: JsonReader;
  readonly #fields: JsonFields;
  readonly #attributes: JsonAttributes;
  readonly #batch: BatchBuilder;
  #inSpan = false;

  constructor(bytes: Uint8Array, limits: WireLimits) {
    this.#reader = new JsonReader(bytes, limits.depthMax);
    this.#fields = new JsonFields(this.#reader, limits.stringLengthMax, (at, what) => this.#fault(at, what));
    this.#attributes = new JsonAttributes(this.#reader, this.#fields, limits);
    this.#batch = new BatchBuilder(limits);
  }

  decode(): TraceBatch {
    if (this.#reader.kind() !== 'object') throw malformed('JSON', this.#reader.pos, 'the request should be an object');
    this.#fields.object('the request', (key) => {
      if (key !== 'resourceSpans') return false;
      this.#fields.array(key, () => this.#readResourceSpans());
      return true;
    });
    this.#reader.finish();
    return this.#batch.finish();
  }

  #readResourceSpans(): void {
    this.#fields.object('an element of resourceSpans', (key) => {
      if (key === 'resource') this.#attributes.readResource(READ_NAMES, this.#batch.resource);
      else if (key === 'scopeSpans') this.#fields.array(key, () => this.#readScopeSpans());
      else return false;
      return true;
    });
    this.#batch.endResource();
  }

  #readScopeSpans(): void {
    this.#fields.object('an element of scopeSpans', (key) => {
      if (key !== 'spans') return false;
      this.#fields.array(key, () => this.#readSpan());
      return true;
    });
  }

  #readSpan(): void {
    this.#batch.beginSpan();
    this.#inSpan = true;
    this.#fields.object('the span', (key) => this.#readSpanField(key));
    this.#inSpan = false;
    this.#batch.endSpan();
  }

  #readSpanField(key: string): boolean {
    const span = this.#batch.span;
    switch (key) {
      case 'traceId':
        span.traceId = this.#fields.hex(key);
        return true;
      case 'spanId':
        span.spanId = this.#fields.hex(key);
        return true;
      case 'parentSpanId':
        span.parentSpanId = this.#fields.hex(key);
        return true;
      case 'name':
        span.name = this.#fields.text(key);
        return true;
      case 'kind':
        span.kind = this.#fields.enum(key, 'SPAN_KIND_', SpanKind);
        return true;
      case 'startTimeUnixNano':
        span.startUnixNano = this.#fields.time(key);
        return true;
      case 'endTimeUnixNano':
        span.endUnixNano = this.#fields.time(key);
        return true;
      case 'attributes':
        this.#attributes.readAll(READ_NAMES, span.attributes);
        return true;
      case 'events':
        this.#fields.array(key, () => this.#readEvent());
        return true;
      case 'links':
        this.#fields.array(key, () => this.#readLink());
        return true;
      case 'status':
        this.#readStatus();
        return true;
      default:
        return false;
    }
  }

  #readStatus(): void {
    const span = this.#batch.span;
    this.#fields.object('status', (key) => {
      if (key === 'code') span.statusCode = this.#fields.enum('status code', 'STATUS_CODE_', SpanStatusCode);
      else if (key === 'message') span.statusMessage = this.#fields.text('status message');
      else return false;
      return true;
    });
  }

  #readEvent(): void {
    const attributes: AttributeDraft = {};
    let isException = false;
    this.#fields.object('an event', (key) => {
      if (key === 'name') isException = this.#fields.name('event name') === EXCEPTION_EVENT_NAME;
      else if (key === 'attributes') this.#attributes.readAll(EXCEPTION_NAMES, attributes);
      else return false;
      return true;
    });
    if (isException) this.#batch.span.setException(attributes);
  }

  #readLink(): void {
    if (!this.#batch.span.wantsLink) {
      this.#reader.skip();
      return;
    }
    let traceId = '';
    let spanId = '';
    this.#fields.object('a link', (key) => {
      if (key === 'traceId') traceId = this.#fields.hex("a link's traceId");
      else if (key === 'spanId') spanId = this.#fields.hex("a link's spanId");
      else return false;
      return true;
    });
    this.#batch.span.addLink(traceId, spanId);
  }

  #fault(at: number, what: string): void {
    if (!this.#inSpan) throw malformed('JSON', at, what);
    this.#batch.span.refuse(`${what} (byte ${at}); send it as the OTLP/JSON mapping says`);
  }
}
