// SPDX-License-Identifier: Apache-2.0
/**
 * Panorama on both ends: the callee says in each answer which instance it is, and then gives no answer. What hangs knows its
 * callee by address only, and must be told of all the same, as the instance that it is.
 */
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { type RunningEngine, startEngine } from '../../src/engine/main.js';
import { type Child, startChild } from '../support/child.js';
import { until } from '../support/until.js';

const children: Child[] = [];
let engine: RunningEngine | undefined;
afterEach(async () => {
  for (const { process } of children) process.kill('SIGKILL');
  await engine?.close();
});

function start(name: string, args: readonly string[], service: string): Child {
  const child = startChild(path.join(import.meta.dirname, 'fixtures', name), args, {
    OTEL_SERVICE_NAME: service,
    OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${service}-1`,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  });
  children.push(child);
  return child;
}

it('a callee that names itself in its answers, and then answers no more, is found hanging, by its name', async () => {
  const running = await startEngine(
    { otlpGrpc: '127.0.0.1:0', otlpHttp: '127.0.0.1:0', api: '127.0.0.1:0' },
    { log: pino({ level: 'silent' }) },
  );
  engine = running;
  const addresses = JSON.stringify({ otlpGrpc: running.otlpGrpc, otlpHttp: running.otlpHttp });
  const server = start('shop-server.mjs', ['panorama', addresses], 'shop');
  const { port } = (await server.next()) as { port: number };
  const client = start('patient-client.mjs', [addresses, String(port)], 'web');
  await client.next();
  await client.ask('warm');
  const viewsOf = () => running.reader.report({ environment: '', subject: 'shop/shop-1' })?.views ?? [];
  await until('the engine to know the shop by its name', () =>
    viewsOf().find(({ observer, operation }) => observer === 'web/web-1' && operation === 'POST'),
  );
  await server.ask('stick');
  await client.ask('wait');
  const view = await until('the call to be told of as it hangs', () =>
    viewsOf().find(({ reason }) => reason === 'hung'),
  );
  expect(view).toMatchObject({ observer: 'web/web-1', operation: 'POST' });
  expect(view.evidence.length).toBeGreaterThan(0);
});
