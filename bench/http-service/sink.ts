// SPDX-License-Identifier: Apache-2.0
/** Takes OTLP over HTTP and over gRPC, and forgets it: what exporters send to, at next to no cost of its own. */
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { serveParent } from '../child.js';

/** Requests that came, by protocol. */
const counts = { http: 0, grpc: 0 };

const http = createServer((request, response) => {
  counts.http++;
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
});
http.keepAliveTimeout = 0;

/** A message of gRPC that is empty: not compressed, of length 0. */
const EMPTY_MESSAGE = Buffer.alloc(5);

const grpc = createHttp2Server();
grpc.on('stream', (stream) => {
  counts.grpc++;
  stream.on('error', () => undefined);
  stream.resume().on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(EMPTY_MESSAGE);
  });
});

http.listen(0, '127.0.0.1', () => {
  grpc.listen(0, '127.0.0.1', () => {
    const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
    serveParent({ http: portOf(http), grpc: portOf(grpc) }, () => counts);
  });
});
