// SPDX-License-Identifier: Apache-2.0
/**
 * Reading a request's body as it was sent, without trusting its size: the bound is checked as the bytes come, and every
 * byte held is entered in the admission budget.
 */
import type { IncomingMessage } from 'node:http';
import { PanoramaError } from '../../model/errors.js';
import type { AdmissionTicket } from './admission.js';
import { bodyTooLarge } from './compression.js';

export interface BodyOptions {
  /** Bytes of the body as sent. */
  readonly bodyBytesMax: number;
  /** Grows with the body. The caller releases it, once it is done with the bytes or has been told of an error. */
  readonly ticket: AdmissionTicket;
}

/**
 * Reads the body to its end. On an error the request is left unread where it stands.
 *
 * @throws PanoramaError PANO_BODY_TOO_LARGE, PANO_OVERLOADED, or PANO_WIRE_MALFORMED for a body that breaks off
 */
export function readBody(request: IncomingMessage, options: BodyOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    new BodyReading(request, options, resolve, reject).start();
  });
}

class BodyReading {
  readonly #request: IncomingMessage;
  readonly #options: BodyOptions;
  readonly #resolve: (body: Buffer) => void;
  readonly #reject: (error: PanoramaError) => void;
  readonly #parts: Buffer[] = [];
  #bytes = 0;

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
  }

  start(): void {
    const request = this.#request;
    request.on('data', this.#onData);
    request.on('end', this.#onEnd);
    request.on('close', this.#onClose);
    request.on('error', this.#onClose);
  }

  readonly #onData = (part: Buffer): void => {
    const { bodyBytesMax, ticket } = this.#options;
    this.#bytes += part.length;
    this.#parts.push(part);
    try {
      if (this.#bytes > bodyBytesMax) throw bodyTooLarge(bodyBytesMax, 'as sent');
      ticket.holdAtLeast(this.#bytes);
    } catch (error) {
      this.#fail(PanoramaError.from(error));
    }
  };

  readonly #onEnd = (): void => {
    this.#stop();
    this.#resolve(this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts));
  };

  readonly #onClose = (): void => {
    if (this.#request.complete) return;
    this.#fail(
      new PanoramaError(
        'PANO_WIRE_MALFORMED',
        `the connection was closed after ${this.#bytes} bytes of the body; the sender should send the request again`,
      ),
    );
  };

  #fail(error: PanoramaError): void {
    this.#stop();
    this.#parts.length = 0;
    this.#request.pause();
    this.#reject(error);
  }

  #stop(): void {
    this.#request.off('data', this.#onData);
    this.#request.off('end', this.#onEnd);
    this.#request.off('close', this.#onClose);
  }
}
