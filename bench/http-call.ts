// SPDX-License-Identifier: Apache-2.0
/**
 * What baggage costs a whole HTTP call, both ends in this process, under the stock instrumentation: without us, with an
 * empty bag, and with a tuple that goes there and one that comes back. Operations that run once a call are never as warm as
 * a thousand in a row, so this is more than their sum.
 */
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { propagation, type TextMapPropagator } from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { PanoramaPropagator, pack, withBaggage, withResponses } from 'panorama-otel/baggage';
import { median } from './rounds.js';

const CALLS_PER_ROUND = 200;

/** Rounds in which code becomes warm. */
const WARM_UP_ROUNDS = 5;

/** CPU time of a call in µs, medians. */
export interface HttpCallFigures {
  readonly without: number;
  readonly empty: number;
  readonly oneTuple: number;
}

/** Needs a context manager, and is the first to load `node:http`. */
export async function httpCallUs(rounds: number): Promise<HttpCallFigures> {
  const [theirs, ours] = [new W3CBaggagePropagator(), new PanoramaPropagator()];
  let current: TextMapPropagator = theirs;
  propagation.setGlobalPropagator({
    inject: (...args) => current.inject(...args),
    extract: (...args) => current.extract(...args),
    fields: () => current.fields(),
  });
  const instrumentation = new HttpInstrumentation();
  withResponses(instrumentation);
  instrumentation.setTracerProvider(
    new TracerProvider({ resource: resourceFromAttributes({ 'service.name': 'bench', 'service.instance.id': '1' }) }),
  );
  const http = createRequire(import.meta.url)('node:http') as typeof import('node:http');
  let packs = false;
  const server = http.createServer((_, response) => {
    if (packs) pack('n', { n: 1 });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const call = () =>
    new Promise<void>((resolve, reject) => {
      http
        .get({ host: '127.0.0.1', port, agent }, (response) => response.resume().on('end', resolve))
        .on('error', reject);
    });
  const called = () => {
    if (packs) pack('n', { n: 0 });
    return call();
  };
  const roundOf = async (propagator: TextMapPropagator, withTuple: boolean): Promise<number> => {
    current = propagator;
    packs = withTuple;
    const before = process.cpuUsage();
    for (let count = 0; count < CALLS_PER_ROUND; count++) await (propagator === ours ? withBaggage(called) : call());
    const { user, system } = process.cpuUsage(before);
    return (user + system) / CALLS_PER_ROUND;
  };
  const figures: [number, number, number][] = [];
  for (let round = 0; round < rounds + WARM_UP_ROUNDS; round++) {
    figures.push([await roundOf(theirs, false), await roundOf(ours, false), await roundOf(ours, true)]);
  }
  agent.destroy();
  server.close();
  propagation.disable();
  const medianOf = (kind: 0 | 1 | 2) => Math.round(median(figures.slice(WARM_UP_ROUNDS).map((each) => each[kind])));
  return { without: medianOf(0), empty: medianOf(1), oneTuple: medianOf(2) };
}
