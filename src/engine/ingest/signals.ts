// SPDX-License-Identifier: Apache-2.0
/** Where each of OTLP's signals arrives, and what its partial success calls what was refused: one row a signal. */
import type { Signal } from './export-sink.js';

export interface SignalRoute {
  readonly signal: Signal;
  readonly httpPath: string;
  readonly grpcPath: string;
  /** The field of a partial success in JSON; in protobuf it is number 1 for every signal. */
  readonly rejectedField: string;
}

/** Source: OTLP 1.x; opentelemetry-proto 1.x, `collector/`. */
export const SIGNAL_ROUTES: Readonly<Record<Signal, SignalRoute>> = {
  traces: {
    signal: 'traces',
    httpPath: '/v1/traces',
    grpcPath: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    rejectedField: 'rejectedSpans',
  },
  logs: {
    signal: 'logs',
    httpPath: '/v1/logs',
    grpcPath: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    rejectedField: 'rejectedLogRecords',
  },
  metrics: {
    signal: 'metrics',
    httpPath: '/v1/metrics',
    grpcPath: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    rejectedField: 'rejectedDataPoints',
  },
};

const ROUTES = Object.values(SIGNAL_ROUTES);

/** All paths of OTLP/HTTP, for messages. */
export const HTTP_PATHS: string = ROUTES.map(({ httpPath }) => httpPath).join(', ');

const BY_HTTP_PATH = new Map(ROUTES.map((route) => [route.httpPath, route]));
const BY_GRPC_PATH = new Map(ROUTES.map((route) => [route.grpcPath, route]));

export function routeOfHttp(path: string): SignalRoute | undefined {
  return BY_HTTP_PATH.get(path);
}

export function routeOfGrpc(path: string): SignalRoute | undefined {
  return BY_GRPC_PATH.get(path);
}
