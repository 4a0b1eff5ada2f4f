// SPDX-License-Identifier: Apache-2.0
/** Ordinary spans go where the environment says, as they did before our processor stood beside them. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanKind } from '@opentelemetry/api';
import { InMemorySpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ordinaryProcessors } from '../src/ordinary-spans.js';

let server: Server;
let requests: string[];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  server.close();
});

async function sendOneSpan(exporter?: InMemorySpanExporter): Promise<void> {
  const provider = new TracerProvider({ spanProcessors: ordinaryProcessors(exporter) });
  provider.getTracer('test').startSpan('GET', { kind: SpanKind.CLIENT }).end();
  await provider.forceFlush();
}

describe('ordinary spans', () => {
  it.each([
    ['OTEL_EXPORTER_OTLP_PROTOCOL', '', 'application/x-protobuf'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', ' http/json ', 'application/json'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/protobuf', 'application/x-protobuf'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/json', 'application/json'],
  ])('go over the protocol in %s=%s, by default protobuf over HTTP', async (variable, protocol, contentType) => {
    vi.stubEnv(variable, protocol);
    await sendOneSpan();
    expect(requests).toEqual([`POST /v1/traces ${contentType}`]);
  });

  it('go to an exporter that is passed, whatever the environment says', async () => {
    vi.stubEnv('OTEL_TRACES_EXPORTER', 'none');
    const exporter = new InMemorySpanExporter();
    await sendOneSpan(exporter);
    expect(exporter.getFinishedSpans()).toHaveLength(1);
    expect(requests).toEqual([]);
  });

  it('go nowhere when that is asked for', () => {
    expect(ordinaryProcessors(null)).toEqual([]);
    vi.stubEnv('OTEL_TRACES_EXPORTER', ' none ');
    expect(ordinaryProcessors(undefined)).toEqual([]);
  });

  it('go in batches of the size, from a queue of the length, that the variables give', async () => {
    vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '3');
    vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', '7');
    const batches: number[] = [];
    const exporter = new InMemorySpanExporter();
    const exportSpans = exporter.export.bind(exporter);
    exporter.export = (spans, done) => {
      batches.push(spans.length);
      exportSpans(spans, done);
    };
    const provider = new TracerProvider({ spanProcessors: ordinaryProcessors(exporter) });
    for (let count = 0; count < 20; count++) provider.getTracer('test').startSpan('GET').end();
    await provider.forceFlush();
    // The first three leave at once, so that seven more find room.
    expect(batches).toEqual([3, 3, 3, 1]);
  });

  it('go to each exporter of a list, and one that is not known is said', () => {
    const said = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    vi.stubEnv('OTEL_TRACES_EXPORTER', 'otlp, console,zipkin');
    expect(ordinaryProcessors(undefined)).toHaveLength(2);
    expect(said).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('zipkin'), 'PanoramaWarning');
    said.mockRestore();
  });
});
