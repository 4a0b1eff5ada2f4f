// SPDX-License-Identifier: Apache-2.0
/** An engine as a user starts it tells a failure to a server of somebody else's: as metrics, as an event, and as an alert. */
import type { ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AlertMessage } from '../../src/engine/bridge/alerts.js';
import { readMetrics } from '../engine/bridge/metrics-proto.js';
import { toProtobuf, wireRequest, wireSpan } from '../engine/wire/otlp-writer.js';
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js';
import { startOtlpGrpcServer } from '../support/otlp-grpc-server.js';
import { freshSpanId, freshTraceId } from '../support/spans.js';
import { until } from '../support/until.js';

interface WithExemplars {
  readonly exemplars: readonly { readonly traceId: string }[];
}

const SECRET = 'correct horse battery staple';

interface Asked {
  readonly url: string;
  /** What it was answered. */
  readonly status: number;
  readonly signature: string;
  readonly body: Buffer;
}

let asked: Asked[];
/** How whoever asks is answered. */
let status: number;
let server: Server;
let folder: string;
let engine: ChildProcess | undefined;

beforeEach(async () => {
  asked = [];
  status = 200;
  folder = mkdtempSync(path.join(tmpdir(), 'panorama-bridge-'));
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const signature = String(request.headers['x-panorama-signature'] ?? '');
      asked.push({ url: request.url ?? '', status, signature, body: Buffer.concat(parts) });
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  engine?.kill('SIGKILL');
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

/** Tells an engine of calls of the last two seconds to a host, all answered with 503. Resolves to their trace ids. */
async function tellFailures({ addresses }: EngineProcess, host: string): Promise<readonly string[]> {
  const nowMs = Date.now();
  const attributes = [
    { key: 'http.request.method', value: { string: 'GET' } },
    { key: 'http.response.status_code', value: { int: 503n } },
    { key: 'error.type', value: { string: '503' } },
    { key: 'server.address', value: { string: host } },
    { key: 'server.port', value: { int: 80n } },
  ];
  const traceIds = Array.from({ length: 10 }, freshTraceId);
  const spans = traceIds.map((traceId, each) => {
    const endMs = nowMs - 2000 + 200 * each;
    const times = { start: BigInt(endMs - 5) * 1_000_000n, end: BigInt(endMs) * 1_000_000n };
    return wireSpan({ attributes, statusCode: 2, traceId, spanId: freshSpanId(), ...times });
  });
  const body = Buffer.from(toProtobuf(wireRequest(...spans)));
  const headers = { 'content-type': 'application/x-protobuf' };
  expect((await fetch(`http://${addresses.otlpHttp}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200);
  return traceIds;
}

async function statusOf({ addresses }: EngineProcess, subject: string): Promise<string> {
  const response = await fetch(`http://${addresses.api}/api/v1/subjects/${subject}`);
  return ((await response.json()) as { verdict: { status: string } }).verdict.status;
}

it('tells a failure to whoever listens, and tells it again when it ends', async () => {
  const { port } = server.address() as AddressInfo;
  writeFileSync(path.join(folder, 'secret'), `${SECRET}\n`);
  const started = await startEngineProcess(
    ...['--bridge', `http://127.0.0.1:${port}`, '--bridge-events', '--bridge-interval-ms', '1000'],
    ...['--webhook', `http://127.0.0.1:${port}/hook`, '--webhook-secret-file', path.join(folder, 'secret')],
  );
  engine = started.process;
  await tellFailures(started, 'stock.internal');

  const alert = await until('the alert', () => asked.find((each) => each.url === '/hook'));
  const message = JSON.parse(alert.body.toString()) as AlertMessage;
  expect(message).toMatchObject({ status: 'firing', groupLabels: { subject: 'stock.internal:80' } });
  const led = await fetch(message.alerts[0]?.generatorURL ?? '');
  expect(await led.json()).toMatchObject({ verdict: { environment: '', subject: 'stock.internal:80' } });
  const [, seconds, digest] = /^t=(\d+),v1=(\w+)$/.exec(alert.signature) ?? [];
  expect(digest).toBe(createHmac('sha256', SECRET).update(`${seconds}.${alert.body}`).digest('hex'));

  const event = await until('the event', () => asked.find((each) => each.url === '/v1/logs'));
  expect(event.body.toString('latin1')).toContain('panorama.verdict.changed');

  const problem = await until('the metrics', () =>
    asked
      .filter((each) => each.url === '/v1/metrics')
      .map((each) => readMetrics(each.body).get('panorama.subject.problem'))
      .find((metric) => metric !== undefined),
  );
  expect(JSON.stringify(problem)).toContain('stock.internal:80');

  const sent = asked.length;
  const ended = once(engine, 'exit');
  engine.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(asked.slice(sent).map((each) => each.url)).toContain('/v1/metrics');
});

it('tells the same over gRPC', async () => {
  const receiver = await startOtlpGrpcServer();
  try {
    const started = await startEngineProcess(
      ...['--bridge', `grpc://${receiver.address}`, '--bridge-events', '--bridge-interval-ms', '1000'],
    );
    engine = started.process;
    const traceIds = await tellFailures(started, 'stock.internal');

    const event = await until('the event', () => receiver.taken.find(({ signal }) => signal === 'logs'));
    expect(event.body.toString('latin1')).toContain('panorama.verdict.changed');
    expect(traceIds.filter((id) => event.body.includes(Buffer.from(id, 'hex')))).toHaveLength(1);

    const metrics = await until('the metrics', () =>
      receiver.taken
        .filter(({ signal }) => signal === 'metrics')
        .map(({ body }) => readMetrics(body))
        .find((read) => read.has('panorama.subject.problem')),
    );
    expect(JSON.stringify(metrics.get('panorama.subject.problem'))).toContain('stock.internal:80');
    const delays = metrics.get('panorama.detection.delay')?.metric['histogram'] as { dataPoints: WithExemplars[] };
    const exemplars = delays.dataPoints.flatMap((point) => point.exemplars.map(({ traceId }) => traceId));
    expect(exemplars).toHaveLength(1);
    expect(traceIds.map((id) => Buffer.from(id, 'hex').toString('base64'))).toContain(exemplars[0]);
    expect(started.log.filter(({ what }) => what !== undefined)).toEqual([]);
  } finally {
    receiver.close();
  }
});

it('goes on judging while nobody takes what it tells, and says once that it begins and once that it is over', async () => {
  const { port } = server.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;
  const started = await startEngineProcess(
    ...['--bridge', base, '--bridge-events', '--bridge-interval-ms', '1000', '--webhook', `${base}/hook`],
  );
  engine = started.process;
  /** Tells of failures until all three have been answered so again. */
  const tellAnd = async (times: number, host: string) => {
    await tellFailures(started, host);
    expect(await statusOf(started, `${host}:80`)).toBe('unhealthy');
    await until(`all to have been answered ${status} again`, () => {
      const answered = (url: string) => asked.filter((each) => each.url === url && each.status === status).length;
      return ['/v1/metrics', '/v1/logs', '/hook'].every((url) => answered(url) >= times) || undefined;
    });
  };
  status = 400;
  await tellAnd(1, 'stock.internal');
  await tellAnd(2, 'paint.internal');
  status = 200;
  await tellAnd(1, 'cart.internal');
  await tellAnd(2, 'mail.internal');
  const ended = once(engine, 'close');
  engine.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  for (const receiver of ['metrics', 'events', 'webhook']) {
    const said = started.log.filter(({ what }) => what === receiver);
    expect(said.map(({ msg }) => msg)).toEqual(['the bridge cannot send', 'the bridge works again']);
    expect(said[0]?.['why']).toMatch(/\w/);
  }
});
