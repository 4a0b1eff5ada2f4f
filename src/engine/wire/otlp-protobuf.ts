// SPDX-License-Identifier: Apache-2.0
/**
 * OTLP's protobuf encoding: the hot path. Each message is one loop over its tags; a field that nothing here reads is
 * passed over by its length, and so are the attributes outside `READ_ATTRIBUTES`, which is most of what a span weighs.
 * A known field with another wire type is unknown, as protobuf says.
 *
 * Source: opentelemetry-proto 1.x, `trace_service.proto`, `trace.proto`, `resource.proto`, `common.proto`.
 */
import { type AttributeValue, READ_ATTRIBUTES, SEMCONV } from '../../model/attributes.js';
import { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import { NameTable } from '../../protobuf/wire-text.js';
import { type AttributeDraft, EXCEPTION_EVENT_NAME, ID_BYTES_READ_MAX } from './span-builder.js';
import { BatchBuilder, type TraceBatch } from './trace-batch.js';
import { malformed, WIRE_LIMITS, type WireLimits } from './wire-limits.js';

/** Tags (field number × 8 + wire type), by message. */
const REQUEST = { RESOURCE_SPANS: 1 * 8 + 2 } as const;
const RESOURCE_SPANS = { RESOURCE: 1 * 8 + 2, SCOPE_SPANS: 2 * 8 + 2 } as const;
const RESOURCE = { ATTRIBUTES: 1 * 8 + 2 } as const;
const SCOPE_SPANS = { SPANS: 2 * 8 + 2 } as const;
const SPAN = {
  TRACE_ID: 1 * 8 + 2,
  SPAN_ID: 2 * 8 + 2,
  PARENT_SPAN_ID: 4 * 8 + 2,
  NAME: 5 * 8 + 2,
  KIND: 6 * 8,
  START: 7 * 8 + 1,
  END: 8 * 8 + 1,
  ATTRIBUTES: 9 * 8 + 2,
  EVENTS: 11 * 8 + 2,
  LINKS: 13 * 8 + 2,
  STATUS: 15 * 8 + 2,
} as const;
const EVENT = { NAME: 2 * 8 + 2, ATTRIBUTES: 3 * 8 + 2 } as const;
const LINK = { TRACE_ID: 1 * 8 + 2, SPAN_ID: 2 * 8 + 2 } as const;
const STATUS = { MESSAGE: 2 * 8 + 2, CODE: 3 * 8 } as const;
const KEY_VALUE = { KEY: 1 * 8 + 2, VALUE: 2 * 8 + 2 } as const;
const ANY_VALUE = {
  STRING: 1 * 8 + 2,
  BOOL: 2 * 8,
  INT: 3 * 8,
  DOUBLE: 4 * 8 + 1,
  ARRAY: 5 * 8 + 2,
  KVLIST: 6 * 8 + 2,
  BYTES: 7 * 8 + 2,
} as const;
const ARRAY_VALUE = { VALUES: 1 * 8 + 2 } as const;

const READ_NAMES = new NameTable(READ_ATTRIBUTES);
const EXCEPTION_NAMES = new NameTable([SEMCONV.EXCEPTION_TYPE, SEMCONV.EXCEPTION_MESSAGE]);

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
  readonly #limits: WireLimits;
  readonly #batch: BatchBuilder;

  constructor(bytes: Uint8Array, limits: WireLimits) {
    this.#reader = new ProtobufReader(bytes, (at, what) => malformed('protobuf', at, what));
    this.#limits = limits;
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
      if (tag === RESOURCE_SPANS.RESOURCE) this.#readResource();
      else if (tag === RESOURCE_SPANS.SCOPE_SPANS) this.#readScopeSpans();
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    this.#batch.endResource();
  }

  #readResource(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === RESOURCE.ATTRIBUTES) this.#readAttribute(READ_NAMES, this.#batch.resource);
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
  }

  #readScopeSpans(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === SCOPE_SPANS.SPANS) this.#readSpan();
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
  }

  #readSpan(): void {
    const reader = this.#reader;
    const span = this.#batch.span;
    this.#batch.beginSpan();
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      switch (tag) {
        case SPAN.TRACE_ID:
          span.traceId = reader.readHex(ID_BYTES_READ_MAX);
          break;
        case SPAN.SPAN_ID:
          span.spanId = reader.readHex(ID_BYTES_READ_MAX);
          break;
        case SPAN.PARENT_SPAN_ID:
          span.parentSpanId = reader.readHex(ID_BYTES_READ_MAX);
          break;
        case SPAN.NAME:
          span.name = reader.readText(this.#limits.stringLengthMax);
          break;
        case SPAN.KIND:
          span.kind = reader.readInt32();
          break;
        case SPAN.START:
          span.startUnixNano = reader.readFixed64();
          break;
        case SPAN.END:
          span.endUnixNano = reader.readFixed64();
          break;
        case SPAN.ATTRIBUTES:
          this.#readAttribute(READ_NAMES, span.attributes);
          break;
        case SPAN.EVENTS:
          this.#readEvent();
          break;
        case SPAN.LINKS:
          if (span.wantsLink) this.#readLink();
          else reader.skip(tag & 7);
          break;
        case SPAN.STATUS:
          this.#readStatus();
          break;
        default:
          reader.skip(tag & 7);
      }
    }
    reader.leave(outer);
    this.#batch.endSpan();
  }

  #readStatus(): void {
    const reader = this.#reader;
    const span = this.#batch.span;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === STATUS.CODE) span.statusCode = reader.readInt32();
      else if (tag === STATUS.MESSAGE) span.statusMessage = reader.readText(this.#limits.stringLengthMax);
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
  }

  #readEvent(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    const attributes: AttributeDraft = {};
    let isException = false;
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === EVENT.NAME) isException = reader.readEquals(EXCEPTION_EVENT_NAME);
      else if (tag === EVENT.ATTRIBUTES) this.#readAttribute(EXCEPTION_NAMES, attributes);
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    if (isException) this.#batch.span.setException(attributes);
  }

  #readLink(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    let traceId = '';
    let spanId = '';
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === LINK.TRACE_ID) traceId = reader.readHex(ID_BYTES_READ_MAX);
      else if (tag === LINK.SPAN_ID) spanId = reader.readHex(ID_BYTES_READ_MAX);
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    this.#batch.span.addLink(traceId, spanId);
  }

  /** One `KeyValue`. Every encoder writes the key first; a value that comes before its key is gone back to. */
  #readAttribute(names: NameTable, into: AttributeDraft): void {
    const reader = this.#reader;
    const outer = reader.enter();
    let name: string | undefined;
    let valueAt = -1;
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === KEY_VALUE.KEY) {
        name = reader.readName(names);
        if (name === undefined) break;
      } else if (tag === KEY_VALUE.VALUE) {
        if (name === undefined) {
          valueAt = reader.pos;
          reader.skip(tag & 7);
        } else {
          valueAt = -1;
          this.#readValue(name, into);
        }
      } else reader.skip(tag & 7);
    }
    if (name !== undefined && valueAt >= 0) {
      reader.pos = valueAt;
      this.#readValue(name, into);
    }
    reader.leave(outer);
  }

  #readValue(name: string, into: AttributeDraft): void {
    const value = this.#readAnyValue(true);
    if (value !== undefined) into[name] = value;
  }

  /** An `AnyValue`; of several values the last counts. `undefined` for none, a map, bytes, or an array in an array. */
  #readAnyValue(arrays: boolean): AttributeValue | undefined {
    const reader = this.#reader;
    const outer = reader.enter();
    let value: AttributeValue | undefined;
    while (reader.more()) {
      const tag = reader.readTag();
      switch (tag) {
        case ANY_VALUE.STRING:
          value = reader.readText(this.#limits.stringLengthMax);
          break;
        case ANY_VALUE.BOOL:
          value = reader.readBool();
          break;
        case ANY_VALUE.INT:
          value = reader.readInt64();
          break;
        case ANY_VALUE.DOUBLE:
          value = reader.readDouble();
          break;
        case ANY_VALUE.ARRAY:
          if (arrays) value = this.#readArray();
          else {
            value = undefined;
            reader.skip(tag & 7);
          }
          break;
        case ANY_VALUE.KVLIST:
        case ANY_VALUE.BYTES:
          value = undefined;
          reader.skip(tag & 7);
          break;
        default:
          reader.skip(tag & 7);
      }
    }
    reader.leave(outer);
    return value;
  }

  /** An array's scalars. What is none keeps its place as `null`. */
  #readArray(): AttributeValue {
    const reader = this.#reader;
    const outer = reader.enter();
    const values: (string | number | boolean | null)[] = [];
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === ARRAY_VALUE.VALUES && values.length < this.#limits.arrayLengthMax) {
        values.push((this.#readAnyValue(false) ?? null) as string | number | boolean | null);
      } else reader.skip(tag & 7);
    }
    reader.leave(outer);
    return values;
  }
}
