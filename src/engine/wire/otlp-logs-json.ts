// SPDX-License-Identifier: Apache-2.0
/**
 * Logs in OTLP's JSON encoding. A value of the wrong type inside a record refuses that record; outside of any there is
 * nothing smaller to refuse than the request.
 *
 * Source: OpenTelemetry Protocol specification 1.x, "JSON Protobuf Encoding"; opentelemetry-proto 1.x, `logs.proto`.
 */
import { JsonAttributes } from './json-attributes.js';
import { JsonFields } from './json-fields.js';
import { JsonReader } from './json-reader.js';
import { LOG_NAMES, type LogBatch, LogBatchBuilder } from './log-batch.js';
import { READ_NAMES } from './read-names.js';
import { malformed, WIRE_LIMITS, type WireLimits } from './wire-limits.js';

/** Severities are numbers; by name none is known, and a name reads as no severity. */
const NO_NAMES = {} as const;

/**
 * Decodes an `ExportLogsServiceRequest` in OTLP/JSON. Time and memory are linear in the body.
 *
 * @param bytes the whole body, uncompressed; it is not kept
 * @throws PanoramaError PANO_WIRE_MALFORMED where the text is no such message, PANO_WIRE_LIMIT past a bound
 */
export function decodeLogsJson(bytes: Uint8Array, limits: WireLimits = WIRE_LIMITS): LogBatch {
  return new LogsDecoder(bytes, limits).decode();
}

class LogsDecoder {
  readonly #reader: JsonReader;
  readonly #fields: JsonFields;
  readonly #attributes: JsonAttributes;
  readonly #batch: LogBatchBuilder;
  #inRecord = false;

  constructor(bytes: Uint8Array, limits: WireLimits) {
    this.#reader = new JsonReader(bytes, limits.depthMax);
    this.#fields = new JsonFields(this.#reader, limits.stringLengthMax, (at, what) => this.#fault(at, what));
    this.#attributes = new JsonAttributes(this.#reader, this.#fields, limits);
    this.#batch = new LogBatchBuilder(limits);
  }

  decode(): LogBatch {
    if (this.#reader.kind() !== 'object') throw malformed('JSON', this.#reader.pos, 'the request should be an object');
    this.#fields.object('the request', (key) => {
      if (key !== 'resourceLogs') return false;
      this.#fields.array(key, () => this.#readResourceLogs());
      return true;
    });
    this.#reader.finish();
    return this.#batch.finish();
  }

  #readResourceLogs(): void {
    this.#fields.object('an element of resourceLogs', (key) => {
      if (key === 'resource') this.#attributes.readResource(READ_NAMES, this.#batch.resource);
      else if (key === 'scopeLogs') this.#fields.array(key, () => this.#readScopeLogs());
      else return false;
      return true;
    });
    this.#batch.endResource();
  }

  #readScopeLogs(): void {
    this.#fields.object('an element of scopeLogs', (key) => {
      if (key !== 'logRecords') return false;
      this.#fields.array(key, () => this.#readRecord());
      return true;
    });
  }

  #readRecord(): void {
    this.#batch.beginRecord();
    this.#inRecord = true;
    this.#fields.object('the log record', (key) => this.#readField(key));
    this.#inRecord = false;
    this.#batch.endRecord();
  }

  #readField(key: string): boolean {
    const { draft } = this.#batch;
    switch (key) {
      case 'timeUnixNano':
        draft.timeUnixNano = this.#fields.time(key);
        return true;
      case 'observedTimeUnixNano':
        draft.observedUnixNano = this.#fields.time(key);
        return true;
      case 'severityNumber':
        draft.severity = this.#fields.enum(key, 'SEVERITY_NUMBER_', NO_NAMES);
        return true;
      case 'body': {
        const body = this.#attributes.readValue(key, false);
        draft.body = typeof body === 'string' ? body : '';
        return true;
      }
      case 'attributes':
        this.#attributes.readAll(LOG_NAMES, draft.attributes);
        return true;
      case 'traceId':
        draft.traceId = this.#fields.hex(key);
        return true;
      case 'spanId':
        draft.spanId = this.#fields.hex(key);
        return true;
      case 'eventName':
        draft.eventName = this.#fields.text(key);
        return true;
      default:
        return false;
    }
  }

  #fault(at: number, what: string): void {
    if (!this.#inRecord) throw malformed('JSON', at, what);
    this.#batch.draft.fault ||= `${what} (byte ${at}); send it as the OTLP/JSON mapping says`;
  }
}
