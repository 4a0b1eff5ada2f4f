// SPDX-License-Identifier: Apache-2.0
/**
 * The seam behind the receivers. A receiver turns bytes into a batch and hands it to a `SpanSink`; what the sink does
 * with it (observe, queue, forward) is not the receiver's business. The call is synchronous, so a body is either taken
 * or refused by the time the sender is answered, and no batch waits anywhere unseen.
 */
import { PanoramaError } from '../../model/errors.js';
import type { TraceBatch } from '../wire/trace-batch.js';
import type { Admission } from './admission.js';

/** Spans that the sink itself refused, beside those that the decoder did. */
export interface SinkResult {
  readonly rejectedSpans: number;
  /** Why, and what to do; empty where nothing was refused. */
  readonly message: string;
}

export interface SpanSink {
  /**
   * Takes a batch. A `PanoramaError` it throws is answered by its table entry (so `PANO_OVERLOADED` invites a retry);
   * anything else is a fault of the engine, and the receiver lives on.
   */
  accept(batch: TraceBatch): SinkResult;
}

/** A server that listens. */
export interface Receiver {
  /** The host as it was asked for. */
  readonly host: string;
  /** The port it listens on; the real one where 0 was asked for. */
  readonly port: number;
  /** Stops listening, lets requests in flight finish for a bounded time, then cuts them off. Never rejects. */
  readonly close: () => Promise<void>;
}

/** Told of each request that was refused or failed. `peer` is the sender's `address:port`. */
export type ReceiverErrorListener = (error: PanoramaError, peer: string) => void;

/** What both receivers need. */
export interface ReceiverOptions {
  readonly host: string;
  /** 0 to 65,535; 0 lets the system choose. */
  readonly port: number;
  readonly sink: SpanSink;
  /** Shared by all receivers of an engine. */
  readonly admission: Admission;
  /** Bytes of a body, as sent and after decompression. The Collector's gRPC default is 4 MiB. */
  readonly bodyBytesMax: number;
  readonly onError?: ReceiverErrorListener | undefined;
}

/** How long `Receiver.close` waits for requests in flight. */
export const CLOSE_GRACE_MS = 2000;

/** How long a sender may take over one request. Exporters give up after 10 s by default. */
export const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Hands a batch to the sink and adds up what both refused.
 *
 * @throws PanoramaError the sink's own, or PANO_INTERNAL around whatever else it threw
 */
export function deliver(sink: SpanSink, batch: TraceBatch): SinkResult {
  let result: SinkResult;
  try {
    result = sink.accept(batch);
  } catch (thrown) {
    throw PanoramaError.from(thrown);
  }
  return {
    rejectedSpans: batch.rejectedSpans + result.rejectedSpans,
    message: [batch.rejectedMessage, result.message].filter((message) => message !== '').join('; '),
  };
}

/** Tells the listener of an error, if there is one. A listener that throws loses its word, not the request. */
export function report(options: Pick<ReceiverOptions, 'onError'>, error: PanoramaError, peer: string): void {
  try {
    options.onError?.(error, peer);
  } catch {
    // Nobody is left to tell.
  }
}
