// SPDX-License-Identifier: Apache-2.0
/**
 * OTLP over HTTP: `POST /v1/traces`, `/v1/logs` and `/v1/metrics`, protobuf or JSON, plain or compressed. Whatever can be refused is refused on the
 * headers, before a byte of the body is held. Answers come in the encoding of the request, errors as
 * `google.rpc.Status`.
 *
 * An early refusal meets a sender that is still sending. Closing at once would reset the connection, and the sender
 * would often see the reset instead of the answer. So the answer goes out in full, the rest of the body is read and
 * thrown away for a while, and only then is the connection closed.
 *
 * Source: OTLP 1.x, "OTLP/HTTP".
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { systemClock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import { ConnectionRoom } from '../access/connection-room.js';
import { CHALLENGE, type Door, openDoor } from '../access/door.js';
import { withFewUnanswered } from '../access/unanswered-requests.js';
import { bodyTooLarge, COMPRESSION_NAMES, type Compression, compressionOf, unpack } from './compression.js';
import { CONTENT_TYPES, encodeExportResponse, encodeStatus, messageForSender } from './export-response.js';
import type { ExportEncoding } from './export-sink.js';
import { listen, peerOf } from './listen.js';
import {
  CLOSE_GRACE_MS,
  CONNECTION_COUNT_MAX,
  HEADERS_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
  type Receiver,
  type ReceiverOptions,
  report,
  stopping,
} from './receiver.js';
import { readBody } from './request-body.js';
import { RequestMeter } from './request-listener.js';
import { HTTP_PATHS, routeOfHttp, type SignalRoute } from './signals.js';

/** Longer than exporters pause between batches (5 s), so that a connection serves many of them. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** How often Node looks for requests that are out of time: late by a tenth at most. */
const TIMEOUT_CHECKS_PER_TIMEOUT = 10;

/** Bytes of a refused body that are read and thrown away, so that its sender gets to the answer. */
const DRAINED_BYTES_MAX = 16 * 1024 * 1024;

/** Headers of a request: how many are read, and their bytes, which Node answers 431 past. Exporters send a dozen. */
const HEADER_COUNT_MAX = 100;
const HEADER_BYTES_MAX = 16 * 1024;

/**
 * Starts the receiver.
 *
 * @throws PanoramaError PANO_ADDRESS_IN_USE or PANO_LISTEN_FAILED
 */
export async function startHttpReceiver(options: ReceiverOptions): Promise<Receiver> {
  const receiver = new HttpReceiver(options);
  const port = await receiver.listen();
  return { host: options.host, port, close: () => receiver.close() };
}

/** Requests of a connection that wait for their answers: an exporter that does not wait for each is given some rope. */
const UNANSWERED_COUNT_MAX = 32;

