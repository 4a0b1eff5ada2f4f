// SPDX-License-Identifier: Apache-2.0
/**
 * Telemetry of every node, preloaded with `node --import`. This is all that a team writes to be part of Panorama: one
 * call, beside the instrumentations it has anyway. No other file knows that it is observed, but for gRPC's interceptors (`node/rpc.ts`),
 * a write on behalf of many (`hbase/wal.ts`), and those that have work done which no call shows the end of, and tell it to `observer`.
 *
 * Who the node is (`OTEL_SERVICE_NAME`, `service.instance.id`) and where the engine listens (`PANORAMA_ENDPOINT`,
 * `OTEL_EXPORTER_OTLP_ENDPOINT`) come from the environment.
 */
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { startPanorama } from 'panorama-otel';
import { matchPath } from './node/routes.js';

/** A caller knows a URL but no route; with the template, an operation reads `POST /blocks/{id}`. */
function templateOf(path: string): Record<string, string> {
  const match = matchPath(path);
  return match ? { 'url.template': match.template } : {};
}

/**
 * A unix socket has no host, and node:http writes `localhost` in its place, as if all of them were one peer. The semantic conventions have
 * the socket's path there.
 */
function socketOf(path: string | undefined): Record<string, string | undefined> {
  if (path === undefined) return {};
  return { 'server.address': path, 'server.port': undefined, 'network.transport': 'unix' };
}

startPanorama({
  instrumentations: [
    new HttpInstrumentation({
      startOutgoingSpanHook: ({ path, socketPath }) => ({ ...templateOf(path ?? ''), ...socketOf(socketPath) }),
    }),
    new GrpcInstrumentation(),
    new UndiciInstrumentation({ startSpanHook: ({ path }) => templateOf(path) }),
  ],
});
