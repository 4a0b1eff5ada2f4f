// SPDX-License-Identifier: Apache-2.0
/**
 * One call of gRPC, from its headers to its trailers, on a stream of `node:http2`. A message is five bytes (a flag, a
 * length) and a body; it is unpacked once all of it is here and nothing before has refused it. The bytes are entered in
 * the admission budget as they come, so that an announced length reserves nothing.
 *
 * A call that is refused is answered at once, in headers alone. Its sender may still be sending: the stream is then reset
 * without an error, as HTTP/2 has it for a server that needs no more.
 *
 * Source: gRPC over HTTP/2; OTLP 1.x, "OTLP/gRPC".
 */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Clock, Timer } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import type { AdmissionTicket } from './admission.js';
import type { BodyBuffers } from './body-buffers.js';
import { bodyTooLarge, COMPRESSION_NAMES, type Compression, compressionOf, unpack } from './compression.js';
import { encodeExportResponse } from './export-response.js';
import { grpcTrailers } from './grpc-status.js';
import { type ReceiverOptions, report, stopping } from './receiver.js';
import { RequestMeter } from './request-listener.js';
import { routeOfGrpc, type SignalRoute } from './signals.js';

/** What a call knows of its receiver. */
export interface CallHost {
  readonly options: ReceiverOptions;
  readonly clock: Clock;
  readonly buffers: BodyBuffers;
  /** How long a message may take to arrive. */
  readonly requestTimeoutMs: number;
  readonly isStopping: () => boolean;
  /** The call is over, and nothing of it is held any more. */
  readonly onOver: (call: GrpcCall) => void;
}

/**
 * What a call holds of the budget beside its bytes: a stream of HTTP/2 costs some kilobytes before its first one. With the
 * default budget 8,192 calls can be open at once.
 */
export const CALL_BYTES_MIN: number = 8 * 1024;

/** Flag and length before a message. */
const PREFIX_BYTES = 5;

const CONTENT_TYPE = 'application/grpc';
const RESPONSE_HEADERS = { ':status': 200, 'content-type': CONTENT_TYPE } as const;
const OK_TRAILERS = { 'grpc-status': '0' } as const;
/** DEADLINE_EXCEEDED: a request that was too slow may be sent again, a malformed one may not. */
const DEADLINE_EXCEEDED = 4;

export class GrpcCall {
  readonly #host: CallHost;
  readonly #stream: ServerHttp2Stream;
  readonly #peer: () => string;
  readonly #ticket: AdmissionTicket;
  readonly #meter: RequestMeter;
  readonly #parts: Buffer[] = [];
  #route!: SignalRoute;
  #compression: Compression = 'identity';
  #timer: Timer | undefined;
  #bytes = 0;
  #isCompressed = false;
  /** Bytes of the message by its prefix; unknown before that is here. */
  #announced = -1;
  #isAnswered = false;
  /** The sink has the body; the ticket is released when it answers. */
  #isHanded = false;

  constructor(host: CallHost, stream: ServerHttp2Stream, peer: () => string) {
    this.#host = host;
    this.#stream = stream;
    this.#peer = peer;
    this.#ticket = host.options.admission.open();
    this.#meter = new RequestMeter('grpc', host.clock, host.options.onRequest);
  }

