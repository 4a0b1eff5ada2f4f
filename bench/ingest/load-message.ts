// SPDX-License-Identifier: Apache-2.0
/** What the bench and its load generator tell each other. */
import type { LoadShape } from './request-template.js';

export const TRANSPORTS = ['grpc', 'http'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** Where the load goes. */
export interface LoadTarget {
  readonly transport: Transport;
  /** `host:port` of the receiver. */
  readonly receiver: string;
  /** `host:port` of the engine's API; without one nobody is asked for verdicts. */
  readonly api?: string | undefined;
}

export interface LoadMessage extends LoadTarget {
  readonly shape: LoadShape;
  /** Requests on their way at once. */
  readonly inFlight: number;
  readonly gzip: boolean;
}

/** Until when to send. */
export interface LoadOrder {
  readonly seconds: number;
  /** Ends no sooner than after so many laps. */
  readonly lapsMin: number;
  /** Spans per second; without it as many as are taken. */
  readonly spansPerSecond?: number | undefined;
}

/** What came of it. */
export interface LoadResult {
  readonly spans: number;
  readonly requests: number;
  readonly refused: number;
  readonly bytes: number;
  readonly seconds: number;
  /** CPU seconds of the generator itself. */
  readonly ownCpuSeconds: number;
  /** From just before the last bytes of a failure were sent until its verdict was known, each in ms. */
  readonly verdictMs: readonly number[];
  /** Failures whose verdict did not come with the answer, but later or never. */
  readonly lateVerdicts: number;
}
