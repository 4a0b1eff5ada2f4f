// SPDX-License-Identifier: Apache-2.0
/**
 * Admission for gRPC, where the size of a request is not known until all of it is there. A call enters the budget with
 * a guess before its first byte is read, and is topped up to the truth when its message is complete. What a call that
 * is turned away still sends is thrown away as it comes.
 *
 * A call that never finishes would hold its share for ever, so each has a time limit, whether or not its sender set
 * one.
 */
import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import type { Clock, Timer } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import type { AdmissionTicket } from './admission.js';
import { grpcStatus } from './export-response.js';
import { type ReceiverOptions, report } from './export-sink.js';

/**
 * The guess: what a full batch of a default exporter (512 spans) weighs, rounded up. With the default budget 128 calls
 * can be arriving at once. Guessing the largest body instead would let sixteen slow senders shut out all others.
 */
export const CALL_BYTES_GUESS: number = 512 * 1024;

/**
 * The tickets of messages that are handed on. Whoever takes a message takes its ticket out of here, and releases it when
 * the sink has answered: its sender may be gone by then, but the body is still held.
 */
export type HandedTickets = WeakMap<Buffer, AdmissionTicket>;

/** The interceptor that lets calls in. @param timeoutMs how long a request may take to arrive */
export function admitCalls(
  options: ReceiverOptions,
  tickets: HandedTickets,
  clock: Clock,
  timeoutMs: number,
): ServerInterceptor {
  return (_method, call) => new Arrival(options, tickets, call).watch(clock, timeoutMs);
}

/** One call, from its headers until it is over. */
class Arrival {
  readonly #options: ReceiverOptions;
  readonly #call: ServerInterceptingCallInterface;
  readonly #tickets: HandedTickets;
  readonly #ticket: AdmissionTicket;

  constructor(options: ReceiverOptions, tickets: HandedTickets, call: ServerInterceptingCallInterface) {
    this.#options = options;
    this.#call = call;
    this.#tickets = tickets;
    this.#ticket = options.admission.open();
  }

  watch(clock: Clock, timeoutMs: number): ServerInterceptingCall {
    let timer: Timer | undefined;
    let handed: Buffer | undefined;
    return new ServerInterceptingCall(this.#call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            if (!this.#hold(Math.min(CALL_BYTES_GUESS, this.#options.bodyBytesMax))) return;
            timer = clock.setTimer(timeoutMs, () => this.#expire(timeoutMs));
            pass(metadata);
          },
          onReceiveMessage: (message: Buffer, pass) => {
            if (!this.#hold(message.length)) return;
            this.#tickets.set(message, this.#ticket);
            handed = message;
            pass(message);
          },
          // Comes last for every call, however it ended.
          onCancel: () => {
            timer?.cancel();
            if (handed === undefined || this.#tickets.delete(handed)) this.#ticket.release();
          },
        }),
    });
  }

  /** Whether the budget holds so many bytes for this call; if not, the call is answered. */
  #hold(bytes: number): boolean {
    try {
      this.#ticket.holdAtLeast(bytes);
      return true;
    } catch (thrown) {
      const error = PanoramaError.from(thrown);
      report(this.#options, error, this.#call.getPeer());
      this.#call.sendStatus(grpcStatus(error));
      return false;
    }
  }

  #expire(timeoutMs: number): void {
    const message = `the request did not arrive whole within ${timeoutMs} ms; send it again, in smaller batches if it always takes so long`;
    report(this.#options, new PanoramaError('PANO_WIRE_MALFORMED', message), this.#call.getPeer());
    // Not the error's own status: a slow request may be sent again, a malformed one may not.
    this.#call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: message });
  }
}
