// SPDX-License-Identifier: Apache-2.0
/**
 * Verdicts as OpenTelemetry metrics, put together when a reader asks. It is a producer of metrics of its own and not instruments of
 * the SDK, because those go on telling the last value of whoever is known no more. Of a gauge's series that ends this is told as
 * well, behind all values and as a metric of its own: the Collector's exporter for Prometheus reads no further in a metric after it.
 */
import { type HrTime, ValueType } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { BridgeRow, Snapshot } from './bridge-row.js';
import { type EndedOne, EndedSeries } from './ended-series.js';
import { endOf, withExemplars } from './point-marks.js';
import { DELAY_BOUNDS } from './tallies.js';
import { BRIDGE_ROWS, DETECTION_DELAY } from './verdict-metrics.js';

/** Where the metrics come from, as their receivers show it. */
const SCOPE = { name: 'panorama-otel/bridge' };

export interface VerdictProducerParts {
  readonly resource: Resource;
  readonly snapshot: () => Snapshot;
  /** Epoch ms; sums count from when the producer was made. */
  readonly nowMs: () => number;
}

export class VerdictProducer implements MetricProducer {
  readonly #parts: VerdictProducerParts;
  readonly #startTime: HrTime;
  readonly #ended = new EndedSeries(BRIDGE_ROWS);

  constructor(parts: VerdictProducerParts) {
    this.#parts = parts;
    this.#startTime = hrTimeOf(parts.nowMs());
  }

  async collect(): Promise<CollectionResult> {
    const { resource, snapshot, nowMs } = this.#parts;
    const now = snapshot();
    const endTime = hrTimeOf(nowMs());
    const metrics = BRIDGE_ROWS.map((row) => this.#metricOf(row, now, endTime));
    metrics.push(this.#delays(now, endTime));
    const told = metrics.filter(({ dataPoints }) => dataPoints.length > 0);
    for (const ended of this.#ended.beside(now)) told.push(metricOfEnd(ended, endTime));
    return { resourceMetrics: { resource, scopeMetrics: [{ scope: SCOPE, metrics: told }] }, errors: [] };
  }

  #metricOf(row: BridgeRow, snapshot: Snapshot, endTime: HrTime): MetricData {
    const { name, description, unit, kind } = row;
    const startTime = kind === 'counter' ? this.#startTime : endTime;
    const dataPoints = Array.from(row.read(snapshot), ({ value, attributes, exemplar }) =>
      withExemplars({ value, attributes, startTime, endTime }, exemplar ? [exemplar] : []),
    );
    const descriptor = { name, description, unit, valueType: ValueType.DOUBLE };
    const aggregationTemporality = AggregationTemporality.CUMULATIVE;
    return kind === 'counter'
      ? { descriptor, aggregationTemporality, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
      : { descriptor, aggregationTemporality, dataPointType: DataPointType.GAUGE, dataPoints };
  }

  #delays({ tallies: { delay } }: Snapshot, endTime: HrTime): MetricData {
    const { counts, count, sum, min, max, exemplars } = delay;
    const buckets = { boundaries: [...DELAY_BOUNDS], counts: [...counts] };
    const value = count === 0 ? { buckets, count, sum } : { buckets, count, sum, min, max };
    return {
      descriptor: { ...DETECTION_DELAY, valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: [
        withExemplars({ value, attributes: {}, startTime: this.#startTime, endTime }, exemplars.filter(isThere)),
      ],
    };
  }
}

function metricOfEnd({ row: { name, description, unit }, attributes }: EndedOne, endTime: HrTime): MetricData {
  return {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints: [endOf({ attributes, startTime: endTime, endTime })],
  };
}

function isThere<T>(item: T | undefined): item is T {
  return item !== undefined;
}

function hrTimeOf(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1000);
  return [seconds, Math.round((epochMs - 1000 * seconds) * 1e6)];
}
