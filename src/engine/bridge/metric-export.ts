// SPDX-License-Identifier: Apache-2.0
/**
 * Sends metrics to an OTLP endpoint with OpenTelemetry's own exporters, which are loaded only where somebody asks for them. Only how
 * a metric with exemplars or an end is written is ours, for which the exporters are put together from their parts.
 */
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { markedPointsSerializer } from './marked-points-serializer.js';
import { endpointFor, type OtlpEndpoint } from './otlp-endpoint.js';

/** How OpenTelemetry's own metrics of exporters call these two. */
const COMPONENT = { grpc: 'otlp_grpc_metric_exporter', http: 'otlp_http_metric_exporter' } as const;

export async function metricExporterFor(endpoint: OtlpEndpoint): Promise<PushMetricExporter> {
  const url = endpointFor(endpoint, 'metrics');
  const [{ OTLPExporterBase }, { MetricsExporterMetricsHelper, ProtobufMetricsSerializer }] = await Promise.all([
    import('@opentelemetry/otlp-exporter-base'),
    import('@opentelemetry/otlp-transformer'),
  ]);
  const serializer = markedPointsSerializer(ProtobufMetricsSerializer);
  const parts = [serializer, COMPONENT[endpoint.protocol], MetricsExporterMetricsHelper, undefined] as const;
  if (endpoint.protocol === 'grpc') {
    const grpc = await import('@opentelemetry/otlp-grpc-exporter-base');
    const options = grpc.convertLegacyOtlpGrpcOptions({ url }, 'METRICS');
    return new OTLPExporterBase(grpc.createOtlpGrpcExportDelegate(options, ...parts, SERVICE.name, SERVICE.path));
  }
  const http = await import('@opentelemetry/otlp-exporter-base/node-http');
  const headers = { 'Content-Type': 'application/x-protobuf' };
  const options = http.convertLegacyHttpOptions({ url }, 'METRICS', 'v1/metrics', headers);
  return new OTLPExporterBase(http.createOtlpHttpExportDelegate(options, ...parts));
}

const SERVICE = {
  name: 'MetricsExportService',
  path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
} as const;
