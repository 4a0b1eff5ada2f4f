// SPDX-License-Identifier: Apache-2.0
/**
 * The requests that the receivers have answered, counted by how they came and what became of them. The keys are few and
 * fixed: transports, signals and error codes. Of each reason to refuse the last sender is remembered, because whoever has to
 * mend an exporter must first know whose it is.
 */
import type { ErrorCode, PanoramaError } from '../../model/errors.js';
import { cut, ERROR_MESSAGE_LENGTH_MAX } from '../../model/limits.js';
import type { FinishedRequest } from '../ingest/request-listener.js';

/** Requests that came by one transport with one signal and met one answer. */
export interface RequestCount {
  readonly transport: FinishedRequest['transport'];
  readonly signal: FinishedRequest['signal'];
  readonly code: FinishedRequest['code'];
  /** Since the start. */
  readonly requests: number;
  readonly bytes: number;
}

/** The last request that was refused for one reason. The message may quote what was sent. */
export interface LastRefusal {
  readonly code: ErrorCode;
  /** `address:port`. */
  readonly peer: string;
  readonly message: string;
  readonly atMs: number;
}

export class RequestCounts {
  readonly #counts = new Map<string, { -readonly [field in keyof RequestCount]: RequestCount[field] }>();
  readonly #refusals = new Map<ErrorCode, LastRefusal>();

  add({ transport, signal, code, bytes }: FinishedRequest): void {
    const key = `${transport} ${signal} ${code}`;
    let count = this.#counts.get(key);
    if (!count) {
      count = { transport, signal, code, requests: 0, bytes: 0 };
      this.#counts.set(key, count);
    }
    count.requests++;
    count.bytes += bytes;
  }

  noteRefusal({ code, message }: PanoramaError, peer: string, atMs: number): void {
    this.#refusals.set(code, { code, peer, message: cut(message, ERROR_MESSAGE_LENGTH_MAX), atMs });
  }

  counts(): RequestCount[] {
    return [...this.#counts.values()].map((count) => ({ ...count }));
  }

  lastRefusals(): LastRefusal[] {
    return [...this.#refusals.values()];
  }
}
