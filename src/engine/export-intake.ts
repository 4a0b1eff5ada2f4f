// SPDX-License-Identifier: Apache-2.0
/**
 * What stands behind the receivers: a body → a batch → the engine, each body in its turn. Traces may be decoded in other threads
 * meanwhile; what is decoded here is so when its turn comes. An answer adds up what the decoder refused and what the engine
 * did. Observations may come as spans or as log records, and go the same way.
 */
import type { ResourceSpans } from '../model/span.js';
import { componentOf, environmentOf } from '../observe/component.js';
import { observationSpanOf } from '../observe/observation-record.js';
import type { DecoderThreads } from './decoding/decoder-threads.js';
import type { Engine } from './engine.js';
import type { ExportEncoding, ExportRequest, ExportResult, ExportSink } from './ingest/export-sink.js';
import { type RuntimeReader, RuntimeReadings } from './runtime-readings.js';
import type { SignalCounts } from './signal-counts.js';
import { Turns } from './turns.js';
import type { LogBatch } from './wire/log-batch.js';
import { decodeLogsJson } from './wire/otlp-logs-json.js';
import { decodeLogsProtobuf } from './wire/otlp-logs-protobuf.js';
import { decodeMetricsJson } from './wire/otlp-metrics-json.js';
import { decodeMetricsProtobuf } from './wire/otlp-metrics-protobuf.js';
import type { SpanBatch } from './wire/span-batch.js';
import { TraceDecoder } from './wire/trace-decoder.js';

export class ExportIntake implements ExportSink {
  readonly #engine: Pick<Engine, 'accept' | 'take' | 'noteError'>;
  readonly #threads: DecoderThreads | undefined;
  readonly #turns = new Turns();
  readonly #decoder = new TraceDecoder();
  readonly #readings = new RuntimeReadings();
  readonly counts: SignalCounts = { logRecords: 0, errorLogs: 0, dataPoints: 0 };

  /** @param threads decode traces; `undefined` for none but this one. They end with the intake. */
  constructor(engine: Pick<Engine, 'accept' | 'take' | 'noteError'>, threads?: DecoderThreads) {
    this.#engine = engine;
    this.#threads = threads;
  }

  /** What processes say of their own pauses. */
  get readings(): RuntimeReader {
    return this.#readings;
  }

  take(request: ExportRequest): ExportResult | Promise<ExportResult> {
    const { signal, encoding, body } = request;
    const decoding = signal === 'traces' ? this.#threads?.handOver(body, encoding) : undefined;
    if (decoding === undefined) return this.#turns.take(() => this.#takeHere(request));
    return this.#turns.take(() => decoding.read((batch) => this.#takeSpans(batch)), decoding);
  }

  /** Takes in what is on its way. Called when nothing more comes. */
  async close(): Promise<void> {
    await this.#turns.empty();
    await this.#threads?.close();
  }

  #takeHere({ signal, encoding, body }: ExportRequest): ExportResult {
    switch (signal) {
      case 'traces':
        return this.#takeSpans(this.#decoder.decode(body, encoding));
      case 'logs':
        return this.#takeLogs(encoding === 'json' ? decodeLogsJson(body) : decodeLogsProtobuf(body));
      case 'metrics':
        return this.#takeMetrics(body, encoding);
    }
  }

  #takeSpans(batch: SpanBatch): ExportResult {
    return both({ rejected: batch.rejectedSpans, message: batch.rejectedMessage }, this.#engine.take(batch));
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
    const batch = { resources: told, spanCount, rejectedSpans: 0, rejectedMessage: '' };
    return both(refused, this.#engine.accept(batch, 'log record'));
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
