// SPDX-License-Identifier: Apache-2.0
/**
 * What stands behind the receivers: a body → a batch → the engine, in the receivers' own thread. An answer adds up what
 * the decoder refused and what the engine did. Observations may come as spans or as log records, and go the same way.
 */
import type { ResourceSpans } from '../model/span.js';
import { componentOf, environmentOf } from '../observe/component.js';
import { observationSpanOf } from '../observe/observation-record.js';
import type { Engine } from './engine.js';
import type { ExportEncoding, ExportRequest, ExportResult, ExportSink } from './ingest/export-sink.js';
import { type RuntimeReader, RuntimeReadings } from './runtime-readings.js';
import type { SignalCounts } from './signal-counts.js';
import type { LogBatch } from './wire/log-batch.js';
import { decodeTracesJson } from './wire/otlp-json.js';
import { decodeLogsJson } from './wire/otlp-logs-json.js';
import { decodeLogsProtobuf } from './wire/otlp-logs-protobuf.js';
import { decodeMetricsJson } from './wire/otlp-metrics-json.js';
import { decodeMetricsProtobuf } from './wire/otlp-metrics-protobuf.js';
import { decodeTracesProtobuf } from './wire/otlp-protobuf.js';
import { SpanScanner } from './wire/span-scanner.js';

export class ExportIntake implements ExportSink {
  readonly #engine: Pick<Engine, 'accept' | 'take' | 'noteError'>;
  readonly #scanner = new SpanScanner();
  readonly #readings = new RuntimeReadings();
  readonly counts: SignalCounts = { logRecords: 0, errorLogs: 0, dataPoints: 0 };

  constructor(engine: Pick<Engine, 'accept' | 'take' | 'noteError'>) {
    this.#engine = engine;
  }

  /** What processes say of their own pauses. */
  get readings(): RuntimeReader {
    return this.#readings;
  }

  take({ signal, encoding, body }: ExportRequest): ExportResult {
    switch (signal) {
      case 'traces':
        return this.#takeTraces(body, encoding);
      case 'logs':
        return this.#takeLogs(encoding === 'json' ? decodeLogsJson(body) : decodeLogsProtobuf(body));
      case 'metrics':
        return this.#takeMetrics(body, encoding);
    }
  }

  /** Most bodies are scanned; JSON, and what is written in no usual way, is read in full. */
  #takeTraces(body: Uint8Array, encoding: ExportEncoding): ExportResult {
    const scanned = encoding === 'json' ? undefined : this.#scanner.scan(body);
    if (scanned) return this.#engine.take(scanned);
    const batch = encoding === 'json' ? decodeTracesJson(body) : decodeTracesProtobuf(body);
    return both({ rejected: batch.rejectedSpans, message: batch.rejectedMessage }, this.#engine.accept(batch));
  }

  /** The words of errors first: they may belong to an observation beside them. */
  #takeLogs({ resources, recordCount, rejectedRecords, rejectedMessage }: LogBatch): ExportResult {
    this.counts.logRecords += recordCount;
    const told: ResourceSpans[] = [];
    for (const { resource, observations, errors } of resources) {
      this.counts.errorLogs += errors.length;
      for (const record of errors) this.#engine.noteError(record);
      if (observations.length === 0) continue;
      const speaker = `${environmentOf(resource)} ${componentOf(resource).text}`;
      told.push({ resource, spans: observations.map((record) => observationSpanOf(record, speaker)) });
    }
    const refused = { rejected: rejectedRecords, message: rejectedMessage };
    if (told.length === 0) return refused;
    const spanCount = told.reduce((count, { spans }) => count + spans.length, 0);
    return both(refused, this.#engine.accept({ resources: told, spanCount, rejectedSpans: 0, rejectedMessage: '' }));
  }

  #takeMetrics(body: Uint8Array, encoding: ExportEncoding): ExportResult {
    const batch = encoding === 'json' ? decodeMetricsJson(body) : decodeMetricsProtobuf(body);
    this.counts.dataPoints += batch.dataPointCount;
    this.#readings.note(batch);
    return { rejected: batch.rejectedPoints, message: batch.rejectedMessage };
  }
}

/** What two refused of one request. */
function both(first: ExportResult, second: ExportResult): ExportResult {
  return {
    rejected: first.rejected + second.rejected,
    message: [first.message, second.message].filter((message) => message !== '').join('; '),
  };
}
