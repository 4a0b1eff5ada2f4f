// SPDX-License-Identifier: Apache-2.0
/**
 * A real OpenTelemetry Collector, built by `.ci/collector/build` from pinned modules, which makes `spanmetrics` and a
 * `servicegraph` of what it gets (`collector.yaml`). It runs where the engine runs, on as many cores.
 */
import { fileURLToPath } from 'node:url';
import { commandAt } from '../child.js';
import { freePorts, startServer } from '../server.js';
import type { UnderLoad } from './under-load.js';

const CONFIG = fileURLToPath(new URL('../../ingest/collector.yaml', import.meta.url));

/** Resolves once it listens. */
export async function startCollectorUnderLoad(program: string, cores?: number): Promise<UnderLoad> {
  const ports = await freePorts(2);
  const [grpcPort, httpPort] = ports;
  const { pid, end } = await startServer({
    name: 'the Collector',
    words: [program, '--config', CONFIG],
    env: { OTLP_GRPC_PORT: String(grpcPort), OTLP_HTTP_PORT: String(httpPort) },
    ports,
    placed: (words) => commandAt('measured', words, cores),
  });
  return {
    name: 'Collector',
    pid,
    receivers: { grpc: `127.0.0.1:${grpcPort}`, http: `127.0.0.1:${httpPort}` },
    end,
  };
}
