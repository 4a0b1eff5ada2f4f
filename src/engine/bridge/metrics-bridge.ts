// SPDX-License-Identifier: Apache-2.0
/**
 * Sends verdicts as metrics, again and again. What cannot be sent is dropped, for the next turn tells all of it anew; it is said
 * once when that begins, and once when it is over.
 */
import type { Resource } from '@opentelemetry/resources';
import {
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Transition } from '../../model/verdict.js';
import type { EngineReader } from '../engine-reader.js';
import type { Snapshot } from './bridge-row.js';
import { ExportWatch } from './export-watch.js';
import { Tallies } from './tallies.js';
import { VerdictProducer } from './verdict-producer.js';

/** Some 200 bytes each: a Collector takes 4 MiB over gRPC. */
const POINTS_PER_REQUEST = 5000;

export interface MetricsBridgeParts {
  readonly reader: Pick<EngineReader, 'verdicts' | 'matrix' | 'callsByStatus'>;
  readonly exporter: PushMetricExporter;
  readonly resource: Resource;
  readonly nowMs: () => number;
  /** How often, in ms. */
  readonly intervalMs: number;
  /** Pairs of observer and subject that are told of. */
  readonly pairCountMax: number;
  /** Told when sending begins to fail, with why, and with nothing when it works again. */
  readonly onFailing: (error: Error | undefined) => void;
}

export class MetricsBridge {
  readonly #parts: MetricsBridgeParts;
  readonly #tallies = new Tallies();
  readonly #reader: PeriodicExportingMetricReader;

  constructor(parts: MetricsBridgeParts) {
    this.#parts = parts;
    const { intervalMs } = parts;
    this.#reader = new PeriodicExportingMetricReader({
      exporter: watched(parts.exporter, parts.onFailing),
      ...{ exportIntervalMillis: intervalMs, exportTimeoutMillis: intervalMs },
      maxExportBatchSize: POINTS_PER_REQUEST,
    });
    this.#reader.setMetricProducer(
      new VerdictProducer({ resource: parts.resource, nowMs: parts.nowMs, snapshot: () => this.#snapshot() }),
    );
  }

  note(transition: Transition): void {
    this.#tallies.note(transition);
  }

  /** Sends once more, and ends. */
  async close(): Promise<void> {
    await this.#reader.shutdown().catch(() => undefined);
  }

  #snapshot(): Snapshot {
    const { reader, pairCountMax } = this.#parts;
    const { views, leftOut } = reader.matrix(pairCountMax);
    return {
      ...{ verdicts: reader.verdicts(), views, viewsLeftOut: leftOut },
      ...{ callsByStatus: reader.callsByStatus(), tallies: this.#tallies },
    };
  }
}

/** An exporter whose failing is told of when it begins and when it ends. */
function watched(exporter: PushMetricExporter, onFailing: MetricsBridgeParts['onFailing']): PushMetricExporter {
  const watch = new ExportWatch(onFailing);
  return {
    export: (metrics: ResourceMetrics, done) => exporter.export(metrics, watch.noting(done)),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
