// SPDX-License-Identifier: Apache-2.0
/**
 * One service of a chain, with the stock instrumentations and `startPanorama`, served over HTTP and gRPC at once. It does
 * what its task says, hands the next task on, and answers with what it and those behind it were told of their time.
 */
import { createRequire } from 'node:module';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { startPanorama } from 'panorama-otel';
import { remainingMs, withDeadline } from 'panorama-otel/baggage';

const [service] = process.argv.slice(2);
const { processor } = startPanorama({
  serviceName: service,
  serviceInstanceId: `${service}-1`,
  // Nobody listens there: a deadline needs no engine.
  engineUrl: 'http://127.0.0.1:1',
  traceExporter: null,
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation(), new GrpcInstrumentation()],
  sdk: { autoDetectResources: false },
});
const require = createRequire(import.meta.url);
const http = require('node:http');
const grpc = require('@grpc/grpc-js');

const json = {
  requestSerialize: (value) => Buffer.from(JSON.stringify(value)),
  requestDeserialize: (bytes) => JSON.parse(bytes.toString()),
  responseSerialize: (value) => Buffer.from(JSON.stringify(value)),
  responseDeserialize: (bytes) => JSON.parse(bytes.toString()),
};
const doMethod = { path: '/chain.Tasks/Do', requestStream: false, responseStream: false, ...json };

/** Where the next service listens. */
let callee;
let grpcClient;

function meet(addresses) {
  callee = addresses;
  const Client = grpc.makeGenericClientConstructor({ Do: doMethod }, 'Tasks');
  grpcClient = new Client(callee.grpc, grpc.credentials.createInsecure());
}

/** The ways to hand a task on, with so many milliseconds of patience or without end. */
const handOn = {
  async fetch(task, patienceMs) {
    const signal = patienceMs === undefined ? null : AbortSignal.timeout(patienceMs);
    return (await fetch(callee.http, { method: 'POST', body: JSON.stringify(task), signal })).json();
  },
  http: (task, patienceMs) =>
    new Promise((resolve, reject) => {
      const options = patienceMs === undefined ? {} : { signal: AbortSignal.timeout(patienceMs) };
      http
        .request(callee.http, { method: 'POST', ...options }, (response) => bodyOf(response).then(resolve, reject))
        .on('error', reject)
        .end(JSON.stringify(task));
    }),
  grpc: (task, patienceMs) =>
    new Promise((resolve, reject) => {
      const options = patienceMs === undefined ? {} : { deadline: Date.now() + patienceMs };
      const answered = (error, answer) => (error ? reject(error) : resolve(answer));
      grpcClient.Do(task, new grpc.Metadata(), options, answered);
    }),
};

async function bodyOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** Works until so many milliseconds of the time that is left are gone; not at all where nobody waits for a deadline. */
async function spend(ms) {
  const untilLeft = remainingMs() - ms;
  while (remainingMs() > untilLeft) await new Promise((goOn) => setImmediate(goOn));
}

/** Does a task. What each service on the way was told of its time, this one first. */
async function take({ spendMs = 0, takesMs = 0, budgetMs = Number.POSITIVE_INFINITY, leaves = false, by, next }) {
  const told = { service, arrived: remainingMs() };
  await spend(spendMs);
  if (takesMs > 0) await new Promise((done) => setTimeout(done, takesMs));
  const further = next ? await withDeadline(budgetMs, () => call(told, by, next, leaves)) : [];
  told.after = remainingMs();
  return [told, ...further];
}

async function call(told, by, task, leaves) {
  told.atCall = remainingMs();
  try {
    return await handOn[by](task, leaves ? told.atCall : undefined);
  } catch (error) {
    if (!leaves) throw error;
    told.left = true;
    return [];
  } finally {
    told.back = remainingMs();
  }
}

const grpcServer = new grpc.Server();
grpcServer.addService(
  { Do: doMethod },
  {
    async Do({ request }, done) {
      done(null, await take(request));
    },
  },
);
const httpServer = http.createServer(async (request, response) => {
  response.end(JSON.stringify(await take(await bodyOf(request))));
});
// A connection that the server closes while the next request is on its way would lose that request.
httpServer.keepAliveTimeout = 60_000;

process.on('message', async ({ addresses, tasks }) => {
  if (addresses) meet(addresses);
  process.send(tasks ? await Promise.all(tasks.map(take)) : processor.counts());
});
process.on('disconnect', () => process.exit(0));

httpServer.listen(0, '127.0.0.1', () => {
  grpcServer.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.send({ http: `http://127.0.0.1:${httpServer.address().port}/`, grpc: `127.0.0.1:${port}` });
  });
});
