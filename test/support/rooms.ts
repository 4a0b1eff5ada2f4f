// SPDX-License-Identifier: Apache-2.0
/** Our rooms, the rooms each may import, and the packages it may load. `type:` packages may be imported for types only. */
export const ROOMS: readonly { room: string; rooms: readonly string[]; packages: readonly string[] }[] = [
  { room: 'src/model', rooms: [], packages: [] },
  { room: 'src/observe', rooms: ['src/model'], packages: [] },
  { room: 'src/protobuf', rooms: ['src/model'], packages: [] },
  { room: 'src/baggage/itc', rooms: [], packages: [] },
  {
    room: 'src/baggage/bag',
    rooms: ['src/model', 'src/protobuf', 'src/baggage/itc', 'src/diagnostics.ts'],
    packages: ['@opentelemetry/api'],
  },
  {
    room: 'src/baggage',
    rooms: ['src/model', 'src/observe', 'src/protobuf', 'src/complaint.ts', 'src/diagnostics.ts'],
    packages: ['@opentelemetry/api', '@opentelemetry/core', 'node:net', 'type:node:http', 'type:@grpc/grpc-js'],
  },
  {
    room: 'src/processor',
    rooms: [
      'src/model',
      'src/observe',
      'src/diagnostics.ts',
      'src/baggage/identity-entries.ts',
      'src/baggage/deadline.ts',
      'src/baggage/pending.ts',
      'type:src/baggage/scope.ts',
      'src/baggage/transport/told-by-processor.ts',
    ],
    packages: ['@opentelemetry/api', '@opentelemetry/core', '@datadog/sketches-js', 'type:@opentelemetry/sdk-trace'],
  },
  { room: 'src/engine/wire', rooms: ['src/model', 'src/protobuf'], packages: [] },
  {
    room: 'src/engine/decoding',
    rooms: ['src/model', 'src/observe', 'src/engine/wire'],
    packages: ['node:worker_threads', 'node:os'],
  },
  { room: 'src/engine/verdict', rooms: ['src/model'], packages: [] },
  { room: 'src/engine/calls', rooms: ['src/model', 'src/observe'], packages: [] },
  { room: 'src/engine/store', rooms: ['src/model', 'src/engine/verdict'], packages: [] },
  {
    room: 'src/engine/journal',
    rooms: ['src/model'],
    packages: ['better-sqlite3', 'node:worker_threads', 'node:fs', 'node:path'],
  },
  { room: 'src/engine/identity', rooms: ['src/model', 'src/observe'], packages: [] },
  {
    room: 'src/engine/ingest',
    rooms: ['src/model', 'src/engine/access'],
    packages: ['zstddec', 'node:http', 'node:http2', 'node:net', 'node:zlib'],
  },
  {
    room: 'src/engine/intake',
    rooms: [
      'src/model',
      'src/observe',
      'src/engine/wire',
      'src/engine/calls',
      'src/engine/identity',
      'src/engine/doctor',
      'type:src/engine/store',
    ],
    packages: [],
  },
  {
    room: 'src/engine/doctor',
    rooms: ['src/model', 'type:src/engine/telemetry'],
    packages: [],
  },
  {
    room: 'src/engine/telemetry',
    rooms: [
      'src/model',
      'type:src/engine/engine-reader.ts',
      'type:src/engine/signal-counts.ts',
      'type:src/engine/ingest/request-listener.ts',
    ],
    packages: [
      '@opentelemetry/sdk-metrics',
      '@opentelemetry/exporter-prometheus',
      '@opentelemetry/resources',
      'type:@opentelemetry/api',
      'node:perf_hooks',
      'node:v8',
    ],
  },
  {
    room: 'src/engine/access',
    rooms: ['src/model'],
    packages: ['node:crypto', 'node:fs/promises', 'node:http', 'node:https', 'node:net', 'node:tls'],
  },
  {
    room: 'src/engine/api',
    rooms: [
      'src/model',
      'src/engine/access',
      'src/engine/engine-reader.ts',
      'type:src/engine/doctor',
      'type:src/engine/telemetry',
    ],
    packages: ['express', 'zod', 'type:node:http'],
  },
  {
    room: 'src/cli',
    rooms: [
      'src/model',
      'src/engine/main.ts',
      'type:src/engine/api/shapes.ts',
      'type:src/engine/options.ts',
      'type:src/engine/doctor',
    ],
    packages: ['commander', 'node:fs', 'node:http', 'node:https', 'node:timers/promises'],
  },
];
