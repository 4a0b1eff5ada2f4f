// SPDX-License-Identifier: Apache-2.0
/**
 * A callee that is not one of ours, or not wholly: `plain` has no instrumentation, `otel` has OpenTelemetry's SDK as it
 * comes, `deaf` has our propagator in it but no response hooks. All of them take the steps that they are given.
 */
import { createRequire } from 'node:module';
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';
import * as ours from 'panorama-otel/baggage';
import { bodyOf, stepsOf } from './run-steps.mjs';

const [kind] = process.argv.slice(2);
if (kind !== 'plain') {
  const nobody = { onStart() {}, onEnd() {}, forceFlush: async () => undefined, shutdown: async () => undefined };
  const propagators = [new W3CTraceContextPropagator(), new ours.PanoramaPropagator()];
  new NodeSDK({
    autoDetectResources: false,
    serviceName: kind,
    spanProcessors: [nobody],
    instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
    ...(kind === 'deaf' && { textMapPropagator: new CompositePropagator({ propagators }) }),
  }).start();
}
const http = createRequire(import.meta.url)('node:http');
const addresses = {};
const { run, wrongLooks } = stepsOf(kind, kind === 'deaf' ? ours : undefined, addresses);

const server = http.createServer(async (request, response) => {
  const { steps, end } = await bodyOf(request);
  await run(steps);
  if (end === 'hangs') return;
  response.statusCode = end === 'answers' ? 200 : 500;
  response.end('done');
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send({ address: `127.0.0.1:${server.address().port}` }));

process.on('message', (message) => {
  if (message.addresses) {
    Object.assign(addresses, message.addresses);
    process.send({ met: true });
  } else process.send({ told: [{ service: kind, counts: ours.baggageCounts(), wrongLooks }] });
});
process.on('disconnect', () => process.exit(0));
