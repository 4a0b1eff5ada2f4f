// SPDX-License-Identifier: Apache-2.0
/**
 * Where a team's ordinary spans go: where they went without us. `NodeSDK` builds this from the environment itself, but
 * only while it is given no span processor; so what it reads is read here, with its defaults.
 *
 * Source: OpenTelemetry specification, "OpenTelemetry Protocol Exporter" and "Environment Variables".
 */
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { complain } from './complaint.js';
import { variable } from './environment.js';

/** How long ordinary spans wait for their batch, in ms. The SDK's 5 s would delay learning which instance is where. */
const BATCH_DELAY_MS = 1000;

/** What of a batch has a variable. */
const BATCH_OPTIONS = [
  ['scheduledDelayMillis', 'OTEL_BSP_SCHEDULE_DELAY'],
  ['exportTimeoutMillis', 'OTEL_BSP_EXPORT_TIMEOUT'],
  ['maxQueueSize', 'OTEL_BSP_MAX_QUEUE_SIZE'],
  ['maxExportBatchSize', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
] as const;

/** By the value of `OTEL_EXPORTER_OTLP_PROTOCOL`; the first is the default, as in `NodeSDK`. */
const OTLP_EXPORTERS: Readonly<Record<string, () => SpanExporter>> = {
  'http/protobuf': () => new ProtoExporter(),
  'http/json': () => new JsonExporter(),
  grpc: () => new GrpcExporter(),
};

/** The processors that take them; none where they are not wanted. An exporter that is passed goes before the variables. */
export function ordinaryProcessors(
  exporter: SpanExporter | null | undefined,
  gated: (exporter: SpanExporter) => SpanExporter = (each) => each,
): SpanProcessor[] {
  if (exporter === null) return [];
  if (exporter) return [batched(gated(exporter))];
  const names = (variable('OTEL_TRACES_EXPORTER') ?? 'otlp').split(',').map((name) => name.trim());
  return names.flatMap((name): SpanProcessor[] => {
    if (name === 'otlp') return [batched(gated(otlpExporter()))];
    if (name === 'console') return [new SimpleSpanProcessor({ exporter: gated(new ConsoleSpanExporter()) })];
    if (name !== 'none') {
      complain(`OTEL_TRACES_EXPORTER=${name} is not known here; pass its exporter to startPanorama as traceExporter`);
    }
    return [];
  });
}

function otlpExporter(): SpanExporter {
  const protocol = variable('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? variable('OTEL_EXPORTER_OTLP_PROTOCOL');
  const make = protocol === undefined ? undefined : OTLP_EXPORTERS[protocol];
  if (protocol !== undefined && !make) {
    complain(
      `OTEL_EXPORTER_OTLP_PROTOCOL=${protocol} is none of ${Object.keys(OTLP_EXPORTERS).join(', ')}; using the first`,
    );
  }
  return make ? make() : new ProtoExporter();
}

function batched(exporter: SpanExporter): SpanProcessor {
  const given = BATCH_OPTIONS.flatMap(([option, name]) => {
    const value = Number(variable(name) ?? Number.NaN);
    return value > 0 ? [[option, value]] : [];
  });
  return new BatchSpanProcessor({ exporter, scheduledDelayMillis: BATCH_DELAY_MS, ...Object.fromEntries(given) });
}
