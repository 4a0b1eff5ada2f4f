// SPDX-License-Identifier: Apache-2.0
/** What both receivers have in common: what they are given, how long and how many they let, and how they end. */
import type { Clock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import type { Door } from '../access/door.js';
import type { Admission } from './admission.js';
import type { ExportSink } from './export-sink.js';
import type { RequestListener } from './request-listener.js';

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
  /** How long a connection may take until it sends a request's headers, in ms. Default `HEADERS_TIMEOUT_MS`. */
  readonly headersTimeoutMs?: number | undefined;
  /** How long a whole request may take to arrive, in ms. Default `REQUEST_TIMEOUT_MS`. */
  readonly requestTimeoutMs?: number | undefined;
  /** Connections at once; past it a silent one makes room for the next. Default `CONNECTION_COUNT_MAX`. */
  readonly connectionCountMax?: number | undefined;
  /** Makes the server that listens, and lets requests in. Default: plain text, and everybody. */
  readonly door?: Door | undefined;
  /** Default: the real one. */
  readonly clock?: Clock | undefined;
  readonly onError?: ReceiverErrorListener | undefined;
  /** Told of each request when it is over. */
  readonly onRequest?: RequestListener | undefined;
}

/**
 * Connections that a receiver holds at once, where the process may open as many files. Each may be a process that exports by
 * itself, and costs 10 KB, or 21 over gRPC.
 */
export const CONNECTION_COUNT_MAX = 10_000;

/** How long a connection may take over what comes before a request's body, in ms. */
export const HEADERS_TIMEOUT_MS = 10_000;

/** How long `Receiver.close` waits for requests in flight, in ms. */
export const CLOSE_GRACE_MS = 2000;

/** How long a sender may take over one request. Exporters give up after 10 s by default. In ms. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** Tells the listener of an error, if there is one. A listener that throws loses its word, not the request. */
export function report(options: Pick<ReceiverOptions, 'onError'>, error: PanoramaError, peer: string): void {
  try {
    options.onError?.(error, peer);
  } catch {
    // Nobody is left to tell.
  }
}

/** The error of a request that comes, or is still coming, while the engine stops. */
export function stopping(): PanoramaError {
  return new PanoramaError(
    'PANO_STOPPING',
    'the engine is stopping; send the request again, to another or to the next',
  );
}
