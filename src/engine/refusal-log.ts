// SPDX-License-Identifier: Apache-2.0
/**
 * Refused requests in the log, so few that nobody can fill a disk by being refused: of each kind the first of a while are
 * told one by one, and with the first of the next while how many were not.
 */
import type { Clock } from '../model/clock.js';
import type { ErrorCode, PanoramaError } from '../model/errors.js';

/** How long a while is, in ms, and how many are told in it: enough to see which senders are concerned. */
const WHILE_MS = 10_000;
const TOLD_COUNT_MAX = 10;

export interface RefusalWriter {
  warn(fields: object, message: string): void;
}

interface While {
  readonly sinceMs: number;
  told: number;
  untold: number;
}

export class RefusalLog {
  readonly #log: RefusalWriter;
  readonly #clock: Clock;
  /** No larger than there are codes. */
  readonly #whiles = new Map<ErrorCode, While>();

  constructor(log: RefusalWriter, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @param peer the sender's `address:port` */
  note({ code, message }: PanoramaError, peer: string): void {
    const nowMs = this.#clock.monotonicMs();
    let last = this.#whiles.get(code);
    let untold = 0;
    if (last === undefined || nowMs - last.sinceMs >= WHILE_MS) {
      untold = last?.untold ?? 0;
      last = { sinceMs: nowMs, told: 0, untold: 0 };
      this.#whiles.set(code, last);
    }
    if (last.told >= TOLD_COUNT_MAX) {
      last.untold++;
      return;
    }
    last.told++;
    this.#log.warn(untold === 0 ? { code, peer } : { code, peer, untold }, message);
  }
}
