// SPDX-License-Identifier: Apache-2.0
/**
 * The HTTP server of a node: `node:http` and a table from `METHOD /template` to a handler, nothing more. It is the
 * plain kind of server that the HTTP instrumentation has patched for years, so a node's server spans come for free.
 */
import { rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { portFor } from './parent.js';
import { matchPath } from './routes.js';

/**
 * How long an idle connection is kept. Far longer than any pause of the callers: a server that closes a connection
 * just as a caller reuses it makes an error that is nobody's failure.
 */
const KEEP_ALIVE_TIMEOUT_MS = 60_000;

/** Longest request body taken, in bytes: 64 blocks' worth, so that a runaway caller cannot fill the heap. */
const BODY_LENGTH_MAX = 1024 * 1024;

/** One request, as a handler sees it. */
export interface Call {
  /** The `{id}` of the template; empty where it has none. */
  readonly id: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  /** Aborts when the caller hangs up before it has its answer. */
  readonly givenUp: AbortSignal;
  /** What the request came in by. */
  readonly connection: Socket;
}

/** An answer: JSON for an object, bytes for a buffer. */
export interface Reply {
  /** HTTP status; default 200. */
  readonly status?: number;
  readonly body: object | Buffer;
}

export type Handler = (call: Call) => Reply | Promise<Reply>;

/** Handlers by `METHOD /template`. */
export type Handlers = Readonly<Record<string, Handler>>;

/**
 * Listens on the loopback interface, on a port of the system's choice.
 *
 * @param portName names the port in the node's addresses
 * @returns the port
 */
export function listen(portName: string, handlers: Handlers): Promise<number> {
  const server = serverOf(handlers);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(portFor(portName), '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** Listens on a unix socket, in place of one that a process before this one has left there. */
export async function listenAtPath(path: string, handlers: Handlers): Promise<void> {
  await rm(path, { force: true });
  const server = serverOf(handlers);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

function serverOf(handlers: Handlers): http.Server {
  const server = http.createServer((request, response) => {
    void answer(handlers, request, response);
  });
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  return server;
}

async function answer(handlers: Handlers, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const givenUp = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) givenUp.abort();
  });
  let reply: Reply;
  try {
    const match = matchPath(new URL(request.url ?? '/', 'http://node').pathname);
    const handler = match && handlers[`${request.method} ${match.template}`];
    if (!match || !handler) {
      reply = { status: 404, body: { error: `no such route: ${request.method} ${request.url}` } };
    } else {
      const body = await readBody(request);
      const { headers, socket: connection } = request;
      reply = await handler({ id: match.id, headers, body, givenUp: givenUp.signal, connection });
    }
  } catch (error) {
    reply = { status: 500, body: { error: error instanceof Error ? error.message : String(error) } };
  }
  send(response, reply);
}

async function readBody(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LENGTH_MAX) throw new Error(`the body is longer than ${BODY_LENGTH_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: http.ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  const isBytes = Buffer.isBuffer(reply.body);
  const bytes = isBytes ? (reply.body as Buffer) : Buffer.from(JSON.stringify(reply.body));
  response.writeHead(reply.status ?? 200, {
    'content-type': isBytes ? 'application/octet-stream' : 'application/json',
    'content-length': bytes.length,
  });
  response.end(bytes);
}
