// SPDX-License-Identifier: Apache-2.0
/** Requests of attackers: heads written by hand, gRPC messages whose lengths lie, and gzip that unpacks to far more than it is. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { gzipSync } from 'node:zlib';

export const EXPORT_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** The head of a POST; `headers` are lines. */
export function headOf(...headers: readonly string[]): string {
  return [
    'POST /v1/traces HTTP/1.1',
    'host: localhost',
    'content-type: application/x-protobuf',
    ...headers,
    '',
    '',
  ].join('\r\n');
}

/** A gRPC message's five bytes of head. */
export function messageHead(announcedBytes: number, compressed = false): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(announcedBytes, 1);
  return head;
}

/** A call that goes on until it is answered: its `grpc-status`, `http` and a status, or `reset`. */
export interface OpenCall {
  readonly stream: ClientHttp2Stream;
  readonly status: Promise<string>;
}

export function openSession(address: string): ClientHttp2Session {
  const session = connect(`http://${address}`);
  session.on('error', () => {});
  return session;
}

export function openCall(session: ClientHttp2Session, headers: Record<string, string> = {}): OpenCall {
  const stream = session.request({
    ...{ ':method': 'POST', ':path': EXPORT_PATH, 'content-type': 'application/grpc', te: 'trailers' },
    ...headers,
  });
  stream.on('error', () => {});
  stream.resume();
  const status = new Promise<string>((resolve) => {
    stream.on('response', (response) => {
      if (response['grpc-status'] !== undefined) resolve(String(response['grpc-status']));
      else if (response[':status'] !== 200) resolve(`http ${response[':status']}`);
    });
    stream.on('trailers', (trailers) => resolve(String(trailers['grpc-status'])));
    stream.on('close', () => resolve('reset'));
  });
  return { stream, status };
}

/**
 * Gzip of so many MiB of zeros, a thousandth of their size. It is made of members, which gzip allows and every
 * unpacker follows.
 */
export function bomb(mebibytes: number): Buffer {
  const member = gzipSync(Buffer.alloc(16 * 1024 * 1024), { level: 9 });
  return Buffer.concat(Array.from({ length: Math.ceil(mebibytes / 16) }, () => member));
}

/** One stream of zeros. */
export function plainBomb(mebibytes: number): Buffer {
  return gzipSync(Buffer.alloc(mebibytes * 1024 * 1024), { level: 9 });
}