  start(headers: IncomingHttpHeaders): void {
    const stream = this.#stream;
    stream.on('error', ignore);
    stream.on('close', () => this.#end());
    if (headers[':method'] !== 'POST' || !headers['content-type']?.startsWith(CONTENT_TYPE)) {
      this.#isAnswered = true;
      this.#meter.end('PANO_BODY_ENCODING');
      stream.respond({ ':status': 415 }, { endStream: true });
      stream.close(constants.NGHTTP2_NO_ERROR);
      return;
    }
    try {
      this.#check(headers);
    } catch (thrown) {
      this.refuse(PanoramaError.from(thrown));
      return;
    }
    const { clock, requestTimeoutMs } = this.#host;
    this.#timer = clock.setTimer(requestTimeoutMs, () => this.#expire());
    stream.on('data', (part: Buffer) => this.#take(part));
    stream.on('end', () => void this.#finish());
  }

  /** Answers with an error, unless the call has its answer. */
  refuse(error: PanoramaError, status: number = error.grpcStatus): void {
    if (this.#isAnswered) return;
    this.#meter.end(error.code);
    report(this.#host.options, error, this.#peer());
    this.#isAnswered = true;
    this.#forget();
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    stream.respond({ ...RESPONSE_HEADERS, ...grpcTrailers(error, status) }, { endStream: true });
    if (stream.readableEnded) return;
    stream.resume();
    stream.close(constants.NGHTTP2_NO_ERROR);
  }

  /** Everything that can be said without the message. */
  #check(headers: IncomingHttpHeaders): void {
    const path = headers[':path'] ?? '';
    const route = routeOfGrpc(path);
    const { authorization } = headers;
    this.#host.options.door?.admit({ authorization });
    if (this.#host.isStopping()) throw stopping();
    if (route === undefined) {
      throw new PanoramaError(
        'PANO_METHOD_NOT_ALLOWED',
        'there is no such method here; send traces, logs or metrics with the Export method of their OTLP service',
      );
    }
    this.#meter.signal = route.signal;
    const encoding = headers['grpc-encoding'];
    const compression = compressionOf(typeof encoding === 'string' ? encoding : undefined);
    if (compression === undefined) {
      throw new PanoramaError(
        'PANO_BODY_ENCODING',
        `the message's encoding is none of ${COMPRESSION_NAMES}; set the exporter's compression to one of them`,
      );
    }
    this.#ticket.holdAtLeast(CALL_BYTES_MIN);
    this.#route = route;
    this.#compression = compression;
  }

  #take(part: Buffer): void {
    if (this.#isAnswered) return;
    this.#bytes += part.length;
    try {
      this.#parts.push(part);
      if (this.#announced < 0 && this.#bytes >= PREFIX_BYTES) this.#readPrefix();
      if (this.#announced >= 0 && this.#bytes > PREFIX_BYTES + this.#announced) {
        throw malformed(`a call takes one message, and bytes follow the ${this.#announced} that this one announced`);
      }
      this.#ticket.holdAtLeast(this.#bytes);
    } catch (thrown) {
      this.refuse(PanoramaError.from(thrown));
    }
  }

  #readPrefix(): void {
    const first = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts.splice(0));
    const flag = first[0] as number;
    this.#announced = first.readUInt32BE(1);
    this.#parts[0] = first.subarray(PREFIX_BYTES);
    const { bodyBytesMax } = this.#host.options;
    if (this.#announced > bodyBytesMax) throw bodyTooLarge(bodyBytesMax, 'as sent');
    if (flag > 1) throw malformed(`the message's flag is ${flag}`);
    this.#isCompressed = flag === 1;
    if (this.#isCompressed && this.#compression === 'identity') {
      throw malformed('the message is marked as compressed, and no grpc-encoding says how');
    }
  }

  async #finish(): Promise<void> {
    // Reset by its sender: nobody waits for an answer.
    if (this.#isAnswered || this.#stream.aborted) return;
    this.#timer?.cancel();
    let joined: Buffer | undefined;
    try {
      if (this.#announced < 0 || this.#bytes < PREFIX_BYTES + this.#announced) {
        throw malformed(`the call ended after ${this.#bytes} bytes, before its message did`);
      }
      this.#isHanded = true;
      joined = this.#host.buffers.join(this.#parts, this.#announced);
      this.#parts.length = 0;
      const body = this.#isCompressed ? await this.#unpack(joined) : joined;
      this.#meter.bytes = body.length;
      const { sink } = this.#host.options;
      const taken = sink.take({ signal: this.#route.signal, encoding: 'protobuf', body });
      const result = taken instanceof Promise ? await taken : taken;
      this.#answer(encodeExportResponse(result, this.#route, 'protobuf'));
      this.#meter.end('ok');
    } catch (thrown) {
      const error = PanoramaError.from(thrown);
      this.#meter.end(error.code);
      if (this.#isAnswered) report(this.#host.options, error, this.#peer());
      else this.refuse(error);
    } finally {
      if (joined) this.#host.buffers.giveBack(joined);
      this.#isHanded = false;
      this.#forget();
    }
  }

  async #unpack(sent: Buffer): Promise<Buffer> {
    const body = await unpack(sent, this.#compression, this.#host.options.bodyBytesMax);
    this.#ticket.holdAtLeast(body.length);
    return body;
  }

  #answer(message: Buffer): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32BE(message.length, 1);
    stream.on('wantTrailers', () => stream.sendTrailers(OK_TRAILERS));
    stream.respond(RESPONSE_HEADERS, { waitForTrailers: true });
    stream.end(message.length === 0 ? prefix : Buffer.concat([prefix, message]));
  }

  #expire(): void {
    const { requestTimeoutMs } = this.#host;
    const message = `the request did not arrive whole within ${requestTimeoutMs} ms; send it again, in smaller batches if it always takes so long`;
    this.refuse(new PanoramaError('PANO_WIRE_MALFORMED', message), DEADLINE_EXCEEDED);
  }

  /** The stream is gone, because the call is over or its sender went away. */
  #end(): void {
    this.#isAnswered = true;
    if (!this.#isHanded) this.#meter.end('lost');
    this.#forget();
    this.#host.onOver(this);
  }

  /** Gives back what is held, but for a body that the sink still works on. */
  #forget(): void {
    this.#timer?.cancel();
    if (this.#isHanded) return;
    this.#parts.length = 0;
    this.#ticket.release();
  }
}

function malformed(what: string): PanoramaError {
  return new PanoramaError(
    'PANO_WIRE_MALFORMED',
    `malformed gRPC: ${what}; send one message a call, as gRPC frames it`,
  );
}

function ignore(): void {}
