// SPDX-License-Identifier: Apache-2.0
/** All numbers of an engine at one moment: what the API answers, what is scraped, and what `panorama doctor` looks at. */
import type { EngineCounts, JournalStatus } from '../engine-reader.js';
import type { SignalCounts } from '../signal-counts.js';
import type { ProcessVitals } from './process-vitals.js';
import type { LastRefusal, RequestCount } from './request-counts.js';

/** The threads that decode bodies beside the engine's own. All 0 where there are none. */
export interface DecoderCounts {
  /** Threads that take bodies now. */
  readonly ready: number;
  /** Threads that ended without having been told to, since the start. */
  readonly lost: number;
  /** Bodies given to them, since the start. */
  readonly handedOver: number;
}

export interface EngineStatus {
  readonly startedMs: number;
  readonly uptimeMs: number;
  /** Whether it takes spans. */
  readonly isReady: boolean;
  /** Where it takes them, `host:port`; empty before it does. */
  readonly otlpGrpc: string;
  readonly otlpHttp: string;
  /** `https` where it has TLS. */
  readonly scheme: 'http' | 'https';
  /** Since the start, and what is kept now. */
  readonly counts: EngineCounts;
  readonly signals: Readonly<SignalCounts>;
  readonly journal: JournalStatus;
  readonly requests: readonly RequestCount[];
  readonly refusals: readonly LastRefusal[];
  readonly bytesInFlight: number;
  readonly bytesInFlightMax: number;
  readonly decoders: DecoderCounts;
  readonly viewCountMax: number;
  readonly process: ProcessVitals;
}
