// SPDX-License-Identifier: Apache-2.0
/**
 * Metrics in OTLP's protobuf encoding. Every point is entered and its fields walked, so that what is counted is there;
 * values are read of the metrics of `RUNTIME_METRICS` alone.
 *
 * Source: opentelemetry-proto 1.x, `metrics_service.proto`, `metrics.proto`. The five kinds of points agree on the numbers of
 * what is read here.
 */
import { RUNTIME_METRICS } from '../../model/runtime-metrics.js';
import { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import { NameTable } from '../../protobuf/wire-text.js';
import { type MetricBatch, MetricBatchBuilder } from './metric-batch.js';
import { ProtobufAttributes } from './protobuf-attributes.js';
import { READ_NAMES } from './read-names.js';
import { malformed, WIRE_LIMITS, type WireLimits } from './wire-limits.js';

/** Tags (field number × 8 + wire type), by message. */
const REQUEST = { RESOURCE_METRICS: 1 * 8 + 2 } as const;
const RESOURCE_METRICS = { RESOURCE: 1 * 8 + 2, SCOPE_METRICS: 2 * 8 + 2 } as const;
const SCOPE_METRICS = { METRICS: 2 * 8 + 2 } as const;
const METRIC = {
  NAME: 1 * 8 + 2,
  GAUGE: 5 * 8 + 2,
  SUM: 7 * 8 + 2,
  HISTOGRAM: 9 * 8 + 2,
  EXPONENTIAL_HISTOGRAM: 10 * 8 + 2,
  SUMMARY: 11 * 8 + 2,
} as const;
/** Of every kind of data. */
const DATA = { POINTS: 1 * 8 + 2 } as const;
const POINT = {
  TIME: 3 * 8 + 1,
  AS_DOUBLE: 4 * 8 + 1,
  /** Of histograms and summaries. */
  SUM: 5 * 8 + 1,
  AS_INT: 6 * 8 + 1,
} as const;

const METRIC_NAMES = new NameTable(Object.keys(RUNTIME_METRICS));

/**
 * Decodes an `ExportMetricsServiceRequest`. Time is linear in the body.
 *
 * @param bytes the whole body, uncompressed; it is not kept
 * @throws PanoramaError PANO_WIRE_MALFORMED where the bytes are no such message
 */
export function decodeMetricsProtobuf(bytes: Uint8Array, limits: WireLimits = WIRE_LIMITS): MetricBatch {
  return new MetricsDecoder(bytes, limits).decode();
}

class MetricsDecoder {
  readonly #reader: ProtobufReader;
  readonly #attributes: ProtobufAttributes;
  readonly #batch = new MetricBatchBuilder();

  constructor(bytes: Uint8Array, limits: WireLimits) {
    this.#reader = new ProtobufReader(bytes, (at, what) => malformed('protobuf', at, what));
    this.#attributes = new ProtobufAttributes(this.#reader, limits);
  }

  decode(): MetricBatch {
    this.#walk(REQUEST.RESOURCE_METRICS, () => this.#readResourceMetrics());
    return this.#batch.finish();
  }

  #readResourceMetrics(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === RESOURCE_METRICS.RESOURCE) this.#attributes.readResource(READ_NAMES, this.#batch.resource);
      else if (tag === RESOURCE_METRICS.SCOPE_METRICS) {
        const end = reader.enter();
        this.#walk(SCOPE_METRICS.METRICS, () => this.#readMetric());
        reader.leave(end);
      } else reader.skip(tag & 7);
    }
    reader.leave(outer);
    this.#batch.endResource();
  }

  #readMetric(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    let name: string | undefined;
    while (reader.more()) {
      const tag = reader.readTag();
      switch (tag) {
        case METRIC.NAME:
          name = reader.readName(METRIC_NAMES);
          break;
        case METRIC.GAUGE:
        case METRIC.SUM:
        case METRIC.HISTOGRAM:
        case METRIC.EXPONENTIAL_HISTOGRAM:
        case METRIC.SUMMARY: {
          const end = reader.enter();
          // Every encoder writes the name first.
          this.#walk(DATA.POINTS, () => this.#readPoint(name));
          reader.leave(end);
          break;
        }
        default:
          reader.skip(tag & 7);
      }
    }
    reader.leave(outer);
  }

  #readPoint(name: string | undefined): void {
    const reader = this.#reader;
    const { point } = this.#batch;
    this.#batch.beginPoint();
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.readTag();
      if (name === undefined) reader.skip(tag & 7);
      else if (tag === POINT.TIME) point.timeUnixNano = reader.readFixed64();
      else if (tag === POINT.AS_DOUBLE || tag === POINT.SUM) point.value = reader.readDouble();
      else if (tag === POINT.AS_INT) point.value = Number(BigInt.asIntN(64, reader.readFixed64()));
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    this.#batch.endPoint(name);
  }

  /** The fields of the message at hand; all but one are passed over. */
  #walk(wanted: number, read: () => void): void {
    const reader = this.#reader;
    while (reader.more()) {
      const tag = reader.readTag();
      if (tag === wanted) read();
      else reader.skip(tag & 7);
    }
  }
}
