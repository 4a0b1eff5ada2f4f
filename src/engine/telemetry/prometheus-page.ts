// SPDX-License-Identifier: Apache-2.0
/**
 * The engine's metrics as a page that Prometheus reads. The instruments are OpenTelemetry's and are asked when somebody reads
 * the page; a bridge that sends the same metrics elsewhere adds a reader of its own to `readers`.
 *
 * The SDK's serializer leaves units out of names. Prometheus's convention has them in (`_seconds`, `_bytes`), and so has whoever
 * gets the same metrics through OTLP and a Collector; so they are put in here, and a metric has one name whichever way it comes.
 *
 * Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", metric metadata.
 */
import type { Histogram, Meter, Observable } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { EngineStatus } from './engine-status.js';
import type { HistogramRow, MetricRow } from './metric-row.js';
import { METRIC_ROWS, REQUEST_DURATION } from './metric-table.js';
import { GC_DURATION } from './process-metrics.js';

/** Units as words at the end of a name; those in braces only annotate, and have none. */
const UNIT_WORDS: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes', '1': '_ratio' };

/** Reads when it is asked to, and never by itself. */
class PageReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

export class PrometheusPage {
  readonly requestDuration: Histogram;
  readonly gcDuration: Histogram;
  readonly #reader = new PageReader();
  readonly #serializer = new PrometheusSerializer('', false, undefined, false, true);

  constructor(status: () => EngineStatus) {
    const provider = new MeterProvider({
      resource: resourceFromAttributes({ 'service.name': 'panorama-engine' }),
      readers: [this.#reader],
    });
    const meter = provider.getMeter('panorama-otel/engine');
    observeRows(meter, status);
    this.requestDuration = histogramOf(meter, REQUEST_DURATION);
    this.gcDuration = histogramOf(meter, GC_DURATION);
  }

  /** The page. Cost: some 0.3 ms. */
  async text(): Promise<string> {
    const { resourceMetrics } = await this.#reader.collect();
    return `${this.#serializer.serialize(withUnits(resourceMetrics))}`;
  }
}

/** The name that a row has for Prometheus. */
export function prometheusName({ name, kind, unit }: Pick<MetricRow, 'name' | 'unit'> & { kind?: string }): string {
  return `${name.replaceAll('.', '_')}${UNIT_WORDS[unit] ?? ''}${kind === 'counter' ? '_total' : ''}`;
}

function withUnits({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  return {
    resource,
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map((metric) => {
        const { descriptor } = metric;
        const name = `${descriptor.name}${UNIT_WORDS[descriptor.unit] ?? ''}`;
        return { ...metric, descriptor: { ...descriptor, name } };
      }),
    })),
  };
}

/** All rows from one look at the status, so that their numbers fit together. */
function observeRows(meter: Meter, status: () => EngineStatus): void {
  const instruments = METRIC_ROWS.map((row): [MetricRow, Observable] => [row, instrumentOf(meter, row)]);
  meter.addBatchObservableCallback(
    (result) => {
      const now = status();
      for (const [row, instrument] of instruments) {
        const read = row.read(now);
        if (typeof read === 'number') result.observe(instrument, read);
        else for (const { value, attributes } of read) result.observe(instrument, value, attributes);
      }
    },
    instruments.map(([, instrument]) => instrument),
  );
}

function instrumentOf(meter: Meter, { name, kind, unit, description }: MetricRow): Observable {
  const options = { unit, description };
  if (kind === 'counter') return meter.createObservableCounter(name, options);
  return kind === 'gauge'
    ? meter.createObservableGauge(name, options)
    : meter.createObservableUpDownCounter(name, options);
}

function histogramOf(meter: Meter, { name, unit, description, boundaries }: HistogramRow): Histogram {
  return meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: [...boundaries] } });
}
