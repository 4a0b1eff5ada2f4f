// SPDX-License-Identifier: Apache-2.0
/**
 * OTLP over gRPC by a plain HTTP/2 client, with a connection for each node. A gRPC library would copy each message into a
 * frame of its own; the templates are frames already.
 */
import { type ClientHttp2Session, connect } from 'node:http2';
import { promisify } from 'node:util';
import { gzip, constants as zlib } from 'node:zlib';
import type { LoadMessage } from './load-message.js';
import { PREFIX_BYTES } from './request-template.js';
import type { Answer, Sender } from './sender.js';

/** What senders are told that are to come again: RESOURCE_EXHAUSTED and UNAVAILABLE. */
const RETRYABLE: readonly unknown[] = ['8', '14'];

const HEADERS = {
  ':method': 'POST',
  ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  'content-type': 'application/grpc',
  'user-agent': 'OTel-Collector/load',
  te: 'trailers',
};

export function startGrpcSender({ receiver, shape, gzip: isGzipped }: LoadMessage): Sender {
  const sessions = Array.from({ length: shape.nodeCount + 1 }, () => connect(`http://${receiver}`));
  const headers = { ...HEADERS, ...(isGzipped && { 'grpc-encoding': 'gzip' }) };
  return {
    send: async (node, frame) =>
      call(sessions[node] as ClientHttp2Session, headers, isGzipped ? await compressed(frame) : frame),
    close: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

async function compressed(frame: Buffer): Promise<Buffer> {
  const message = await promisify(gzip)(frame.subarray(PREFIX_BYTES), { level: zlib.Z_BEST_SPEED });
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(1);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function call(session: ClientHttp2Session, headers: Readonly<Record<string, string>>, frame: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    let status: unknown;
    // An error without a message may come with the headers alone.
    stream.once('response', (answer) => (status = answer['grpc-status']));
    stream.once('trailers', (trailers) => (status = trailers['grpc-status']));
    stream.once('error', reject);
    stream.once('close', () => {
      if (status === '0') resolve('taken');
      else if (RETRYABLE.includes(status)) resolve('refused');
      else reject(new Error(`the receiver answered with gRPC status ${status}, HTTP/2 code ${stream.rstCode}`));
    });
    stream.resume();
    stream.end(frame);
  });
}
