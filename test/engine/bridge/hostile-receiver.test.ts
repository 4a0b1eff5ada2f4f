// SPDX-License-Identifier: Apache-2.0
/** What a receiver could do to an engine that tells it something: answer without end, never, from elsewhere, or under a false name. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AlertMessage } from '../../../src/engine/bridge/alerts.js';
import { logExporterFor } from '../../../src/engine/bridge/log-events.js';
import { metricExporterFor } from '../../../src/engine/bridge/metric-export.js';
import { parseOtlpEndpoint } from '../../../src/engine/bridge/otlp-endpoint.js';
import { Webhook } from '../../../src/engine/bridge/webhook.js';
import { authority, type Certificate } from '../../support/certificates.js';
import { FakeClock } from '../../support/fake-clock.js';
import { startOtlpGrpcServer } from '../../support/otlp-grpc-server.js';
import { until } from '../../support/until.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const closer of closers.splice(0).reverse()) await closer();
});

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const receiver = (listener: RequestListener) => listening(createServer(listener));

function webhookTo(url: string, failures: (string | undefined)[] = []): Webhook {
  const hook = new Webhook({ url, secret: '', clock: new FakeClock(), onFailing: (why) => void failures.push(why) });
  closers.push(() => hook.close());
  return hook;
}
const alert = { version: '4', groupKey: 'a', alerts: [] } as unknown as AlertMessage;

/** An exporter of metrics, and what becomes of so many requests. */
async function exporterTo(address: string): Promise<(results: ExportResult[]) => void> {
  const endpoint = parseOtlpEndpoint(`http://${address}`);
  if (!endpoint) throw new Error(`${address} is none`);
  const exporter: PushMetricExporter = await metricExporterFor(endpoint);
  // It would wait for its requests; nobody waits for it.
  closers.push(() => void exporter.shutdown());
  const nothing = { resource: resourceFromAttributes({}), scopeMetrics: [] };
  return (results) => exporter.export(nothing, (result) => void results.push(result));
}

describe('a webhook', () => {
  it('that answers without end is taken at its first word, and hung up on', async () => {
    const over: string[] = [];
    const address = await receiver((request, response) => {
      request.resume();
      response.on('close', () => over.push('hung up'));
      response.writeHead(200);
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', write);
      write();
    });
    const hook = webhookTo(`http://${address}`);
    hook.send(alert);
    await until('it to be sent', () => hook.counts.sent === 1 || undefined);
    await until('an end', () => over.length === 1 || undefined);
  });

  it('without a certificate that the engine trusts is told nothing', async () => {
    const { cert, key } = authority('somebody').issue('127.0.0.1');
    let asked = 0;
    const server = createTlsServer({ cert, key }, (_, response) => {
      asked++;
      response.end();
    });
    const failures: (string | undefined)[] = [];
    const hook = webhookTo(`https://${await listening(server)}`, failures);
    hook.send(alert);
    await until('it to fail', () => hook.counts.failed === 1 || undefined);
    expect(failures).toEqual([expect.stringMatching(/certificate/)]);
    expect(asked).toBe(0);
  });
});

describe('a receiver of metrics', () => {
  it('that answers without end is hung up on', async () => {
    let sentBytes = 0;
    const address = await receiver((request, response) => {
      request.resume();
      const write = () => {
        do sentBytes += 65_536;
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', write);
      write();
    });
    const results: ExportResult[] = [];
    (await exporterTo(address))(results);
    await until('an end', () => results.length === 1 || undefined);
    expect(results[0]?.code).toBe(ExportResultCode.FAILED);
    expect(results[0]?.error?.message).toContain('size limit');
    // The limit, and what stands in the buffers of both sockets.
    expect(sentBytes).toBeLessThan(32 * 1024 * 1024);
  });

  it('is never led to another place', async () => {
    const asked: (string | undefined)[] = [];
    const address = await receiver((request, response) => {
      asked.push(request.url);
      request.resume();
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const results: ExportResult[] = [];
    (await exporterTo(address))(results);
    await until('an end', () => results.length === 1 || undefined);
    expect(results[0]?.code).toBe(ExportResultCode.FAILED);
    expect(asked).toEqual(['/v1/metrics']);
  });

  it('that never answers has so many requests at a time and no more', async () => {
    let asked = 0;
    const address = await receiver((request) => {
      asked++;
      request.resume();
    });
    const tell = await exporterTo(address);
    const results: ExportResult[] = [];
    for (let each = 0; each < 100; each++) tell(results);
    await until('the others to fail at once', () => (asked === 30 && results.length === 70) || undefined);
    expect(new Set(results.map(({ code }) => code))).toEqual(new Set([ExportResultCode.FAILED]));
  });
});

describe.each(['https', 'grpcs'])('a receiver of %s', (scheme) => {
  const [trusted, other] = [authority('trusted'), authority('other')];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'panorama-hostile-'));
    writeFileSync(path.join(folder, 'ca.crt'), trusted.cert);
    vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', path.join(folder, 'ca.crt'));
    // What is not to be had is asked for again and again until then, in ms.
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '2000');
    closers.push(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
  });

  /** A server with this certificate, and what it was told. */
  async function told(certificate: Certificate): Promise<{ address: string; count: () => number }> {
    if (scheme === 'grpcs') {
      const server = await startOtlpGrpcServer(certificate);
      closers.push(() => server.close());
      return { address: server.address, count: () => server.taken.length };
    }
    let count = 0;
    const server = createTlsServer({ ...certificate }, (request, response) => {
      count++;
      request.resume();
      response.end();
    });
    return { address: await listening(server), count: () => count };
  }

  /** What becomes of metrics and of events that are sent there. */
  async function sendBoth(address: string): Promise<readonly ExportResult[]> {
    const endpoint = parseOtlpEndpoint(`${scheme}://${address}`);
    if (!endpoint) throw new Error(`${address} is none`);
    const [metrics, logs] = await Promise.all([metricExporterFor(endpoint), logExporterFor(endpoint)]);
    closers.push(() => Promise.all([metrics.shutdown(), logs.shutdown()]));
    const nothing = { resource: resourceFromAttributes({}), scopeMetrics: [] };
    const results = [
      new Promise<ExportResult>((resolve) => metrics.export(nothing, resolve)),
      new Promise<ExportResult>((resolve) => logs.export([], resolve)),
    ];
    return await Promise.all(results);
  }

  it('with a certificate of an authority that the engine trusts is told', async () => {
    const { address, count } = await told(trusted.issue('127.0.0.1'));
    const results = await sendBoth(address);
    expect(results.map(({ code }) => code)).toEqual([ExportResultCode.SUCCESS, ExportResultCode.SUCCESS]);
    expect(count()).toBe(2);
  });

  it('with one of another authority is told nothing', async () => {
    const { address, count } = await told(other.issue('127.0.0.1'));
    const results = await sendBoth(address);
    expect(results.map(({ code }) => code)).toEqual([ExportResultCode.FAILED, ExportResultCode.FAILED]);
    for (const { error } of results) expect(error?.message).toMatch(/certificate/);
    expect(count()).toBe(0);
  });
});