class HttpReceiver {
  readonly #options: ReceiverOptions;
  readonly #door: Door;
  readonly #server: Server;
  readonly #exchanges = new Set<Exchange>();
  #isStopping = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    const headersTimeoutMs = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
    this.#door = options.door ?? openDoor('ingest');
    this.#server = this.#door.httpServer({
      headersTimeout: headersTimeoutMs,
      requestTimeout: Math.max(headersTimeoutMs, options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS),
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: Math.ceil(headersTimeoutMs / TIMEOUT_CHECKS_PER_TIMEOUT),
      maxHeaderSize: HEADER_BYTES_MAX,
    });
    this.#server.maxHeadersCount = HEADER_COUNT_MAX;
    const room = new ConnectionRoom(this.#server, options.connectionCountMax ?? CONNECTION_COUNT_MAX);
    const serve = room.holding(
      withFewUnanswered(UNANSWERED_COUNT_MAX, (request, response) => void this.#serve(request, response)),
    );
    this.#server.on('request', serve);
    // With a listener of its own, `Expect: 100-continue` is answered after the checks of the headers, not before.
    this.#server.on('checkContinue', serve);
  }

  listen(): Promise<number> {
    return listen(this.#server, this.#options.host, this.#options.port, '--otlp-http');
  }

  /** Requests that have begun finish; what comes after is told to go elsewhere, and so is what is left after the grace. */
  close(): Promise<void> {
    this.#isStopping = true;
    return new Promise((resolve) => {
      const timer = (this.#options.clock ?? systemClock).setTimer(CLOSE_GRACE_MS, () => {
        for (const exchange of this.#exchanges) exchange.refuse(stopping());
        // After what was written for them has gone out.
        setImmediate(() => {
          this.#server.closeAllConnections();
          this.#door.cutOff();
        });
      });
      this.#server.close(() => {
        timer.cancel();
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new Exchange(this.#options, () => this.#isStopping, request, response);
    this.#exchanges.add(exchange);
    await exchange.run();
    this.#exchanges.delete(exchange);
  }
}

/** One request and its answer. */
class Exchange {
  readonly #options: ReceiverOptions;
  readonly #isStopping: () => boolean;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #peer: string;
  readonly #meter: RequestMeter;
  /** What the answer is written in: the request's encoding, JSON while that is unknown. */
  #encoding: ExportEncoding = 'json';

  constructor(options: ReceiverOptions, isStopping: () => boolean, request: IncomingMessage, response: ServerResponse) {
    this.#options = options;
    this.#isStopping = isStopping;
    this.#request = request;
    this.#response = response;
    this.#peer = peerOf(request.socket.remoteAddress, request.socket.remotePort);
    this.#meter = new RequestMeter('http', options.clock ?? systemClock, options.onRequest);
  }

  /** Never rejects: whatever goes wrong is answered. */
  async run(): Promise<void> {
    const { admission, bodyBytesMax, sink } = this.#options;
    const ticket = admission.open();
    // A connection that breaks needs no words: the request's own events say so.
    this.#response.on('error', () => {});
    try {
      const { route, compression } = this.#checkHeaders();
      if (this.#request.headers.expect !== undefined) this.#response.writeContinue();
      const sent = await readBody(this.#request, { bodyBytesMax, ticket });
      const body = await unpack(sent, compression, bodyBytesMax);
      ticket.holdAtLeast(body.length);
      this.#meter.bytes = body.length;
      const result = await sink.take({ signal: route.signal, encoding: this.#encoding, body });
      this.#answer(200, encodeExportResponse(result, route, this.#encoding));
      this.#meter.end('ok');
    } catch (thrown) {
      this.refuse(PanoramaError.from(thrown));
    } finally {
      ticket.release();
    }
  }

  /** Answers with an error, unless the request has its answer. */
  refuse(error: PanoramaError): void {
    const response = this.#response;
    if (response.headersSent) return;
    this.#meter.end(response.destroyed ? 'lost' : error.code);
    report(this.#options, error, this.#peer);
    if (response.destroyed) return;
    const { retryAfterSeconds } = error;
    if (error.code === 'PANO_METHOD_NOT_ALLOWED') response.setHeader('Allow', 'POST');
    if (error.code === 'PANO_UNAUTHENTICATED') response.setHeader('WWW-Authenticate', CHALLENGE);
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds);
    const message = messageForSender(error);
    this.#answer(error.httpStatus, encodeStatus(error.grpcStatus, message, this.#encoding, retryAfterSeconds));
  }

  /** Everything that can be said without the body. */
  #checkHeaders(): { readonly route: SignalRoute; readonly compression: Compression } {
    const { headers, method = '', url = '' } = this.#request;
    const encoding = encodingOf(headers['content-type']);
    this.#encoding = encoding ?? 'json';
    this.#options.door?.admit(headers);
    if (this.#isStopping()) throw stopping();
    const route = routeOfHttp(url.split('?', 1)[0] as string);
    if (route === undefined) {
      throw new PanoramaError('PANO_NOT_FOUND', `there is no such route here; send with POST to one of ${HTTP_PATHS}`);
    }
    this.#meter.signal = route.signal;
    if (method !== 'POST') {
      throw new PanoramaError(
        'PANO_METHOD_NOT_ALLOWED',
        `${route.httpPath} takes POST, not ${method}; send ${route.signal} with POST`,
      );
    }
    if (encoding === undefined) {
      throw new PanoramaError(
        'PANO_BODY_ENCODING',
        `the content type is none of ${Object.values(CONTENT_TYPES).join(', ')}; set the exporter's protocol to http/protobuf or http/json`,
      );
    }
    const compression = compressionOf(headers['content-encoding']);
    if (compression === undefined) {
      throw new PanoramaError(
        'PANO_BODY_ENCODING',
        `the content encoding is none of ${COMPRESSION_NAMES}; set the exporter's compression to one of them`,
      );
    }
    if (Number(headers['content-length'] ?? 0) > this.#options.bodyBytesMax) {
      throw bodyTooLarge(this.#options.bodyBytesMax, 'as sent');
    }
    return { route, compression };
  }

  #answer(status: number, body: Buffer): void {
    const response = this.#response;
    if (response.destroyed || response.headersSent) return;
    response.setHeader('Content-Type', CONTENT_TYPES[this.#encoding]);
    response.setHeader('Content-Length', body.length);
    const isRead = this.#request.complete;
    if (!isRead || this.#isStopping()) response.setHeader('Connection', 'close');
    response.writeHead(status);
    if (isRead) response.end(body);
    else this.#answerAndDrain(body);
  }

  /** Sends the answer while the request is still coming, and ends it when that is through or has gone on too long. */
  #answerAndDrain(body: Buffer): void {
    const request = this.#request;
    const response = this.#response;
    let drainedBytes = 0;
    response.write(body);
    request.on('data', (part: Buffer) => {
      drainedBytes += part.length;
      if (drainedBytes > DRAINED_BYTES_MAX) response.end();
    });
    request.on('end', () => response.end());
    request.on('error', () => response.destroy());
    request.resume();
  }
}

/** The encoding that a content type names, whatever its parameters; `undefined` for one that OTLP does not know. */
function encodingOf(contentType: string | undefined): ExportEncoding | undefined {
  const essence = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (essence === CONTENT_TYPES.protobuf) return 'protobuf';
  return essence === CONTENT_TYPES.json ? 'json' : undefined;
}
