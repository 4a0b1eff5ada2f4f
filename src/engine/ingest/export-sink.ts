// SPDX-License-Identifier: Apache-2.0
/**
 * The seam behind the receivers. A receiver takes a request off the wire and hands its body on as it is; who decodes it,
 * in which thread, and what becomes of it is not the receiver's business. The answer may be a promise, and it means:
 * taken in and judged. Until then the request holds its share of the admission budget, so that no body waits unseen.
 */
/** What OTLP carries. */
export type Signal = 'traces' | 'logs' | 'metrics';

/** How a request is encoded, and so its response. */
export type ExportEncoding = 'protobuf' | 'json';

/** One export request, uncompressed and undecoded. Its body is the receiver's again once the answer is there. */
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
