// SPDX-License-Identifier: Apache-2.0
/** An OTLP/gRPC server of another make than ours, which takes metrics and logs and keeps their bytes. */
import { Server, ServerCredentials, type ServiceError } from '@grpc/grpc-js';

const PATHS = {
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
} as const;

export interface OtlpGrpcServer {
  /** `host:port`. */
  readonly address: string;
  readonly taken: { readonly signal: keyof typeof PATHS; readonly body: Buffer }[];
  close(): void;
}

const same = (bytes: Buffer) => bytes;
const CODEC = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };

/** @param certificate of a server that speaks TLS */
export async function startOtlpGrpcServer(certificate?: {
  readonly cert: string;
  readonly key: string;
}): Promise<OtlpGrpcServer> {
  const taken: OtlpGrpcServer['taken'] = [];
  const server = new Server();
  for (const [signal, path] of Object.entries(PATHS) as [keyof typeof PATHS, string][]) {
    server.addService(
      { export: { path, requestStream: false, responseStream: false, ...CODEC } },
      {
        export: ({ request }: { request: Buffer }, answer: (error: ServiceError | null, response: Buffer) => void) => {
          taken.push({ signal, body: request });
          answer(null, Buffer.alloc(0));
        },
      },
    );
  }
  const pair = certificate && { cert_chain: Buffer.from(certificate.cert), private_key: Buffer.from(certificate.key) };
  const credentials = pair ? ServerCredentials.createSsl(null, [pair]) : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return { address: `127.0.0.1:${port}`, taken, close: () => server.forceShutdown() };
}
