// SPDX-License-Identifier: Apache-2.0
/**
 * A budget of bytes in flight. Every receiver enters the bytes it holds of unfinished requests and leaves when the sink
 * has taken them. When the budget is spent, further requests are turned away at once with an answer that invites a
 * retry: senders then wait, where an engine that accepted everything would run out of memory and lose it all.
 */
import { PanoramaError } from '../../model/errors.js';

/** Default budget: 64 MiB, sixteen of the largest bodies that the receivers take by default. */
export const BYTES_IN_FLIGHT_MAX: number = 64 * 1024 * 1024;

export class Admission {
  readonly bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number = BYTES_IN_FLIGHT_MAX) {
    this.bytesMax = bytesMax;
  }

  /** Bytes now in flight. */
  get bytesInFlight(): number {
    return this.#bytes;
  }

  /** Adds bytes, or adds nothing and says `false` where the budget does not hold them. */
  tryEnter(bytes: number): boolean {
    if (this.#bytes + bytes > this.bytesMax) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Takes bytes off again that `tryEnter` added. */
  leave(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  /** What one request holds of the budget, from its first byte until `release`. */
  open(): AdmissionTicket {
    return new AdmissionTicket(this);
  }
}

/** The bytes of one request. Releasing twice, or growing after the release, is harmless. */
export class AdmissionTicket {
  readonly #admission: Admission;
  #bytes = 0;
  #released = false;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /** Holds `bytes` in all, if that is more than now. @throws PanoramaError PANO_OVERLOADED when the budget is spent */
  holdAtLeast(bytes: number): void {
    const more = bytes - this.#bytes;
    if (more <= 0 || this.#released) return;
    if (!this.#admission.tryEnter(more)) {
      throw new PanoramaError(
        'PANO_OVERLOADED',
        `the engine holds ${this.#admission.bytesInFlight} bytes of unfinished requests and may hold ${this.#admission.bytesMax}; send the request again in a second`,
      );
    }
    this.#bytes = bytes;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#admission.leave(this.#bytes);
  }
}
