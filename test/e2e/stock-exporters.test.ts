// SPDX-License-Identifier: Apache-2.0
/**
 * Exporters that nobody here wrote: an application with the stock OpenTelemetry SDK and none of our code, over each OTLP
 * transport, gets the verdict that it would get with our processor. Real processes, real sockets, a real fault: the
 * server's orders hang while browsing goes on.
 */
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { verdictJson } from '../../src/engine/api/shapes.js';
import { type RunningEngine, startEngine } from '../../src/engine/main.js';
import { type Child, startChild } from '../support/child.js';
import { until } from '../support/until.js';

const fixture = (name: string) => path.join(import.meta.dirname, 'fixtures', name);
const environment = (service: string, instance: string) => ({
  OTEL_SERVICE_NAME: service,
  OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${instance}`,
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
});

/** How long clients wait for an order that is answered: on a busy machine too, it is. */
const ANSWERED_MS = 20_000;
/** And for one that is not, ever. */
const GIVEN_UP_MS = 300;
/** Our processor tells how late its event loop is; of an observer that is late by a good part of a timeout it is the lag. */
const GIVEN_UP_BY_OURS_MS = 1500;

/** Six stories of three processes each, where other work is going on. */
const TIMEOUT_MS = 90_000;

let engine: RunningEngine;
let children: Child[] = [];

afterEach(async () => {
  for (const { process } of children) process.kill('SIGKILL');
  children = [];
  await engine.close();
});

function start(name: string, args: readonly string[], service: string, instance: string): Child {
  const child = startChild(fixture(name), args, environment(service, instance));
  children.push(child);
  return child;
}

/** Runs the story with one kind of export, and returns the verdict without its times, ids and evidence. */
async function verdictBy(kind: string, givenUpMs = GIVEN_UP_MS) {
  engine = await startEngine(
    { otlpGrpc: '127.0.0.1:0', otlpHttp: '127.0.0.1:0', api: '127.0.0.1:0' },
    { log: pino({ level: 'silent' }) },
  );
  const addresses = JSON.stringify({ otlpGrpc: engine.otlpGrpc, otlpHttp: engine.otlpHttp });
  const server = start('shop-server.mjs', [kind, addresses], 'shop', 's1');
  const { port } = (await server.next()) as { port: number };
  const clients = ['c1', 'c2'].map((instance) =>
    start('shop-client.mjs', [kind, addresses, String(port)], 'web', instance),
  );
  await Promise.all(clients.map((client) => client.next()));
  const round = (orderMs: number) => Promise.all(clients.map((client) => client.ask(`round ${orderMs}`)));
  for (let at = 0; at < 3; at++) {
    expect(await round(ANSWERED_MS)).toEqual(clients.map(() => ({ browse: 'well', order: 'well' })));
  }
  await server.ask('stick');
  // Long enough that browsing is seen to go on after the orders have begun to fail.
  for (let at = 0; at < 4; at++) {
    expect(await round(givenUpMs)).toEqual(clients.map(() => ({ browse: 'well', order: 'TimeoutError' })));
  }
  await Promise.all(
    [...clients, server].map(async (child) => {
      child.process.send('end');
      expect(await child.ended()).toBe(0);
    }),
  );
  const verdict = await until(`a verdict on shop/s1 by ${kind}`, () =>
    engine.reader
      .verdicts()
      .find(({ subject, observersAgainst }) => subject === 'shop/s1' && observersAgainst.length === 2),
  );
  const { status, failure, split, operations, observersFor, observersAgainst, resolution, systemView } =
    verdictJson(verdict);
  const subjects = engine.reader.verdicts().map(({ subject }) => subject);
  return { status, failure, split, operations, observersFor, observersAgainst, resolution, systemView, subjects };
}

const EXPECTED = {
  status: 'unhealthy',
  failure: 'gray',
  split: ['operation', 'self-report'],
  operations: [
    { operation: 'GET', status: 'healthy', observersFor: ['web/c1', 'web/c2'], observersAgainst: [] },
    { operation: 'POST', status: 'unhealthy', observersFor: [], observersAgainst: ['web/c1', 'web/c2'] },
  ],
  observersFor: [],
  observersAgainst: ['web/c1', 'web/c2'],
  resolution: 'instance',
  systemView: 'healthy',
  subjects: ['shop/s1'],
};

describe('an application without our processor', { timeout: TIMEOUT_MS }, () => {
  it.each(['grpc', 'grpc+gzip', 'proto', 'proto+gzip', 'http'])('that exports by %s gets the verdict', async (kind) => {
    expect(await verdictBy(kind)).toEqual(EXPECTED);
  });
});

describe('the same application with our processor', { timeout: TIMEOUT_MS }, () => {
  it('gets the same verdict, and no call is counted twice', async () => {
    expect(await verdictBy('panorama', GIVEN_UP_BY_OURS_MS)).toEqual(EXPECTED);
    expect(engine.reader.counts()).toMatchObject({ calls: 0, accounted: 28 });
  });
});
