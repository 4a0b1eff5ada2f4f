// SPDX-License-Identifier: Apache-2.0
/**
 * The door `panorama-otel/register`: `node --import panorama-otel/register app.js` starts the SDK with Panorama before
 * the application loads, with every instrumentation of `@opentelemetry/auto-instrumentations-node` where that package
 * is installed, and otherwise with those of HTTP, gRPC and the common drivers that are. Configured by `OTEL_*` and
 * `PANORAMA_ENDPOINT`.
 */
import { isMainThread, parentPort } from 'node:worker_threads';
import { appModule } from './app-modules.js';
import { complain } from './complaint.js';
import { say } from './diagnostics.js';
import type { Instrumentations } from './own-instrumentations.js';
import { type Panorama, startWith } from './start-panorama.js';

/** Instrumentations that make client spans, or the server spans above them, with the name of their class. */
const SINGLE_INSTRUMENTATIONS = [
  ['http', 'HttpInstrumentation'],
  ['undici', 'UndiciInstrumentation'],
  ['grpc', 'GrpcInstrumentation'],
  ['express', 'ExpressInstrumentation'],
  ['pg', 'PgInstrumentation'],
  ['mysql', 'MySQLInstrumentation'],
  ['mysql2', 'MySQL2Instrumentation'],
  ['mongodb', 'MongoDBInstrumentation'],
  ['redis', 'RedisInstrumentation'],
  ['ioredis', 'IORedisInstrumentation'],
  ['amqplib', 'AmqplibInstrumentation'],
  ['kafkajs', 'KafkaJsInstrumentation'],
] as const;

type Constructor = new () => Instrumentations[number];

function instrumentationsOfApp(): Instrumentations {
  const all = appModule('@opentelemetry/auto-instrumentations-node')?.['getNodeAutoInstrumentations'];
  if (typeof all === 'function') return all() as Instrumentations;
  const constructors = SINGLE_INSTRUMENTATIONS.map(
    ([name, exported]) => appModule(`@opentelemetry/instrumentation-${name}`)?.[exported],
  );
  const found = constructors.filter((value) => typeof value === 'function') as Constructor[];
  if (found.length === 0) {
    complain(
      'no instrumentation is installed (of all, HTTP, undici, gRPC or a driver), so no client spans will be seen; install one, for example with `npm i @opentelemetry/auto-instrumentations-node`',
    );
  }
  return found.map((Instrumentation) => new Instrumentation());
}

/**
 * `--require` is heeded also by the thread in which Node runs the hooks of its module loader. Nothing of the application
 * runs there, and it has no port to its parent as a worker of the application's has.
 */
const isOfApp = isMainThread || parentPort !== null;

if (isOfApp) {
  const panorama: Panorama = startWith({}, instrumentationsOfApp);
  // An orderly end sends what waits. The event loop is empty then; an engine that takes the connection and says nothing holds
  // the process for as long as an export may take.
  process.once('beforeExit', () => {
    panorama.shutdown().catch((error: unknown) => say('error', () => 'shutdown failed', error));
  });
}
