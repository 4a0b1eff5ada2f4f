// SPDX-License-Identifier: Apache-2.0
/**
 * Logs in OTLP's protobuf encoding. As with spans, a field that nothing here reads is passed over by its length.
 *
 * Source: opentelemetry-proto 1.x, `logs_service.proto`, `logs.proto`.
 */
import { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import { LOG_NAMES, type LogBatch, LogBatchBuilder } from './log-batch.js';
import { ProtobufAttributes } from './protobuf-attributes.js';
import { READ_NAMES } from './read-names.js';
import { ID_BYTES_READ_MAX } from './span-builder.js';
import { malformed, WIRE_LIMITS, type WireLimits } from './wire-limits.js';

/** Tags (field number × 8 + wire type), by message. */
const REQUEST = { RESOURCE_LOGS: 1 * 8 + 2 } as const;
const RESOURCE_LOGS = { RESOURCE: 1 * 8 + 2, SCOPE_LOGS: 2 * 8 + 2 } as const;
const SCOPE_LOGS = { LOG_RECORDS: 2 * 8 + 2 } as const;
const LOG_RECORD = {
  TIME: 1 * 8 + 1,
  SEVERITY_NUMBER: 2 * 8,
  BODY: 5 * 8 + 2,
  ATTRIBUTES: 6 * 8 + 2,
  TRACE_ID: 9 * 8 + 2,
  SPAN_ID: 10 * 8 + 2,
  OBSERVED_TIME: 11 * 8 + 1,
  EVENT_NAME: 12 * 8 + 2,
} as const;

/**
 * Decodes an `ExportLogsServiceRequest`. Time and memory are linear in the body.
 *
 * @param bytes the whole body, uncompressed; it is not kept
 * @throws PanoramaError PANO_WIRE_MALFORMED where the bytes are no such message, PANO_WIRE_LIMIT past a bound
 */
export function decodeLogsProtobuf(bytes: Uint8Array, limits: WireLimits = WIRE_LIMITS): LogBatch {
  return new LogsDecoder(bytes, limits).decode();
}

class LogsDecoder {
  readonly #reader: ProtobufReader;
  readonly #attributes: ProtobufAttributes;
  readonly #limits: WireLimits;
  readonly #batch: LogBatchBuilder;

  constructor(bytes: Uint8Array, limits: WireLimits) {
    this.#reader = new ProtobufReader(bytes, (at, what) => malformed('protobuf', at, what));
    this.#attributes = new ProtobufAttributes(this.#reader, limits);
    this.#limits = limits;
    this.#batch = new LogBatchBuilder(limits);
  }

  decode(): LogBatch {
    const reader = this.#reader;
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === REQUEST.RESOURCE_LOGS) this.#readResourceLogs();
      else reader.skip(tag & 7);
    }
    return this.#batch.finish();
  }

  #readResourceLogs(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === RESOURCE_LOGS.RESOURCE) this.#attributes.readResource(READ_NAMES, this.#batch.resource);
      else if (tag === RESOURCE_LOGS.SCOPE_LOGS) this.#readScopeLogs();
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    this.#batch.endResource();
  }

  #readScopeLogs(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === SCOPE_LOGS.LOG_RECORDS) this.#readRecord();
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
  }

  #readRecord(): void {
    const reader = this.#reader;
    this.#batch.beginRecord();
    const { draft } = this.#batch;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      switch (tag) {
        case LOG_RECORD.TIME:
          draft.timeUnixNano = reader.readFixed64();
          break;
        case LOG_RECORD.OBSERVED_TIME:
          draft.observedUnixNano = reader.readFixed64();
          break;
        case LOG_RECORD.SEVERITY_NUMBER:
          draft.severity = reader.readInt32();
          break;
        case LOG_RECORD.BODY: {
          const body = this.#attributes.readValue(false);
          draft.body = typeof body === 'string' ? body : '';
          break;
        }
        case LOG_RECORD.ATTRIBUTES:
          this.#attributes.read(LOG_NAMES, draft.attributes);
          break;
        case LOG_RECORD.TRACE_ID:
          draft.traceId = reader.readHex(ID_BYTES_READ_MAX);
          break;
        case LOG_RECORD.SPAN_ID:
          draft.spanId = reader.readHex(ID_BYTES_READ_MAX);
          break;
        case LOG_RECORD.EVENT_NAME:
          draft.eventName = reader.readText(this.#limits.stringLengthMax);
          break;
        default:
          reader.skip(tag & 7);
      }
    }
    reader.leave(outer);
    this.#batch.endRecord();
  }
}
