// SPDX-License-Identifier: Apache-2.0
/**
 * What is mutated: requests that the SDK of OpenTelemetry JS made and serialized itself, of all three signals and in both
 * encodings; requests with the fields that SDKs of other languages and the Collector write besides; and the edge cases.
 */
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import {
  type ISerializer,
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { makeSdkSpans, type SdkSpan } from '../engine/wire/sdk-spans.js';
import { EDGE_CASES } from './edge-cases.js';
import { FOREIGN_REQUESTS } from './foreign-requests.js';

export type Signal = 'traces' | 'logs' | 'metrics';
export type Encoding = 'protobuf' | 'json';

export interface Entry {
  readonly name: string;
  readonly signal: Signal;
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
}

const RESOURCE = { 'service.name': 'nn1', 'service.instance.id': 'nn1-0', 'host.name': 'h', 'process.pid': 7 };
const PARENT = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: TraceFlags.SAMPLED };

const CALL: SdkSpan = {
  name: 'POST /blocks — ünïcode 😀',
  options: {
    kind: SpanKind.CLIENT,
    startTime: 1_700_000_000_123.456,
    links: [{ context: PARENT, attributes: { a: 1 } }],
    attributes: {
      'http.request.method': 'POST',
      'server.address': 'dn2',
      'server.port': 9864,
      'http.response.status_code': 503,
      'panorama.observed': true,
      'panorama.latency.mean': 0.1 + 0.2,
      'error.type': ['a', 'b', '😀'],
      unread: 'by nobody',
    },
  },
  status: { code: SpanStatusCode.ERROR, message: 'socket hang up' },
  exceptions: [new TypeError('fetch failed')],
  endMs: 1_700_000_000_999.001,
};
const OBSERVATION: SdkSpan = {
  name: 'panorama.observation',
  options: {
    kind: SpanKind.INTERNAL,
    attributes: {
      'panorama.observer': 'web/w1',
      'panorama.subject': 'dn2',
      'panorama.subject.resolution': 'service',
      'panorama.operation': 'POST /blocks/{id}',
      'panorama.status': 'unhealthy',
      'panorama.reason': 'timeout',
      'panorama.source': 'caller',
      'panorama.count': 3,
    },
  },
};
const SERVED: SdkSpan = { name: 'GET', options: { kind: SpanKind.SERVER, attributes: { 'http.route': '/a' } } };

/** Everything that is mutated, whatever decoders there are. */
export async function makeCorpus(): Promise<Entry[]> {
  const spans = [[CALL], [OBSERVATION], [SERVED, CALL, OBSERVATION, { name: '' }]].map((all) =>
    makeSdkSpans(RESOURCE, ...all),
  );
  const logs = makeLogs();
  const metrics = await makeMetrics();
  return [
    ...spans.flatMap((each: ReadableSpan[], index) => [
      entryOf(`sdk spans ${index}`, 'traces', 'protobuf', ProtobufTraceSerializer, each),
      entryOf(`sdk spans ${index}`, 'traces', 'json', JsonTraceSerializer, each),
    ]),
    entryOf('sdk logs', 'logs', 'protobuf', ProtobufLogsSerializer, logs),
    entryOf('sdk logs', 'logs', 'json', JsonLogsSerializer, logs),
    entryOf('sdk metrics', 'metrics', 'protobuf', ProtobufMetricsSerializer, metrics),
    entryOf('sdk metrics', 'metrics', 'json', JsonMetricsSerializer, metrics),
    ...FOREIGN_REQUESTS,
    ...EDGE_CASES,
  ];
}

function entryOf<T>(
  name: string,
  signal: Signal,
  encoding: Encoding,
  serializer: ISerializer<T, unknown>,
  content: T,
): Entry {
  const bytes = serializer.serializeRequest(content);
  if (!bytes?.length) throw new Error(`the SDK serialized no ${name} as ${encoding}`);
  return { name, signal, encoding, bytes };
}

function makeLogs() {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    resource: resourceFromAttributes(RESOURCE),
    processors: [new SimpleLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger('test', '1.0');
  logger.emit({
    eventName: 'panorama.observation',
    severityNumber: SeverityNumber.WARN,
    severityText: 'WARN',
    body: 'dn2 hangs',
    timestamp: 1_700_000_000_123,
    attributes: { 'panorama.subject': 'dn2', 'panorama.status': 'unhealthy', 'panorama.count': 2 },
  });
  logger.emit({ severityNumber: SeverityNumber.ERROR, body: { deep: { er: ['a', 1, null, true] } } });
  return exporter.getFinishedLogRecords();
}

async function makeMetrics() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 2 ** 30,
    exportTimeoutMillis: 2 ** 29,
  });
  const provider = new MeterProvider({
    resource: resourceFromAttributes(RESOURCE),
    readers: [reader],
    views: [{ instrumentName: 'x.size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const meter = provider.getMeter('test');
  meter.createCounter('traces.span.metrics.calls').add(3, { 'service.name': 'nn1', 'span.kind': 'SPAN_KIND_CLIENT' });
  meter.createUpDownCounter('x.count').add(-2.5);
  meter.createHistogram('http.client.request.duration', { unit: 's' }).record(0.25, { 'server.address': 'dn2' });
  meter.createHistogram('x.size').record(1234);
  meter.createGauge('process.cpu.utilization').record(0.5);
  await provider.forceFlush();
  const [metrics] = exporter.getMetrics();
  await provider.shutdown();
  if (!metrics) throw new Error('the SDK collected no metrics');
  return metrics;
}
