// SPDX-License-Identifier: Apache-2.0
/**
 * Reading a request's body without trusting its size. The bound holds for the bytes on the wire and again for what they
 * unpack to, checked as they come: a gzip bomb is dropped at the first byte too many, not after it has gone off. Every
 * byte held is entered in the admission budget.
 */
import type { IncomingMessage } from 'node:http';
import { createGunzip, type Gunzip } from 'node:zlib';
import { PanoramaError } from '../../model/errors.js';
import type { AdmissionTicket } from './admission.js';

export type ContentEncoding = 'identity' | 'gzip';

export interface BodyOptions {
  readonly encoding: ContentEncoding;
  /** Bytes of the body, as sent and after decompression. */
  readonly bodyBytesMax: number;
  /** Grows with the body. The caller releases it, once it is done with the bytes or has been told of an error. */
  readonly ticket: AdmissionTicket;
}

/**
 * Reads the body to its end. On an error the request is left unread where it stands.
 *
 * @throws PanoramaError PANO_BODY_TOO_LARGE, PANO_OVERLOADED, or PANO_WIRE_MALFORMED for a body that breaks off or is
 *   not the gzip it says it is
 */
export function readBody(request: IncomingMessage, options: BodyOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const reading = new BodyReading(request, options, resolve, reject);
    reading.start();
  });
}

/** The error of a body that is too large. @param how `as sent` or `after decompression` */
export function bodyTooLarge(bodyBytesMax: number, how: string): PanoramaError {
  return new PanoramaError(
    'PANO_BODY_TOO_LARGE',
    `the body is larger than ${bodyBytesMax} bytes ${how}; make the exporter's batches smaller`,
  );
}

class BodyReading {
  readonly #request: IncomingMessage;
  readonly #options: BodyOptions;
  readonly #resolve: (body: Buffer) => void;
  readonly #reject: (error: PanoramaError) => void;
  readonly #gunzip: Gunzip | undefined;
  readonly #parts: Buffer[] = [];
  #sentBytes = 0;
  #heldBytes = 0;
  #settled = false;

  constructor(
    request: IncomingMessage,
    options: BodyOptions,
    resolve: (body: Buffer) => void,
    reject: (error: PanoramaError) => void,
  ) {
    this.#request = request;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#gunzip = options.encoding === 'gzip' ? createGunzip() : undefined;
  }

  start(): void {
    const request = this.#request;
    request.on('data', this.#onData);
    request.on('end', this.#onEnd);
    request.on('close', this.#onClose);
    request.on('error', this.#onClose);
    this.#gunzip?.on('data', (part: Buffer) => this.#hold(part, 'after decompression'));
    this.#gunzip?.on('end', () => this.#finish());
    this.#gunzip?.on('drain', () => request.resume());
    this.#gunzip?.on('error', (error) =>
      this.#fail(
        new PanoramaError(
          'PANO_WIRE_MALFORMED',
          `the body is announced as gzip and breaks off or is not gzip after ${this.#sentBytes} bytes; compress it, or leave out Content-Encoding`,
          error,
        ),
      ),
    );
  }

  readonly #onData = (part: Buffer): void => {
    this.#sentBytes += part.length;
    if (this.#gunzip === undefined) this.#hold(part, 'as sent');
    else if (this.#sentBytes > this.#options.bodyBytesMax)
      this.#fail(bodyTooLarge(this.#options.bodyBytesMax, 'as sent'));
    // Unpacking runs behind the network: without the pause, what is sent would pile up before it.
    else if (!this.#gunzip.write(part)) this.#request.pause();
  };

  readonly #onEnd = (): void => {
    if (this.#gunzip === undefined) this.#finish();
    else this.#gunzip.end();
  };

  readonly #onClose = (): void => {
    if (this.#request.complete) return;
    this.#fail(
      new PanoramaError(
        'PANO_WIRE_MALFORMED',
        `the connection was closed after ${this.#sentBytes} bytes of the body; the sender should send the request again`,
      ),
    );
  };

  #hold(part: Buffer, how: string): void {
    if (this.#settled) return;
    this.#heldBytes += part.length;
    if (this.#heldBytes > this.#options.bodyBytesMax) {
      this.#fail(bodyTooLarge(this.#options.bodyBytesMax, how));
      return;
    }
    try {
      this.#options.ticket.holdAtLeast(this.#heldBytes);
    } catch (error) {
      this.#fail(PanoramaError.from(error));
      return;
    }
    this.#parts.push(part);
  }

  #finish(): void {
    if (this.#settled) return;
    this.#settle();
    this.#resolve(this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts));
  }

  #fail(error: PanoramaError): void {
    if (this.#settled) return;
    this.#settle();
    this.#parts.length = 0;
    this.#request.pause();
    this.#reject(error);
  }

  #settle(): void {
    this.#settled = true;
    this.#request.off('data', this.#onData);
    this.#request.off('end', this.#onEnd);
    this.#request.off('close', this.#onClose);
    this.#gunzip?.destroy();
  }
}
