// SPDX-License-Identifier: Apache-2.0
/**
 * A service that samples 1 % of its traces, as most do that are large: it is seen to observe every one of its calls, the
 * engine says of them what it would say without sampling, and its ordinary spans stay as few as they were.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verdictJson } from '../../src/engine/api/shapes.js';
import { type Collector, startCollector } from '../support/collector.js';
import { ROOT } from '../support/imports.js';

const REGISTER = pathToFileURL(path.join(ROOT, 'dist/register.js')).href;
const CALLER = path.join(import.meta.dirname, 'fixtures/sampled-caller.mjs');

/** Enough that 1 % of them is never none: the chance of that is 2e-9. */
const CALL_COUNT = 2000;

/** Thousands of calls one after the other, where other work is going on. */
const TIMEOUT_MS = 120_000;

let server: Server;
let sampledCount: number;
let collector: Collector;
let child: ChildProcess | undefined;

async function open(): Promise<void> {
  sampledCount = 0;
  server = createServer((request, response) => {
    if (String(request.headers['traceparent']).endsWith('-01')) sampledCount++;
    response.writeHead(request.method === 'POST' ? 503 : 200).end('done');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  collector = await startCollector();
}

async function close(): Promise<void> {
  child?.kill('SIGKILL');
  server.close();
  await collector.close();
}

beforeEach(open);
afterEach(close);

/** The same traffic under some variables: what was observed of it, what the engine says, and what was exported. */
async function traffic(env: Readonly<Record<string, string>>) {
  const { port } = server.address() as AddressInfo;
  child = fork(CALLER, [`http://127.0.0.1:${port}`, String(CALL_COUNT)], {
    execArgv: ['--import', REGISTER],
    env: {
      ...process.env,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_SERVICE_NAME: 'web',
      OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=w1',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collector.otlpHttp}`,
      PANORAMA_ENDPOINT: collector.otlpGrpc,
      // A machine that is busy may stand still in the middle of a call. Here nobody is to be told that it hangs.
      PANORAMA_HUNG_FLOOR_MS: '600000',
      ...env,
    },
  });
  const [answers] = await once(child, 'message');
  expect(answers).toEqual({ 200: CALL_COUNT / 2, 503: CALL_COUNT / 2 });
  expect(await once(child, 'exit')).toEqual([0, null]);
  const subject = `127.0.0.1:${port}`;
  // A loopback address is said with its machine.
  const verdict = collector.engine.verdicts().find((each) => each.subject.startsWith(`${subject}@`));
  if (!verdict) throw new Error('the engine says nothing of the server');
  const { status, failure, split, operations, observersFor, observersAgainst, systemView } = verdictJson(verdict);
  return {
    observed: namedAs('server', subject, collector.observed()),
    verdict: { status, failure, split, operations, observersFor, observersAgainst, systemView },
    exportedCount: collector.ordinary().filter(({ span }) => span.kind === 3).length,
    sampledCount,
  };
}

/** What was observed, with a name for an address that is another each time. */
function namedAs(name: string, address: string, observed: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(observed).map(([key, count]) => [key.replace(address, name), count]));
}

describe('a service that samples 1 % of its traces', { timeout: TIMEOUT_MS }, () => {
  /** The same without sampling. */
  let all: Awaited<ReturnType<typeof traffic>>;
  beforeAll(async () => {
    await open();
    all = await traffic({ OTEL_TRACES_SAMPLER: 'always_on' }).finally(close);
  }, TIMEOUT_MS);

  it.each([
    ['traceidratio', 'by the trace'],
    ['parentbased_traceidratio', 'by the trace, as its callers do'],
  ])('(%s, %s) observes every call, and gets the verdict that it would get without', async (sampler) => {
    const { observed, verdict, exportedCount, sampledCount } = await traffic({
      OTEL_TRACES_SAMPLER: sampler,
      OTEL_TRACES_SAMPLER_ARG: '0.01',
    });
    expect(observed).toEqual({
      'GET server healthy ok': CALL_COUNT / 2,
      'POST server unhealthy server_error': CALL_COUNT / 2,
    });
    expect(exportedCount).toBeGreaterThan(0);
    expect(exportedCount).toBeLessThan(CALL_COUNT * 0.03);
    expect(sampledCount).toBe(exportedCount);
    expect({ observed, verdict }).toEqual({ observed: all.observed, verdict: all.verdict });
    expect(verdict).toMatchObject({ status: 'unhealthy', failure: 'gray', split: ['operation'] });
    expect(all.exportedCount).toBe(CALL_COUNT);
  });

  it('and switches PANORAMA_EVERY_CALL off observes those 1 %', async () => {
    const { observed, exportedCount } = await traffic({
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.01',
      PANORAMA_EVERY_CALL: 'false',
    });
    expect(Object.values(observed).reduce((sum, count) => sum + count, 0)).toBe(exportedCount);
    expect(exportedCount).toBeLessThan(CALL_COUNT * 0.03);
  });
});
