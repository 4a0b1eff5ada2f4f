// SPDX-License-Identifier: Apache-2.0
/**
 * gRPC between nodes: unary calls, JSON in place of protobuf messages so that a message is readable where it is used. The
 * stock instrumentation sees `/package.Service/Method`, as with generated code.
 *
 * `@grpc/grpc-js` is loaded by `require`, where OpenTelemetry's instrumentation finds it.
 */
import { createRequire } from 'node:module';
import type { ServerUnaryCall, ServiceError } from '@grpc/grpc-js';
import { grpcInterceptors } from 'panorama-otel/baggage';
import { portFor } from './parent.js';

const grpc: typeof import('@grpc/grpc-js') = createRequire(import.meta.url)('@grpc/grpc-js');

/** What brings back with each answer who gave it and whose failure it met. */
const interceptors = grpcInterceptors(grpc);

export const RpcStatus: typeof grpc.status = grpc.status;

/** One call as its handler sees it. */
export interface RpcContext {
  /** Aborts when the caller hangs up or its deadline passes. */
  readonly givenUp: AbortSignal;
}

/** Serves one method. What it throws is the call's error: `RpcError` with its code, all else `INTERNAL`. */
// biome-ignore lint/suspicious/noExplicitAny: the shape of a message is the claim of whoever serves it; both ends are in this folder.
export type RpcHandler = (request: any, context: RpcContext) => Promise<object> | object;

/** An error with a code of gRPC. */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const toBytes = (message: object): Buffer => Buffer.from(JSON.stringify(message));
const fromBytes = (bytes: Buffer): object => JSON.parse(bytes.toString('utf8')) as object;
const UNARY = { requestStream: false, responseStream: false } as const;
const JSON_MESSAGES = {
  requestSerialize: toBytes,
  requestDeserialize: fromBytes,
  responseSerialize: toBytes,
  responseDeserialize: fromBytes,
} as const;

/**
 * Serves methods on a port of the loopback interface.
 *
 * @param portName names the port in the node's addresses
 * @param services handlers by `package.Service` and method
 * @returns the port
 */
export function serveRpc(
  portName: string,
  services: Readonly<Record<string, Readonly<Record<string, RpcHandler>>>>,
): Promise<number> {
  const server = new grpc.Server({ interceptors: [interceptors.server] });
  for (const [service, methods] of Object.entries(services)) {
    const names = Object.keys(methods);
    const definition = Object.fromEntries(
      names.map((name) => [name, { path: `/${service}/${name}`, ...UNARY, ...JSON_MESSAGES }]),
    );
    const handlers = Object.fromEntries(names.map((name) => [name, unary(methods[name] as RpcHandler)]));
    server.addService(definition, handlers);
  }
  return new Promise((resolve, reject) => {
    const address = `127.0.0.1:${portFor(portName)}`;
    server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

type Answer = (error: Partial<ServiceError> | null, answer?: object) => void;

function unary(handler: RpcHandler): (call: ServerUnaryCall<object, object>, answer: Answer) => void {
  return (call, answer) => {
    const givenUp = new AbortController();
    call.on('cancelled', () => givenUp.abort());
    Promise.resolve()
      .then(() => handler(call.request, { givenUp: givenUp.signal }))
      .then(
        (reply) => answer(null, reply),
        (error: unknown) => {
          const code = error instanceof RpcError ? error.code : RpcStatus.INTERNAL;
          const details = error instanceof Error ? error.message : String(error);
          answer({ code, details });
        },
      );
  };
}

/** How a connection is found to be broken though nobody has closed it. */
export interface Keepalive {
  readonly intervalMs: number;
  /** A probe that is not answered within this ends the connection and the calls on it. */
  readonly timeoutMs: number;
}

/** Calls one service at one address. The connection is kept, and made again after it was lost. */
export class RpcClient {
  readonly #client: InstanceType<typeof grpc.Client>;
  readonly #service: string;

  /** @param address `host:port` */
  constructor(address: string, service: string, keepalive?: Keepalive) {
    this.#service = service;
    this.#client = new grpc.Client(address, grpc.credentials.createInsecure(), {
      // A node that comes back is to be found at once, not after two minutes.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
      interceptors: [interceptors.client],
      ...(keepalive && {
        'grpc.keepalive_time_ms': keepalive.intervalMs,
        'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
      }),
    });
  }

  /**
   * Makes one call.
   *
   * @throws ServiceError of gRPC, with its `code`, when the callee answers an error, cannot be reached, or is too late
   */
  call<Reply>(method: string, request: object, timeoutMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/${this.#service}/${method}`,
        toBytes,
        fromBytes,
        request,
        { deadline: Date.now() + timeoutMs },
        (error, reply) => (error ? reject(error) : resolve(reply as Reply)),
      );
    });
  }

  /** Closes the connection. */
  close(): void {
    this.#client.close();
  }
}
