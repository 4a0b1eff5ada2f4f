// SPDX-License-Identifier: Apache-2.0
/**
 * Runs the calls of a fixture to their end: a process with a stock instrumentation and our processor, which calls a real
 * server, directly and over a network that falls ill, and says what it wants done to either.
 */
import { once } from 'node:events';
import path from 'node:path';
import { startChild } from '../support/child.js';
import type { Server } from './server-process.js';

/** How long a caller with a timeout waits, in ms: long past the moment at which a call of ours counts as hung. */
const TIMEOUT_MS = 2000;

/** An observation, as the fixture read it off our processor's exporter. */
export interface Observed {
  readonly status: string;
  readonly reason: string;
  readonly subject: string;
  readonly operation: string;
}

/** What became of one call. */
export interface Result {
  readonly name: string;
  /** What its caller got: `answered`, `failed`, or still `waits`. */
  readonly caller: string;
  readonly observations: readonly Observed[];
}

export interface ObservedCalls {
  readonly results: readonly Result[];
  /** Where the server was: its own port and the sick network's. */
  readonly ports: readonly number[];
}

export async function observeCalls(fixture: string, server: Server): Promise<ObservedCalls> {
  const fixtures = path.join(import.meta.dirname, 'fixtures');
  const network = startChild(path.join(fixtures, 'sick-network.mjs'), [String(server.port)]);
  // Each message that is waited for leaves a listener for the process's end; this one is told often.
  network.process.setMaxListeners(0);
  try {
    const { port: sickPort } = (await network.next()) as { port: number };
    const place = JSON.stringify({ port: server.port, sickPort, timeoutMs: TIMEOUT_MS });
    const env = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    const calls = startChild(path.join(fixtures, fixture), [place], env);
    const results: Result[] = [];
    let fault: unknown;
    calls.process.on('message', (message: Result | { ask: string }) => {
      if (!('ask' in message)) {
        results.push(message);
        return;
      }
      fulfil(message.ask, server, network).then(
        () => calls.process.send('done'),
        (error: unknown) => {
          fault = error;
          calls.process.kill('SIGKILL');
        },
      );
    });
    try {
      await once(calls.process, 'disconnect');
      const code = await calls.ended();
      if (code !== 0) {
        throw new Error(`${fixture} ended with ${code} after "${results.at(-1)?.name}"`, { cause: fault });
      }
    } finally {
      calls.process.kill('SIGKILL');
    }
    return { results, ports: [server.port, sickPort] };
  } finally {
    network.process.kill('SIGKILL');
  }
}

/** `network reset`, or what a server can be made to do. */
async function fulfil(wish: string, server: Server, network: ReturnType<typeof startChild>): Promise<void> {
  const [what, illness] = wish.split(' ');
  if (what === 'network' && illness) {
    await network.ask(illness);
    return;
  }
  const deed = (server as unknown as Record<string, unknown>)[wish];
  if (typeof deed !== 'function') throw new Error(`nobody can make this server ${wish}`);
  await deed();
}
