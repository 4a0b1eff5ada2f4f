// SPDX-License-Identifier: Apache-2.0
/**
 * Calls that their caller leaves, by each way of leaving: because its own deadline is over, or out of a patience of its
 * own. The callee takes its time or does not answer at all. Tells what was seen, and how many calls were left without a
 * word.
 */
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { remainingMs, withDeadline } from 'panorama-otel/baggage';
import { observedProcess, requireInstrumented } from '../fixtures/observed-process.mjs';
import { SLOW_MS, sickHttpServer } from '../fixtures/sick-servers.mjs';

const { processor, run, end } = observedProcess([
  new HttpInstrumentation(),
  new UndiciInstrumentation(),
  new GrpcInstrumentation(),
]);
const http = requireInstrumented('node:http');
const grpc = requireInstrumented('@grpc/grpc-js');

/** How long a caller waits that has little time. The callee needs more, as it always does. */
const LITTLE_MS = 40;
const FAR_MS = 60_000;

const json = {
  requestSerialize: (value) => Buffer.from(JSON.stringify(value)),
  requestDeserialize: (bytes) => JSON.parse(bytes.toString()),
  responseSerialize: (value) => Buffer.from(JSON.stringify(value)),
  responseDeserialize: (bytes) => JSON.parse(bytes.toString()),
};
const service = { Answer: { path: '/shop.Orders/Answer', requestStream: false, responseStream: false, ...json } };
const grpcServer = new grpc.Server();
grpcServer.addService(service, {
  Answer({ request }, done) {
    if (request.how === 'slowly') setTimeout(() => done(null, {}), SLOW_MS);
  },
});
const grpcPort = await new Promise((resolve, reject) =>
  grpcServer.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  ),
);
const { port } = await sickHttpServer(http);
const Client = grpc.makeGenericClientConstructor(service, 'Orders');
const client = new Client(`127.0.0.1:${grpcPort}`, grpc.credentials.createInsecure());
process.send({ ports: { http: port, grpc: grpcPort } });

/** `how` is the path of the callee's behaviour; each way has a method of its own, so that none knows another's usual time. */
function request(how, method, options, prepare = () => undefined) {
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: '127.0.0.1', port, path: `/${how}`, method, ...options }, (response) => {
      response.on('error', reject).on('end', resolve).resume();
    });
    sent.on('error', reject);
    prepare(sent);
    sent.end();
  });
}

/** Ways to call, and to leave after so many milliseconds. */
const ways = {
  'fetch with a signal': async (how, ms) => {
    const response = await fetch(`http://127.0.0.1:${port}/${how}`, { signal: AbortSignal.timeout(ms) });
    await response.text();
  },
  'http.request with a signal': (how, ms) => request(how, 'PUT', { signal: AbortSignal.timeout(ms) }),
  'http.request that is destroyed with an error': (how, ms) =>
    request(how, 'DELETE', { timeout: ms }, (sent) => sent.on('timeout', () => sent.destroy(new Error('timed out')))),
  'gRPC with a deadline': (how, ms) =>
    new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + ms };
      client.Answer({ how }, new grpc.Metadata(), options, (error) => (error ? reject(error) : resolve()));
    }),
};

/** Leaves at the caller's own deadline. */
const leavingIn = (budgetMs, call, how) => withDeadline(budgetMs, () => call(how, remainingMs()));

/** Makes a call and tells what became of it. */
async function tell(name, call) {
  const before = processor.counts().abandoned;
  await run(name, call);
  process.send({ name, abandoned: processor.counts().abandoned - before });
}

for (const [way, call] of Object.entries(ways)) {
  const begunMs = performance.now();
  await tell(`${way}: answered`, () => call('slowly', FAR_MS));
  // With one call known, three times what it took are still usual.
  const longMs = 4 * (performance.now() - begunMs);
  await tell(`${way}: left at the deadline, soon`, () => leavingIn(LITTLE_MS, call, 'slowly'));
  await tell(`${way}: left before the deadline, soon`, () => withDeadline(FAR_MS, () => call('slowly', LITTLE_MS)));
  await tell(`${way}: left at the deadline, late`, () => leavingIn(longMs, call, 'hang'));
}
const destroyedAlone = (how, ms) =>
  request(how, 'PATCH', { timeout: ms }, (sent) => sent.on('timeout', () => sent.destroy()));
await tell('destroyed without an error: left at the deadline, soon', () =>
  leavingIn(LITTLE_MS, destroyedAlone, 'slowly'),
);
end();
