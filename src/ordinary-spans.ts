// SPDX-License-Identifier: Apache-2.0
/**
 * Where a team's ordinary spans go: where they went without us. `NodeSDK` builds this from the environment itself, but
 * only while it is given no span processor; so what it reads is read here.
 *
 * Source: OpenTelemetry specification, "OpenTelemetry Protocol Exporter", environment variables.
 */
import { diag } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { appModule } from './app-modules.js';

/** How long ordinary spans wait for their batch, in ms. The SDK's 5 s would delay learning which instance is where. */
const BATCH_DELAY_MS = 1000;

/** Exporters of the protocols other than gRPC, by the value of `OTEL_EXPORTER_OTLP_PROTOCOL`. */
const EXPORTER_PACKAGES: Readonly<Record<string, string>> = {
  'http/protobuf': '@opentelemetry/exporter-trace-otlp-proto',
  'http/json': '@opentelemetry/exporter-trace-otlp-http',
};

/** The processor that batches them; none where they are not wanted. */
export function ordinaryProcessors(exporter: SpanExporter | null | undefined): SpanProcessor[] {
  if (exporter === null || (exporter === undefined && process.env['OTEL_TRACES_EXPORTER'] === 'none')) return [];
  const delayMs = Number(process.env['OTEL_BSP_SCHEDULE_DELAY']);
  return [
    new BatchSpanProcessor({
      exporter: exporter ?? exporterFromEnvironment(),
      scheduledDelayMillis: delayMs > 0 ? delayMs : BATCH_DELAY_MS,
    }),
  ];
}

function exporterFromEnvironment(): SpanExporter {
  const protocol =
    process.env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || process.env['OTEL_EXPORTER_OTLP_PROTOCOL'] || 'grpc';
  const name = EXPORTER_PACKAGES[protocol];
  const Exporter = name && appModule(name)?.['OTLPTraceExporter'];
  if (typeof Exporter === 'function') return new (Exporter as new () => SpanExporter)();
  if (protocol !== 'grpc') {
    diag.error(
      `panorama: ordinary spans are sent over OTLP/gRPC and not ${protocol}; ${name ? `install ${name}` : 'set it to grpc, http/protobuf or http/json'}, or pass traceExporter to startPanorama`,
    );
  }
  return new OTLPTraceExporter();
}
