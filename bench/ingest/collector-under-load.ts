// SPDX-License-Identifier: Apache-2.0
/**
 * A real OpenTelemetry Collector, built by `.ci/collector/build` from pinned modules, which makes `spanmetrics` and a
 * `servicegraph` of what it gets (`collector.yaml`). It runs where the engine runs, on as many cores.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { commandAt } from '../child.js';
import type { UnderLoad } from './under-load.js';

const BUILD = fileURLToPath(new URL('../../../.ci/collector/build', import.meta.url));
const CONFIG = fileURLToPath(new URL('../../ingest/collector.yaml', import.meta.url));

/** No messages are exchanged with it, from whose end it would see that the benchmark was killed. */
const ENDS_WITH_US = ['setpriv', '--pdeathsig', 'TERM', '--'];

const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/**
 * Where the Collector is; built if it is not there yet, which takes minutes.
 *
 * @throws Error where it cannot be built
 */
export function collectorProgram(): string {
  const { stdout, status } = spawnSync(BUILD, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  if (status !== 0) throw new Error('--vs-collector needs a Collector, and there is none; the reason stands above');
  return stdout.trim();
}

/** Resolves once it listens. */
export async function startCollectorUnderLoad(program: string, cores?: number): Promise<UnderLoad> {
  const [grpcPort, httpPort] = await freePorts();
  const [command = '', ...args] = commandAt('measured', [...ENDS_WITH_US, program, '--config', CONFIG], cores);
  const collector = spawn(command, args, {
    env: { ...process.env, OTLP_GRPC_PORT: String(grpcPort), OTLP_HTTP_PORT: String(httpPort) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const gone = once(collector, 'exit');
  const early = gone.then(([code]) => Promise.reject(new Error(`the Collector ended with ${code}`)));
  early.catch(() => undefined);
  await Promise.race([listening(grpcPort), early]);
  await Promise.race([listening(httpPort), early]);
  return {
    name: 'Collector',
    pid: collector.pid as number,
    receivers: { grpc: `127.0.0.1:${grpcPort}`, http: `127.0.0.1:${httpPort}` },
    end: async () => {
      collector.kill('SIGTERM');
      await gone;
    },
  };
}

/** Two ports that were free just now: the Collector does not say which ones it was given. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  return ports as [number, number];
}

async function listening(port: number): Promise<void> {
  const untilMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < untilMs) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await pause(POLL_MS);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`the Collector does not listen on port ${port} after ${START_TIMEOUT_MS} ms`);
}
