// SPDX-License-Identifier: Apache-2.0
/** A bare gRPC client that sends bytes as they are, and one that misbehaves on the HTTP/2 level. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import {
  type CallOptions,
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { expect } from 'vitest';
import type { Receiver } from '../../../src/engine/ingest/receiver.js';
import { SIGNAL_ROUTES } from '../../../src/engine/ingest/signals.js';

import { toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';
import type { Bench } from './receivers.js';

const EXPORT_PATH = SIGNAL_ROUTES.traces.grpcPath;

/** How a call ended. */
export interface GrpcAnswer {
  readonly code: number;
  readonly details: string;
  /** `grpc-status-details-bin`. */
  readonly statusDetails: Buffer | undefined;
  readonly body: Buffer;
}

export interface GrpcCallOptions extends CallOptions {
  readonly path?: string;
  readonly gzip?: boolean;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Makes one call on a connection of its own. Never rejects: an error is an answer. */
export function call(receiver: Receiver, body: Uint8Array, options: GrpcCallOptions = {}): Promise<GrpcAnswer> {
  const client = new Client(`${receiver.host}:${receiver.port}`, credentials.createInsecure(), {
    'grpc.default_compression_algorithm': options.gzip ? compressionAlgorithms.gzip : compressionAlgorithms.identity,
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
  const serialize = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
  const deserialize = (bytes: Buffer): Buffer => bytes;
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value);
  return new Promise((resolve) => {
    const done = (error: ServiceError | null, answer?: Buffer): void => {
      client.close();
      resolve({
        code: error?.code ?? 0,
        details: error?.details ?? '',
        statusDetails: error?.metadata.get('grpc-status-details-bin')[0] as Buffer | undefined,
        body: answer ?? Buffer.alloc(0),
      });
    };
    client.makeUnaryRequest(options.path ?? EXPORT_PATH, serialize, deserialize, body, metadata, options, done);
  });
}

/** A call whose frames are written by hand. `status` is its `grpc-status`, or `rst` when the stream was reset. */
export interface RawCall {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
  readonly status: Promise<string>;
}

export function rawCall(receiver: Pick<Receiver, 'host' | 'port'>, headers: Record<string, string> = {}): RawCall {
  const session = connect(`http://${receiver.host}:${receiver.port}`);
  session.on('error', () => {});
  const stream = session.request({
    ':method': 'POST',
    ':path': EXPORT_PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.resume();
  stream.on('error', () => {});
  const status = new Promise<string>((resolve) => {
    stream.on('response', (response) => {
      if (response['grpc-status'] !== undefined) resolve(String(response['grpc-status']));
      else if (response[':status'] !== 200) resolve(`http ${response[':status']}`);
    });
    stream.on('trailers', (trailers) => resolve(String(trailers['grpc-status'])));
    stream.on('close', () => resolve('rst'));
  });
  return { session, stream, status };
}

/** A gRPC message: flag, length, bytes. `announced` lies about the length. */
export function frame(body: Uint8Array, announced: number = body.length, flag = 0): Buffer {
  const head = Buffer.alloc(5, flag);
  head.writeUInt32BE(announced, 1);
  return Buffer.concat([head, body]);
}

/** That a call is answered, and nothing is held when all are over. */
export async function expectServing({ receiver, admission }: Bench): Promise<void> {
  expect((await call(receiver, toProtobuf(wireRequest(wireSpan())))).code).toBe(0);
  await expect.poll(() => admission.bytesInFlight, { interval: 1 }).toBe(0);
}
