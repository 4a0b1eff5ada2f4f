// SPDX-License-Identifier: Apache-2.0
/**
 * What a receiver tells of each request when it is over, whatever became of it: once, and also of those that were turned
 * away before anything of them was read, or an overloaded engine would look idle.
 */
import type { Clock } from '../../model/clock.js';
import type { ErrorCode } from '../../model/errors.js';

export interface FinishedRequest {
  readonly transport: 'grpc' | 'http';
  /** `none` where the request was turned away before it was known what it carries. */
  readonly signal: 'traces' | 'logs' | 'metrics' | 'none';
  /** `ok`, also of one that was taken in part; `lost` where it ended before it was whole; else why it was refused. */
  readonly code: 'ok' | 'lost' | ErrorCode;
  /** Bytes of its body, uncompressed; 0 where it was never whole. */
  readonly bytes: number;
  /** From its headers to its answer, in ms. */
  readonly ms: number;
}

/** Never throws. */
export type RequestListener = (request: FinishedRequest) => void;

/** One request from its headers on. */
export class RequestMeter {
  signal: FinishedRequest['signal'] = 'none';
  bytes = 0;
  readonly #transport: FinishedRequest['transport'];
  readonly #listener: RequestListener | undefined;
  readonly #clock: Clock;
  readonly #startMs: number;
  #isOver = false;

  constructor(transport: FinishedRequest['transport'], clock: Clock, listener: RequestListener | undefined) {
    this.#transport = transport;
    this.#listener = listener;
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
  }

  /** Tells of the request. Only the first call counts, so that whatever comes last may say `lost`. */
  end(code: FinishedRequest['code']): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const ms = this.#clock.monotonicMs() - this.#startMs;
    this.#listener?.({ transport: this.#transport, signal: this.signal, code, bytes: this.bytes, ms });
  }
}
