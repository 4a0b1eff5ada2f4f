// SPDX-License-Identifier: Apache-2.0
/** The stock exporters of logs and metrics, with their own encoders and clients, against the receivers on real sockets. */
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PanoramaError } from '../../../src/model/errors.js';
import { type Bench, startGrpc, startHttp } from './receivers.js';

interface Result {
  readonly code: number;
  readonly error?: Error;
}

interface Exporter<T> {
  export(items: T, done: (result: Result) => void): void;
  shutdown(): Promise<void>;
}

class PulledReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function logs() {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
  provider.getLogger('test').emit({ eventName: 'panorama.observation', attributes: { 'panorama.subject': 'dn2' } });
  provider.getLogger('test').emit({ body: 'hello' });
  return exporter.getFinishedLogRecords();
}

async function metrics() {
  const reader = new PulledReader();
  const provider = new MeterProvider({ readers: [reader] });
  provider.getMeter('test').createCounter('requests').add(1);
  const { resourceMetrics } = await reader.collect();
  await provider.shutdown();
  return resourceMetrics;
}

async function exportOnce<T>(exporter: Exporter<T>, items: T): Promise<Result> {
  const result = await new Promise<Result>((resolve) => exporter.export(items, resolve));
  await exporter.shutdown();
  return result;
}

type Send = (url: string, compression: CompressionAlgorithm) => Promise<Result>;

const EXPORTERS: readonly (readonly [string, typeof startHttp, string, Send])[] = [
  ['logs over gRPC', startGrpc, '', (url, compression) => exportOnce(new GrpcLogs({ url, compression }), logs())],
  [
    'logs over HTTP with protobuf',
    startHttp,
    '/v1/logs',
    (url, compression) => exportOnce(new ProtobufLogs({ url, compression }), logs()),
  ],
  [
    'logs over HTTP with JSON',
    startHttp,
    '/v1/logs',
    (url, compression) => exportOnce(new JsonLogs({ url, compression }), logs()),
  ],
  [
    'metrics over gRPC',
    startGrpc,
    '',
    async (url, compression) => exportOnce(new GrpcMetrics({ url, compression }), await metrics()),
  ],
  [
    'metrics over HTTP with protobuf',
    startHttp,
    '/v1/metrics',
    async (url, compression) => exportOnce(new ProtobufMetrics({ url, compression }), await metrics()),
  ],
  [
    'metrics over HTTP with JSON',
    startHttp,
    '/v1/metrics',
    async (url, compression) => exportOnce(new JsonMetrics({ url, compression }), await metrics()),
  ],
];

const urlOf = ({ receiver }: Bench, path: string): string => `http://${receiver.host}:${receiver.port}${path}`;

describe.each(EXPORTERS)('the exporter of %s', (name, start, path, sendTo) => {
  it.each([CompressionAlgorithm.NONE, CompressionAlgorithm.GZIP])(
    'delivers with compression %s',
    async (compression) => {
      const bench = await start({ bodyBytesMax: 4 * 1024 * 1024 });
      expect(await sendTo(urlOf(bench, path), compression)).toMatchObject({ code: 0 });
      expect(bench.errors).toEqual([]);
      if (name.startsWith('logs')) {
        expect(bench.sink.spans).toMatchObject([{ attributes: { 'panorama.subject': 'dn2' } }]);
        expect(bench.sink.counts).toMatchObject({ logRecords: 2 });
      } else expect(bench.sink.counts).toMatchObject({ dataPoints: 1 });
    },
  );

  it('does not retry what is permanent', async () => {
    const bench = await start({ bodyBytesMax: 10 });
    expect((await sendTo(urlOf(bench, path), CompressionAlgorithm.NONE)).error).toMatchObject({
      code: path === '' ? 8 : 413,
    });
    expect(bench.errors).toMatchObject([{ code: 'PANO_BODY_TOO_LARGE' }]);
  });
});

describe('an engine that has no room, or stops,', () => {
  afterEach(() => void vi.useRealTimers());

  const overHttp = EXPORTERS.filter(([, , path]) => path !== '');
  const cases = overHttp.flatMap(([name, , path, sendTo]) =>
    (['PANO_OVERLOADED', 'PANO_STOPPING'] as const).map((code) => [name, code, path, sendTo] as const),
  );

  it.each(cases)('is tried again by the exporter of %s after %s', async (_, code, path, sendTo) => {
    const bench = await startHttp();
    const take = bench.sink.take.bind(bench.sink);
    let refused = 0;
    bench.sink.take = (request) => {
      if (refused++ > 0) return take(request);
      throw new PanoramaError(code, 'not now; come back');
    };
    // The exporter's pause is the one timer that is faked: it has to be there, and nobody has to sit it out.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const outcome = sendTo(urlOf(bench, path), CompressionAlgorithm.NONE);
    while (bench.errors.length === 0) await new Promise((resolve) => setImmediate(resolve));
    let advancedMs = 0;
    while (refused < 2 && advancedMs < 20_000) {
      advancedMs += 10;
      await vi.advanceTimersByTimeAsync(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await outcome).toMatchObject({ code: 0 });
    expect(advancedMs).toBeGreaterThanOrEqual(code === 'PANO_OVERLOADED' ? 1000 : 2000);
  });
});
