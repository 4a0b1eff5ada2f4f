// SPDX-License-Identifier: Apache-2.0
/** The stock exporters of the SDK, with their own encoders and clients, against the receivers on real sockets. */
import { SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeSdkSpans } from '../wire/sdk-spans.js';
import { type Bench, startGrpc, startHttp } from './receivers.js';

const SPANS = makeSdkSpans(
  { 'service.name': 'nn1' },
  { name: 'POST /blocks', options: { attributes: { 'server.address': 'dn2', 'http.response.status_code': 503 } } },
  {
    name: 'GET /blocks',
    status: { code: SpanStatusCode.ERROR, message: 'socket hang up' },
    exceptions: [new TypeError('fetch failed')],
  },
);

/** Exports once; the error is `undefined` when the exporter calls it a success. */
async function exportOnce(exporter: SpanExporter, spans: ReadableSpan[] = SPANS): Promise<Error | undefined> {
  const result = await new Promise<{ code: number; error?: Error }>((resolve) => exporter.export(spans, resolve));
  await exporter.shutdown();
  return result.code === 0 ? undefined : (result.error ?? new Error('failed without an error'));
}

const url = ({ receiver }: Bench, path = ''): string => `http://${receiver.host}:${receiver.port}${path}`;

const EXPORTERS = [
  [
    'gRPC',
    startGrpc,
    (bench: Bench, compression: CompressionAlgorithm) => new GrpcExporter({ url: url(bench), compression }),
  ],
  [
    'HTTP with protobuf',
    startHttp,
    (bench: Bench, compression: CompressionAlgorithm) =>
      new ProtobufExporter({ url: url(bench, '/v1/traces'), compression }),
  ],
  [
    'HTTP with JSON',
    startHttp,
    (bench: Bench, compression: CompressionAlgorithm) =>
      new JsonExporter({ url: url(bench, '/v1/traces'), compression }),
  ],
] as const;

describe.each(EXPORTERS)('the exporter of %s', (_, start, makeExporter) => {
  it.each([CompressionAlgorithm.NONE, CompressionAlgorithm.GZIP])(
    'delivers its spans with compression %s',
    async (compression) => {
      const bench = await start({ bodyBytesMax: 4 * 1024 * 1024 });
      expect(await exportOnce(makeExporter(bench, compression))).toBeUndefined();
      expect(bench.errors).toEqual([]);
      expect(bench.sink.batches).toMatchObject([
        { spanCount: 2, rejectedSpans: 0, resources: [{ resource: { 'service.name': 'nn1' } }] },
      ]);
      expect(bench.sink.spans).toMatchObject([
        { name: 'POST /blocks', kind: 3, attributes: { 'server.address': 'dn2', 'http.response.status_code': 503 } },
        {
          name: 'GET /blocks',
          statusCode: 2,
          statusMessage: 'socket hang up',
          exception: { type: 'TypeError', message: 'fetch failed' },
        },
      ]);
    },
  );

  it('understands a partial success', async () => {
    const bench = await start();
    bench.sink.answer = () => ({ rejected: 1, message: 'the span is too old; check the clock' });
    expect(await exportOnce(makeExporter(bench, CompressionAlgorithm.NONE))).toBeUndefined();
  });

  it('is told when a batch is too large, and does not retry', async () => {
    const bench = await start({ bodyBytesMax: 100 });
    const error = await exportOnce(makeExporter(bench, CompressionAlgorithm.NONE));
    expect(error).toMatchObject({ code: start === startGrpc ? 8 : 413 });
    expect(bench.sink.batches).toEqual([]);
  });
});

describe('an overloaded engine', () => {
  afterEach(() => void vi.useRealTimers());

  it.each(EXPORTERS.slice(1))(
    'is tried again by the exporter of %s after the time it asked for',
    async (_, start, makeExporter) => {
      const bench = await start();
      bench.admission.tryEnter(bench.admission.bytesMax);
      // The exporter's pause is the one timer that is faked: it has to be there, and nobody has to sit it out.
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
      const outcome = exportOnce(makeExporter(bench, CompressionAlgorithm.NONE));
      while (bench.errors.length === 0) await new Promise((resolve) => setImmediate(resolve));
      bench.admission.leave(bench.admission.bytesMax);
      let advancedMs = 0;
      while (bench.sink.batches.length === 0 && advancedMs < 20_000) {
        advancedMs += 10;
        await vi.advanceTimersByTimeAsync(10);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await outcome).toBeUndefined();
      expect(bench.errors).toMatchObject([{ code: 'PANO_OVERLOADED' }]);
      expect(advancedMs).toBeGreaterThanOrEqual(1000);
      expect(bench.sink.spans).toHaveLength(2);
    },
  );

  it('is RESOURCE_EXHAUSTED to the exporter of gRPC, which gives up at once although it may retry', async () => {
    const [, start, makeExporter] = EXPORTERS[0];
    const bench = await start();
    bench.admission.tryEnter(bench.admission.bytesMax);
    expect(await exportOnce(makeExporter(bench, CompressionAlgorithm.NONE))).toMatchObject({ code: 8 });
  });
});
