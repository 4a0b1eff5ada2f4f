// SPDX-License-Identifier: Apache-2.0
/** The set-up of a process or a thread of ours: three stock instrumentations, one call, and gRPC with our interceptors. */
import { createRequire } from 'node:module';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { startPanorama } from 'panorama-otel';
import * as ours from 'panorama-otel/baggage';
import { stepsOf } from './run-steps.mjs';

const json = {
  requestSerialize: (value) => Buffer.from(JSON.stringify(value)),
  requestDeserialize: (bytes) => JSON.parse(bytes.toString()),
  responseSerialize: (value) => Buffer.from(JSON.stringify(value)),
  responseDeserialize: (bytes) => JSON.parse(bytes.toString()),
};

/** The one method of our gRPC service. */
export const doMethod = { path: '/trees.Tasks/Do', requestStream: false, responseStream: false, ...json };

export function begin(service, addresses) {
  startPanorama({
    serviceName: service,
    serviceInstanceId: `${service}-1`,
    // Nobody listens there: baggage needs no engine.
    engineUrl: 'http://127.0.0.1:1',
    traceExporter: null,
    instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation(), new GrpcInstrumentation()],
    sdk: { autoDetectResources: false },
  });
  const grpc = createRequire(import.meta.url)('@grpc/grpc-js');
  const interceptors = ours.grpcInterceptors(grpc);
  const Client = grpc.makeGenericClientConstructor({ Do: doMethod }, 'Tasks');
  const clients = new Map();
  const grpcClient = (address) => {
    const options = { interceptors: [interceptors.client] };
    if (!clients.has(address)) clients.set(address, new Client(address, grpc.credentials.createInsecure(), options));
    return clients.get(address);
  };
  return { ...stepsOf(service, ours, addresses, grpcClient), grpc, interceptors };
}
