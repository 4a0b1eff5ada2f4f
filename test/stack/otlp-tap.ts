// SPDX-License-Identifier: Apache-2.0
/**
 * An OTLP/gRPC server that keeps what it was sent, byte for byte, and may pass it on. At the end of a way it is somebody's backend; in
 * front of one it knows what applications have exported. What it passes on is what came, and its answer is the next one's.
 */
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { decodeByLibrary, encodeByLibrary } from '../engine/wire/otlp-proto.js';
import type { Certificate } from '../support/certificates.js';

const SIGNALS = { traces: 'trace.v1.Trace', metrics: 'metrics.v1.Metrics', logs: 'logs.v1.Logs' } as const;

type Signal = keyof typeof SIGNALS;

/** A span with all that is said of it, in the words of OTLP. */
export interface TappedSpan {
  readonly resource: unknown;
  readonly resourceSchemaUrl: unknown;
  readonly scope: unknown;
  readonly scopeSchemaUrl: unknown;
  readonly span: { readonly name: string; readonly kind: number; readonly attributes: readonly { key: string }[] };
}

export interface Tap {
  /** `host:port`. */
  readonly address: string;
  /** Every span that came and was taken, in order, and one that came twice twice: its key and the span. */
  spans(): readonly (readonly [string, TappedSpan])[];
  /** Requests that came and were taken. */
  count(signal: Signal): number;
  close(): void;
}

/**
 * @param next `host:port` of those who get it, too; the first one's answer is ours
 * @param onPort where it listens; by default wherever there is room
 * @param certificate what it shows, over TLS; by default it speaks in plain text
 */
export async function startTap(next: readonly string[] = [], onPort = 0, certificate?: Certificate): Promise<Tap> {
  const taken: Record<Signal, Buffer[]> = { traces: [], metrics: [], logs: [] };
  const clients = next.map((address) => new Client(address, credentials.createInsecure()));
  const server = new Server({ 'grpc.max_receive_message_length': 64 * 1024 * 1024 });
  for (const signal of Object.keys(SIGNALS) as Signal[]) {
    const path = pathOf(signal);
    server.addService(rawService(path), {
      export: ({ request }: { request: Buffer }, answer: (error: ServiceError | null, response?: Buffer) => void) => {
        passOn(clients, path, request).then(
          (response) => {
            taken[signal].push(request);
            answer(null, response);
          },
          (error: ServiceError) => answer(error),
        );
      },
    });
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${onPort}`, credentialsOf(certificate), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    spans: () => taken.traces.flatMap(spansIn),
    count: (signal) => taken[signal].length,
    close: () => {
      for (const client of clients) client.close();
      server.forceShutdown();
    },
  };
}

/** Exports spans as an application does. @param request as `encodeByLibrary` has it */
export async function exportSpans(address: string, request: object): Promise<void> {
  const client = new Client(address, credentials.createInsecure());
  try {
    await passOn([client], pathOf('traces'), Buffer.from(encodeByLibrary(request)));
  } finally {
    client.close();
  }
}

function credentialsOf(certificate: Certificate | undefined): ServerCredentials {
  if (certificate === undefined) return ServerCredentials.createInsecure();
  const { cert, key } = certificate;
  return ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }]);
}

const pathOf = (signal: Signal) => `/opentelemetry.proto.collector.${SIGNALS[signal]}Service/Export`;

const same = (bytes: Buffer) => bytes;

function rawService(path: string): ServiceDefinition {
  const codec = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  return { export: { path, requestStream: false, responseStream: false, ...codec } };
}

async function passOn(clients: readonly Client[], path: string, request: Buffer): Promise<Buffer> {
  const answers = clients.map(
    (client) =>
      new Promise<Buffer>((resolve, reject) => {
        client.makeUnaryRequest(path, same, same, request, (error, response) =>
          error ? reject(error) : resolve(response ?? Buffer.alloc(0)),
        );
      }),
  );
  return (await Promise.all(answers))[0] ?? Buffer.alloc(0);
}

interface RawRequest {
  readonly resourceSpans: readonly {
    readonly resource: unknown;
    readonly schemaUrl: unknown;
    readonly scopeSpans: readonly {
      readonly scope: unknown;
      readonly schemaUrl: unknown;
      readonly spans: readonly (TappedSpan['span'] & { traceId: string; spanId: string })[];
    }[];
  }[];
}

function spansIn(body: Buffer): [string, TappedSpan][] {
  const { resourceSpans } = decodeByLibrary(body) as RawRequest;
  return resourceSpans.flatMap(({ resource, schemaUrl: resourceSchemaUrl, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, schemaUrl: scopeSchemaUrl, spans }) =>
      spans.map((span): [string, TappedSpan] => [
        `${span.traceId} ${span.spanId} ${span.kind}`,
        { resource, resourceSchemaUrl, scope, scopeSchemaUrl, span },
      ]),
    ),
  );
}
