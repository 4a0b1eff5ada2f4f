// SPDX-License-Identifier: Apache-2.0
/**
 * Reads spans and resources out of protobuf bytes, as far as anything here looks at them. Each message is one loop over its
 * tags; a field that nothing reads is passed over by its length, and so are the attributes outside `READ_ATTRIBUTES`. A known
 * field with another wire type is unknown, as protobuf says.
 *
 * Source: opentelemetry-proto 1.x, `trace.proto`, `resource.proto`, `common.proto`.
 */
import type { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import { EVENT, LINK, RESOURCE, SPAN, STATUS } from './otlp-tags.js';
import { ProtobufAttributes } from './protobuf-attributes.js';
import { EXCEPTION_NAMES, READ_NAMES } from './read-names.js';
import { type AttributeDraft, EXCEPTION_EVENT_NAME, ID_BYTES_READ_MAX, type SpanBuilder } from './span-builder.js';
import type { WireLimits } from './wire-limits.js';

export class ProtobufSpans {
  readonly #reader: ProtobufReader;
  readonly #attributes: ProtobufAttributes;
  readonly #limits: WireLimits;

  /** @param reader stands where a message's length is read next, whenever one of the methods is called */
  constructor(reader: ProtobufReader, limits: WireLimits) {
    this.#reader = reader;
    this.#attributes = new ProtobufAttributes(reader, limits);
    this.#limits = limits;
  }

  readResource(into: AttributeDraft): void {
    const reader = this.#reader;
    const outer = reader.enter();
    this.readResourceFields(into);
    reader.leave(outer);
  }

  /** The fields up to the reader's end. */
  readResourceFields(into: AttributeDraft): void {
    const reader = this.#reader;
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === RESOURCE.ATTRIBUTES) this.#attributes.read(READ_NAMES, into);
      else reader.skip(tag & 7);
    }
  }

  readSpan(span: SpanBuilder): void {
    const reader = this.#reader;
    const outer = reader.enter();
    this.readFields(span, true);
    reader.leave(outer);
  }

  /** Likewise of a span. @param withStory whether its events and links are read too */
  readFields(span: SpanBuilder, withStory: boolean): void {
    const reader = this.#reader;
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
          this.#attributes.read(READ_NAMES, span.attributes);
          break;
        case SPAN.EVENTS:
          if (withStory) this.#readEvent(span);
          else reader.skip(tag & 7);
          break;
        case SPAN.LINKS:
          if (withStory && span.wantsLink) this.#readLink(span);
          else reader.skip(tag & 7);
          break;
        case SPAN.STATUS:
          this.#readStatus(span);
          break;
        default:
          reader.skip(tag & 7);
      }
    }
  }

  #readStatus(span: SpanBuilder): void {
    const reader = this.#reader;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === STATUS.CODE) span.statusCode = reader.readInt32();
      else if (tag === STATUS.MESSAGE) span.statusMessage = reader.readText(this.#limits.stringLengthMax);
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
  }

  #readEvent(span: SpanBuilder): void {
    const reader = this.#reader;
    const outer = reader.enter();
    const attributes: AttributeDraft = {};
    let isException = false;
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === EVENT.NAME) isException = reader.readEquals(EXCEPTION_EVENT_NAME);
      else if (tag === EVENT.ATTRIBUTES) this.#attributes.read(EXCEPTION_NAMES, attributes);
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    if (isException) span.setException(attributes);
  }

  #readLink(span: SpanBuilder): void {
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
    span.addLink(traceId, spanId);
  }
}
