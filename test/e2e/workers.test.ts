// SPDX-License-Identifier: Apache-2.0
/** `panorama engine --workers` as a user starts it: all that is acknowledged is taken, and a signal to stop finds nobody at fault. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { threadCountFor } from '../../src/engine/decoding/thread-count.js';
import { toJson, toProtobuf, wireRequest, wireSpan } from '../engine/wire/otlp-writer.js';
import { startEngineProcess } from '../support/engine-process.js';
import { freshSpanId, freshTraceId } from '../support/spans.js';

const REQUESTS = 24;
const SPANS = 200;

/** Larger than what the engine decodes itself. */
const HANDED_OVER_BYTES = 16 * 1024;

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** Calls that nobody has sent before, in turn as protobuf, JSON and compressed. */
function post(otlpHttp: string, number: number): Promise<Response> {
  const attributes = [
    { key: 'http.request.method', value: { string: 'GET' } },
    { key: 'server.address', value: { string: `web-${number % 5}` } },
    { key: 'url.full', value: { string: 'http://web/orders/1' } },
  ];
  const spans = Array.from({ length: SPANS }, () =>
    wireSpan({ attributes, traceId: freshTraceId(), spanId: freshSpanId() }),
  );
  const request = wireRequest(...spans);
  const isJson = number % 3 === 1;
  const isPacked = number % 3 === 2;
  const body = Buffer.from(isJson ? toJson(request) : toProtobuf(request));
  expect(body.length).toBeGreaterThan(HANDED_OVER_BYTES);
  return fetch(`http://${otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: {
      'content-type': isJson ? 'application/json' : 'application/x-protobuf',
      ...(isPacked && { 'content-encoding': 'gzip' }),
    },
    body: isPacked ? gzipSync(body) : body,
  });
}

it.each([
  ['0', 0],
  ['2', 2],
  ['auto', threadCountFor()],
] as const)('an engine with --workers %s takes all that it acknowledges, and stops well', async (workers, threads) => {
  const { process: engine, addresses } = await startEngineProcess('--workers', workers);
  running.push(engine);
  const ended = once(engine, 'exit');
  const answers = await Promise.all(Array.from({ length: REQUESTS }, (_, number) => post(addresses.otlpHttp, number)));
  expect(answers.map(({ status }) => status)).toEqual(Array(REQUESTS).fill(200));
  const metrics = await (await fetch(`http://${addresses.api}/metrics`)).text();
  const sample = (name: string) => Number(new RegExp(`^panorama_engine_${name} (\\d+)$`, 'm').exec(metrics)?.[1]);
  expect(sample('spans_total\\{[^}]*role="call"[^}]*\\}')).toBe(REQUESTS * SPANS);
  expect(sample('decoder_threads')).toBe(threads);
  expect(sample('decoder_lost_total')).toBe(0);
  expect(sample('decoder_requests_total')).toBe(threads === 0 ? 0 : REQUESTS);
  const under = Array.from({ length: REQUESTS }, (_, number) => post(addresses.otlpHttp, number));
  await Promise.race(under);
  engine.kill('SIGTERM');
  const last = await Promise.allSettled(under);
  // What came too late finds nobody there; whoever was there answered.
  const statuses = last.flatMap((each) => (each.status === 'fulfilled' ? [each.value.status] : []));
  expect(statuses).toContain(200);
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect(await ended).toEqual([0, null]);
});
