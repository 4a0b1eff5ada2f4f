// SPDX-License-Identifier: Apache-2.0
/**
 * OTLP over HTTP: `POST /v1/traces`, protobuf or JSON, plain or gzip. Whatever can be refused is refused on the
 * headers, before a byte of the body is held. Answers come in the encoding of the request, errors as
 * `google.rpc.Status`.
 *
 * An early refusal meets a sender that is still sending. Closing at once would reset the connection, and the sender
 * would often see the reset instead of the answer. So the answer goes out in full, the rest of the body is read and
 * thrown away for a while, and only then is the connection closed.
 *
 * Source: OTLP 1.x, "OTLP/HTTP".
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import { RETRY_AFTER_SECONDS } from './admission.js';
import { CONTENT_TYPES, encodeExportResponse, encodeStatus, messageForSender } from './export-response.js';
import {
  CLOSE_GRACE_MS,
  type ExportEncoding,
  REQUEST_TIMEOUT_MS,
  type Receiver,
  type ReceiverOptions,
  report,
} from './export-sink.js';
import { listen, peerOf } from './listen.js';
import { bodyTooLarge, type ContentEncoding, readBody } from './request-body.js';

export interface HttpReceiverOptions extends ReceiverOptions {
  /** How long the headers of a request may take, in ms. Default 10,000. */
  readonly headersTimeoutMs?: number | undefined;
  /** How long a whole request may take, in ms. Default `REQUEST_TIMEOUT_MS`. */
  readonly requestTimeoutMs?: number | undefined;
  /** Default: the real one. */
  readonly clock?: Clock | undefined;
}

/** The route of OTLP/HTTP for traces. */
export const TRACES_PATH = '/v1/traces';

const HEADERS_TIMEOUT_MS = 10_000;

/** Longer than exporters pause between batches (5 s), so that a connection serves many of them. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** How often Node looks for requests that are out of time: late by a tenth at most. */
const TIMEOUT_CHECKS_PER_TIMEOUT = 10;

/** Bytes of a refused body that are read and thrown away, so that its sender gets to the answer. */
const DRAINED_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Starts the receiver.
 *
 * @throws PanoramaError PANO_ADDRESS_IN_USE or PANO_LISTEN_FAILED
 */
export async function startHttpReceiver(options: HttpReceiverOptions): Promise<Receiver> {
  const headersTimeoutMs = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: Math.max(headersTimeoutMs, options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: Math.ceil(headersTimeoutMs / TIMEOUT_CHECKS_PER_TIMEOUT),
  });
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    void new Exchange(options, server, request, response).run();
  };
  server.on('request', serve);
  // With a listener of its own, `Expect: 100-continue` is answered after the checks of the headers, not before.
  server.on('checkContinue', serve);
  const port = await listen(server, options.host, options.port, '--otlp-http');
  return { host: options.host, port, close: () => close(server, options.clock ?? systemClock) };
}

function close(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(CLOSE_GRACE_MS, () => server.closeAllConnections());
    server.close(() => {
      timer.cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** One request and its answer. */
class Exchange {
  readonly #options: HttpReceiverOptions;
  readonly #server: Server;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #peer: string;
  /** What the answer is written in: the request's encoding, JSON while that is unknown. */
  #encoding: ExportEncoding = 'json';

  constructor(options: HttpReceiverOptions, server: Server, request: IncomingMessage, response: ServerResponse) {
    this.#options = options;
    this.#server = server;
    this.#request = request;
    this.#response = response;
    this.#peer = peerOf(request.socket.remoteAddress, request.socket.remotePort);
  }

  /** Never rejects: whatever goes wrong is answered. */
  async run(): Promise<void> {
    const ticket = this.#options.admission.open();
    // A connection that breaks needs no words: the request's own events say so.
    this.#response.on('error', () => {});
    try {
      const encoding = this.#checkHeaders();
      if (this.#request.headers.expect !== undefined) this.#response.writeContinue();
      const body = await readBody(this.#request, { encoding, bodyBytesMax: this.#options.bodyBytesMax, ticket });
      const result = await this.#options.sink.take({ signal: 'traces', encoding: this.#encoding, body });
      this.#answer(200, encodeExportResponse(result, this.#encoding));
    } catch (thrown) {
      this.#refuse(PanoramaError.from(thrown));
    } finally {
      ticket.release();
    }
  }

  /** Everything that can be said without the body. */
  #checkHeaders(): ContentEncoding {
    const { headers, method = '', url = '' } = this.#request;
    this.#encoding = responseEncoding(headers['content-type']) ?? 'json';
    const path = url.split('?', 1)[0];
    if (path !== TRACES_PATH) {
      throw new PanoramaError('PANO_NOT_FOUND', `there is no such route here; send traces to POST ${TRACES_PATH}`);
    }
    if (method !== 'POST') {
      throw new PanoramaError(
        'PANO_METHOD_NOT_ALLOWED',
        `${TRACES_PATH} takes POST, not ${method}; send traces with POST`,
      );
    }
    if (responseEncoding(headers['content-type']) === undefined) {
      throw new PanoramaError(
        'PANO_BODY_ENCODING',
        `the content type is none of ${Object.values(CONTENT_TYPES).join(', ')}; set the exporter's protocol to http/protobuf or http/json`,
      );
    }
    const encoding = contentEncoding(headers['content-encoding']);
    if (Number(headers['content-length'] ?? 0) > this.#options.bodyBytesMax) {
      throw bodyTooLarge(this.#options.bodyBytesMax, 'as sent');
    }
    return encoding;
  }

  #refuse(error: PanoramaError): void {
    report(this.#options, error, this.#peer);
    if (error.code === 'PANO_METHOD_NOT_ALLOWED') this.#response.setHeader('Allow', 'POST');
    if (error.httpStatus === 503) this.#response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    this.#answer(error.httpStatus, encodeStatus(error.grpcStatus, messageForSender(error), this.#encoding));
  }

  #answer(status: number, body: Buffer): void {
    const response = this.#response;
    if (response.destroyed || response.headersSent) return;
    response.setHeader('Content-Type', CONTENT_TYPES[this.#encoding]);
    response.setHeader('Content-Length', body.length);
    const isRead = this.#request.complete;
    if (!isRead || !this.#server.listening) response.setHeader('Connection', 'close');
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
function responseEncoding(contentType: string | undefined): ExportEncoding | undefined {
  const essence = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (essence === CONTENT_TYPES.protobuf) return 'protobuf';
  return essence === CONTENT_TYPES.json ? 'json' : undefined;
}

function contentEncoding(header: string | undefined): ContentEncoding {
  const coding = header?.trim().toLowerCase() || 'identity';
  if (coding === 'identity' || coding === 'gzip') return coding;
  throw new PanoramaError(
    'PANO_BODY_ENCODING',
    "the content encoding is neither gzip nor identity; set the exporter's compression to gzip or none",
  );
}
