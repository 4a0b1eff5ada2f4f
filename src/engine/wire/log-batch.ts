// SPDX-License-Identifier: Apache-2.0
/**
 * What the decoders of logs hand on. Of all log records only two kinds are kept: observations, told as an event, and the
 * errors of a span, whose words are evidence. The rest is counted; what an application says to itself is not our business. Nor is
 * what an engine says of its verdicts: a Collector that sends every log everywhere would make them their own evidence.
 *
 * Source: opentelemetry-proto 1.x, `logs.proto`; OpenTelemetry, "Events", whose name was an attribute before it was a field.
 */
import type { Attributes } from '../../model/attributes.js';
import { OBSERVATION_SPAN_NAME, READ_ATTRIBUTES, textOf, VERDICT_EVENT_NAME } from '../../model/attributes.js';
import { PanoramaError } from '../../model/errors.js';
import type { LogRecord } from '../../model/log-record.js';
import { NameTable } from '../../protobuf/wire-text.js';
import type { AttributeDraft } from './span-builder.js';
import type { WireLimits } from './wire-limits.js';

/** Records that were kept, of one resource. */
export interface ResourceLogs {
  readonly resource: Attributes;
  readonly observations: readonly LogRecord[];
  readonly errors: readonly LogRecord[];
}

/** The log records of one export request. */
export interface LogBatch {
  readonly resources: readonly ResourceLogs[];
  /** Records of the request that are valid, kept or not. */
  readonly recordCount: number;
  readonly rejectedRecords: number;
  /** Why the first of them was refused and what to do; empty where none was. */
  readonly rejectedMessage: string;
}

/** The older place of an event's name. */
const EVENT_NAME_ATTRIBUTE = 'event.name';

/** Names of attributes that are read of a log record. */
export const LOG_ATTRIBUTES: ReadonlySet<string> = new Set([...READ_ATTRIBUTES, EVENT_NAME_ATTRIBUTE]);

/** The same, by their bytes. */
export const LOG_NAMES: NameTable = new NameTable(LOG_ATTRIBUTES);

/** The least severity number of an error. */
const SEVERITY_ERROR = 17;

const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;

/** A log record while it is read. */
export class LogDraft {
  traceId = '';
  spanId = '';
  eventName = '';
  severity = 0;
  timeUnixNano = 0n;
  observedUnixNano = 0n;
  body = '';
  attributes: AttributeDraft = {};
  /** What is wrong with it, or empty. */
  fault = '';
}

/** Collects one request. A decoder fills `draft` and `resource`, and calls the `end…` methods. */
export class LogBatchBuilder {
  draft: LogDraft = new LogDraft();
  resource: AttributeDraft = {};
  readonly #recordCountMax: number;
  readonly #resources: ResourceLogs[] = [];
  #observations: LogRecord[] = [];
  #errors: LogRecord[] = [];
  #count = 0;
  #rejected = 0;
  #rejectedMessage = '';

  constructor(limits: WireLimits) {
    this.#recordCountMax = limits.spanCountMax;
  }

  /** Empties the draft. @throws PanoramaError PANO_WIRE_LIMIT when the request has too many. */
  beginRecord(): void {
    if (this.#count + this.#rejected >= this.#recordCountMax) {
      throw new PanoramaError(
        'PANO_WIRE_LIMIT',
        `the request has more than ${this.#recordCountMax} log records; make the exporter's batches smaller`,
      );
    }
    this.draft = new LogDraft();
  }

  endRecord(): void {
    const { draft } = this;
    if (draft.fault !== '') {
      this.#rejectedMessage ||= `log record ${this.#count + this.#rejected + 1} of the request was refused: ${draft.fault}`;
      this.#rejected++;
      return;
    }
    this.#count++;
    const name = draft.eventName || textOf(draft.attributes[EVENT_NAME_ATTRIBUTE]);
    if (name === VERDICT_EVENT_NAME) return;
    const record = recordOf(draft);
    if (name === OBSERVATION_SPAN_NAME) this.#observations.push(record);
    else if (draft.severity >= SEVERITY_ERROR && record.spanId !== '') this.#errors.push(record);
  }

  endResource(): void {
    if (this.#observations.length + this.#errors.length > 0) {
      this.#resources.push({ resource: this.resource, observations: this.#observations, errors: this.#errors });
      this.#observations = [];
      this.#errors = [];
    }
    this.resource = {};
  }

  finish(): LogBatch {
    return {
      resources: this.#resources,
      recordCount: this.#count,
      rejectedRecords: this.#rejected,
      rejectedMessage: this.#rejectedMessage,
    };
  }
}

/** A record need not belong to a span; half a reference, or a broken one, is none. */
function recordOf({ traceId, spanId, timeUnixNano, observedUnixNano, body, attributes }: LogDraft): LogRecord {
  const isRef = isId(traceId, TRACE_ID_DIGITS) && isId(spanId, SPAN_ID_DIGITS);
  return {
    traceId: isRef ? traceId : '',
    spanId: isRef ? spanId : '',
    timeUnixNano: timeUnixNano === 0n ? observedUnixNano : timeUnixNano,
    body,
    attributes,
  };
}

function isId(digits: string, length: number): boolean {
  return digits.length === length && /[^0]/.test(digits);
}
