// SPDX-License-Identifier: Apache-2.0
/**
 * Reads spans and resources out of protobuf bytes, as far as anything here looks at them. Each message is one loop over its
 * tags; a field that nothing reads is passed over by its length, and so are the attributes outside `READ_ATTRIBUTES`. A known
 * field with another wire type is unknown, as protobuf says.
 *
 * Source: opentelemetry-proto 1.x, `trace.proto`, `resource.proto`, `common.proto`.
 */
import { type AttributeValue, READ_ATTRIBUTES, SEMCONV } from '../../model/attributes.js';
import type { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import { NameTable } from '../../protobuf/wire-text.js';
import { ANY_VALUE, ARRAY_VALUE, EVENT, KEY_VALUE, LINK, RESOURCE, SPAN, STATUS } from './otlp-tags.js';
import { type AttributeDraft, EXCEPTION_EVENT_NAME, ID_BYTES_READ_MAX, type SpanBuilder } from './span-builder.js';
import type { WireLimits } from './wire-limits.js';

const READ_NAMES = new NameTable(READ_ATTRIBUTES);
const EXCEPTION_NAMES = new NameTable([SEMCONV.EXCEPTION_TYPE, SEMCONV.EXCEPTION_MESSAGE]);

export class ProtobufSpans {
  readonly #reader: ProtobufReader;
  readonly #limits: WireLimits;

  /** @param reader stands where a message's length is read next, whenever one of the methods is called */
  constructor(reader: ProtobufReader, limits: WireLimits) {
    this.#reader = reader;
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
      if (tag === RESOURCE.ATTRIBUTES) this.#readAttribute(READ_NAMES, into);
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
          this.#readAttribute(READ_NAMES, span.attributes);
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
      else if (tag === EVENT.ATTRIBUTES) this.#readAttribute(EXCEPTION_NAMES, attributes);
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
