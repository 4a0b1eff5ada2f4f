// SPDX-License-Identifier: Apache-2.0
/**
 * A call that its caller leaves, with the instrumentations that people run and over real sockets. At the caller's own
 * deadline it tells of the callee only where the callee had had far more than its usual time.
 */
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Child, startChild } from '../support/child.js';

interface Result {
  readonly name: string;
  readonly observations?: readonly Record<string, unknown>[];
  readonly abandoned?: number;
}

const results = new Map<string, Result>();
let ports: Record<string, number> = {};
let child: Child | undefined;

beforeAll(async () => {
  const env = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
  child = startChild(path.join(import.meta.dirname, 'deadline', 'leaving-cases.mjs'), [], env);
  child.process.on('message', (message: Result | { ports: Record<string, number> }) => {
    if ('ports' in message) ports = message.ports;
    else results.set(message.name, { ...results.get(message.name), ...message });
  });
  // The channel closes after its last message; the exit alone may be known before that.
  await once(child.process, 'disconnect');
  expect(await child.ended()).toBe(0);
});
afterAll(() => {
  child?.process.kill('SIGKILL');
});

const NOTHING = 'nothing';

interface Way {
  readonly operation: string;
  readonly server?: 'grpc';
  /** What is seen where no deadline explains that the caller left. */
  readonly unexplained: string;
}

const WAYS: readonly (readonly [string, Way])[] = [
  ['fetch with a signal', { operation: 'GET', unexplained: 'unhealthy timeout' }],
  // It says no more than that it was aborted: patience alone judges it.
  ['http.request with a signal', { operation: 'PUT', unexplained: NOTHING }],
  ['http.request that is destroyed with an error', { operation: 'DELETE', unexplained: 'unhealthy timeout' }],
  ['gRPC with a deadline', { operation: 'shop.Orders/Answer', server: 'grpc', unexplained: 'unhealthy timeout' }],
];

/** Holds what became of a case against what shall be seen; whatever is not seen was left, and counted so. */
function expectSeen(name: string, seen: string, operation: string, server: string): void {
  const [status, reason] = seen.split(' ');
  const subject = `127.0.0.1:${ports[server]}`;
  const expected = { status, reason, subject, resolution: 'address', operation, source: 'caller', count: 1 };
  const { observations, abandoned } = results.get(name) ?? {};
  expect({ observations, abandoned }).toEqual(
    seen === NOTHING ? { observations: [], abandoned: 1 } : { observations: [expected], abandoned: 0 },
  );
}

describe.each(WAYS)('a call by %s', (way, { operation, server = 'http', unexplained }) => {
  it('whose answer its caller waited for is healthy', () => {
    expectSeen(`${way}: answered`, 'healthy ok', operation, server);
  });

  it('that its caller left at its own deadline, sooner than the callee ever answers, says nothing of the callee', () => {
    expectSeen(`${way}: left at the deadline, soon`, NOTHING, operation, server);
  });

  it('that its caller left as soon, with more time before it, is judged as if there were no deadline', () => {
    expectSeen(`${way}: left before the deadline, soon`, unexplained, operation, server);
  });

  it('that its caller left at its own deadline, long after the callee usually answers, is a timeout', () => {
    expectSeen(`${way}: left at the deadline, late`, 'unhealthy timeout', operation, server);
  });
});

describe('a call by http.request that is destroyed without an error', () => {
  // It says "socket hang up", word for word what a closed connection says; at the deadline it is taken for leaving.
  it('at the caller’s own deadline, sooner than the callee ever answers, says nothing of the callee', () => {
    expectSeen('destroyed without an error: left at the deadline, soon', NOTHING, 'PATCH', 'http');
  });
});
