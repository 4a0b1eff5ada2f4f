// SPDX-License-Identifier: Apache-2.0
/** The real Collector with configurations that we ship, as they are: what differs here are the variables that they read. */
import path from 'node:path';
import { ROOT } from '../support/imports.js';
import { collectorProgram } from './programs.js';
import { freePort, type Server, startServer } from './server-process.js';

/** What we ship for the programs around an engine. */
export const CONFIG_FOLDER = path.join(ROOT, 'collector-config');

export interface Otelcol {
  readonly server: Server;
  /** `host:port` each, of what the configurations have. */
  readonly otlpGrpc: string;
  readonly otlpHttp: string;
  readonly bridgeHttp: string;
  /** Where the bridge's page for Prometheus is. */
  readonly page: string;
  /** Where it tells of itself. */
  readonly own: string;
}

/**
 * Starts a Collector on free ports of loopback.
 *
 * @param files names of shipped configurations, without `.yaml`, or paths
 * @param variables beside those of ports and folders
 */
export async function startOtelcol(
  files: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Otelcol> {
  const [http, health, own, bridgeGrpc, bridgeHttp, page] = await Promise.all(Array.from({ length: 6 }, freePort));
  const server = await startServer({
    name: 'otelcol',
    program: collectorProgram(),
    args: () => files.flatMap((file) => ['--config', configFile(file)]),
    env: (port, folder) => ({
      COLLECTOR_OTLP_GRPC: `127.0.0.1:${port}`,
      COLLECTOR_OTLP_HTTP: `127.0.0.1:${http}`,
      COLLECTOR_HEALTH: `127.0.0.1:${health}`,
      COLLECTOR_METRICS_PORT: String(own),
      COLLECTOR_QUEUE_DIRECTORY: path.join(folder, 'queue'),
      BRIDGE_OTLP_GRPC: `127.0.0.1:${bridgeGrpc}`,
      BRIDGE_OTLP_HTTP: `127.0.0.1:${bridgeHttp}`,
      BRIDGE_PROMETHEUS: `127.0.0.1:${page}`,
      ...variables,
    }),
    ready: /Everything is ready/,
  });
  return {
    server,
    otlpGrpc: `127.0.0.1:${server.port}`,
    otlpHttp: `127.0.0.1:${http}`,
    bridgeHttp: `127.0.0.1:${bridgeHttp}`,
    page: `127.0.0.1:${page}`,
    own: `127.0.0.1:${own}`,
  };
}

/** Where a configuration is. */
export function configFile(name: string): string {
  return path.isAbsolute(name) ? name : path.join(CONFIG_FOLDER, `${name}.yaml`);
}
