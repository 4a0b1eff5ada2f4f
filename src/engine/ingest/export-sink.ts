// SPDX-License-Identifier: Apache-2.0
/**
 * The seam behind the receivers. A receiver takes a request off the wire and hands its body on as it is; who decodes it,
 * in which thread, and what becomes of it is not the receiver's business. The answer may be a promise, and it means:
 * taken in and judged. Until then the request holds its share of the admission budget, so that no body waits unseen.
 */
import type { PanoramaError } from '../../model/errors.js';
import type { Admission } from './admission.js';

/** What OTLP carries. */
export type Signal = 'traces' | 'logs' | 'metrics';

/** How a request is encoded, and so its response. */
export type ExportEncoding = 'protobuf' | 'json';

/** One export request, uncompressed and undecoded. */
export interface ExportRequest {
  readonly signal: Signal;
  readonly encoding: ExportEncoding;
  readonly body: Uint8Array;
}

/** What was not taken of a request. */
export interface ExportResult {
  /** Spans, log records or data points. */
  readonly rejected: number;
  /** Why, and what to do; empty where nothing was refused. */
  readonly message: string;
}

export interface ExportSink {
  /**
   * Takes a request in. A `PanoramaError` that it throws, or rejects with, is answered by its table entry (so
   * `PANO_OVERLOADED` invites a retry); anything else is a fault of the engine, and the receiver lives on.
   */
  take(request: ExportRequest): ExportResult | Promise<ExportResult>;
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
  readonly sink: ExportSink;
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

/** Tells the listener of an error, if there is one. A listener that throws loses its word, not the request. */
export function report(options: Pick<ReceiverOptions, 'onError'>, error: PanoramaError, peer: string): void {
  try {
    options.onError?.(error, peer);
  } catch {
    // Nobody is left to tell.
  }
}
