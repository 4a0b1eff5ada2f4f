// SPDX-License-Identifier: Apache-2.0
/**
 * Metrics in OTLP's JSON encoding. A value of the wrong type inside a point refuses that point; outside of any there is
 * nothing smaller to refuse than the request.
 *
 * Source: OpenTelemetry Protocol specification 1.x, "JSON Protobuf Encoding"; opentelemetry-proto 1.x, `metrics.proto`.
 */
import { RUNTIME_METRICS } from '../../model/runtime-metrics.js';
import { JsonAttributes } from './json-attributes.js';
import { JsonFields } from './json-fields.js';
import { JsonReader } from './json-reader.js';
import { type MetricBatch, MetricBatchBuilder } from './metric-batch.js';
import { READ_NAMES } from './read-names.js';
import { malformed, WIRE_LIMITS, type WireLimits } from './wire-limits.js';

const DATA_KINDS: ReadonlySet<string> = new Set(['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']);

/**
 * Decodes an `ExportMetricsServiceRequest` in OTLP/JSON. Time is linear in the body.
 *
 * @param bytes the whole body, uncompressed; it is not kept
 * @throws PanoramaError PANO_WIRE_MALFORMED where the text is no such message, PANO_WIRE_LIMIT past a bound
 */
export function decodeMetricsJson(bytes: Uint8Array, limits: WireLimits = WIRE_LIMITS): MetricBatch {
  return new MetricsDecoder(bytes, limits).decode();
}

class MetricsDecoder {
  readonly #reader: JsonReader;
  readonly #fields: JsonFields;
  readonly #attributes: JsonAttributes;
  readonly #batch = new MetricBatchBuilder();
  #inPoint = false;

  constructor(bytes: Uint8Array, limits: WireLimits) {
    this.#reader = new JsonReader(bytes, limits.depthMax);
    this.#fields = new JsonFields(this.#reader, limits.stringLengthMax, (at, what) => this.#fault(at, what));
    this.#attributes = new JsonAttributes(this.#reader, this.#fields, limits);
  }

  decode(): MetricBatch {
    if (this.#reader.kind() !== 'object') throw malformed('JSON', this.#reader.pos, 'the request should be an object');
    this.#each('the request', 'resourceMetrics', () => this.#readResourceMetrics());
    this.#reader.finish();
    return this.#batch.finish();
  }

  #readResourceMetrics(): void {
    this.#fields.object('an element of resourceMetrics', (key) => {
      if (key === 'resource') this.#attributes.readResource(READ_NAMES, this.#batch.resource);
      else if (key === 'scopeMetrics') {
        this.#fields.array(key, () => this.#each('an element of scopeMetrics', 'metrics', () => this.#readMetric()));
      } else return false;
      return true;
    });
    this.#batch.endResource();
  }

  #readMetric(): void {
    let name: string | undefined;
    this.#fields.object('a metric', (key) => {
      if (key === 'name') {
        const told = this.#fields.name(key);
        name = Object.hasOwn(RUNTIME_METRICS, told) ? told : undefined;
      } else if (DATA_KINDS.has(key)) this.#each(key, 'dataPoints', () => this.#readPoint(name));
      else return false;
      return true;
    });
  }

  #readPoint(name: string | undefined): void {
    this.#batch.beginPoint();
    this.#inPoint = true;
    const { point } = this.#batch;
    this.#fields.object('the data point', (key) => {
      if (name === undefined) return false;
      if (key === 'timeUnixNano') point.timeUnixNano = this.#fields.time(key);
      else if (key === 'asDouble' || key === 'sum') point.value = this.#fields.double(key);
      else if (key === 'asInt') point.value = Number(this.#fields.int64(key));
      else return false;
      return true;
    });
    this.#inPoint = false;
    this.#batch.endPoint(name);
  }

  /** The elements of one array of an object. */
  #each(what: string, wanted: string, read: () => void): void {
    this.#fields.object(what, (key) => {
      if (key !== wanted) return false;
      this.#fields.array(key, read);
      return true;
    });
  }

  #fault(at: number, what: string): void {
    if (!this.#inPoint) throw malformed('JSON', at, what);
    this.#batch.point.fault ||= `${what} (byte ${at}); send it as the OTLP/JSON mapping says`;
  }
}
