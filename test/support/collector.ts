// SPDX-License-Identifier: Apache-2.0
/**
 * Where a process of a test sends its spans: the engine's own receivers on real sockets, with an engine behind them, and
 * everything that came kept.
 */
import { Engine } from '../../src/engine/engine.js';
import { ExportIntake } from '../../src/engine/export-intake.js';
import { Admission } from '../../src/engine/ingest/admission.js';
import { startGrpcReceiver } from '../../src/engine/ingest/grpc-receiver.js';
import { startHttpReceiver } from '../../src/engine/ingest/http-receiver.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import type { TraceBatch } from '../../src/engine/wire/trace-batch.js';
import { OBSERVATION_SPAN_NAME } from '../../src/model/attributes.js';
import { systemClock } from '../../src/model/clock.js';
import type { SpanRecord } from '../../src/model/span.js';
import { recordsOf } from './records.js';

export interface Collector {
  readonly engine: Engine;
  /** `host:port`. */
  readonly otlpGrpc: string;
  readonly otlpHttp: string;
  /** Spans that came and are no observations, and whose they are. */
  ordinary(): readonly { readonly service: string; readonly span: SpanRecord }[];
  /** Calls by what was observed of them, `GET 127.0.0.1:80 healthy ok`, and how many there were. */
  observed(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

const BYTES_MAX = 64 * 1024 * 1024;

export async function startCollector(): Promise<Collector> {
  const engine = new Engine({ judge: new MajorityJudge(), clock: systemClock });
  const batches: TraceBatch[] = [];
  const sink = new ExportIntake({
    accept: (batch) => {
      batches.push(batch);
      return engine.accept(batch);
    },
    take: (batch) => {
      batches.push(recordsOf(batch));
      return engine.take(batch);
    },
    noteError: (record) => engine.noteError(record),
  });
  const options = { host: '127.0.0.1', port: 0, sink, admission: new Admission(BYTES_MAX), bodyBytesMax: BYTES_MAX };
  const grpc = await startGrpcReceiver(options);
  const http = await startHttpReceiver(options);
  engine.start();
  const came = () =>
    batches.flatMap(({ resources }) =>
      resources.flatMap(({ resource, spans }) =>
        spans.map((span) => ({ service: String(resource['service.name'] ?? ''), span })),
      ),
    );
  const isObservation = ({ span }: { readonly span: SpanRecord }) => span.name === OBSERVATION_SPAN_NAME;
  return {
    engine,
    otlpGrpc: `127.0.0.1:${grpc.port}`,
    otlpHttp: `127.0.0.1:${http.port}`,
    ordinary: () => came().filter((each) => !isObservation(each)),
    observed: () => {
      const counts: Record<string, number> = {};
      for (const { span } of came().filter(isObservation)) {
        const [operation, subject, status, reason, count] = ['operation', 'subject', 'status', 'reason', 'count'].map(
          (name) => span.attributes[`panorama.${name}`],
        );
        const key = `${operation} ${subject} ${status} ${reason}`;
        counts[key] = (counts[key] ?? 0) + Number(count ?? 1);
      }
      return counts;
    },
    close: async () => {
      await grpc.close();
      await http.close();
      engine.stop();
    },
  };
}
