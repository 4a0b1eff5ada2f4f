// SPDX-License-Identifier: Apache-2.0
/** What the intake tells of a request, in this order, and what has come in so far. */
import type { Identity } from '../../model/identity.js';
import type { Observation } from '../../model/observation.js';
import type { SettledCall } from '../calls/settled-call.js';
import type { SubjectRef } from '../store/panoramas.js';
import type { KnownPair } from './known-pair.js';

/** An address that turned out to be an instance (or a service with several): what was recorded under it moves. */
export interface Renaming {
  readonly environment: string;
  readonly from: string;
  readonly to: Identity;
}

/** Good calls of one pair. */
export interface GoodCalls {
  readonly count: number;
  /** When the first and the last of them were seen, epoch ms by the engine's clock. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Who an observation is, for whoever wants to know what changed a verdict. Asked at once, or not at all. */
export type Cause = () => string;

/** Times are by the engine's clock. */
export interface IntakeSink {
  /** An instance is no more, because another answers at its address. */
  replaced(subject: SubjectRef, nowMs: number): void;
  renamed(renaming: Renaming, nowMs: number): void;
  /** In order of time, whatever the order in the request. */
  observed(observation: Observation, atMs: number, nowMs: number): void;
  /** Likewise, of calls that went well: a second of them together, where nothing else was observed beside them. */
  wentWell(pair: KnownPair, calls: GoodCalls, cause: Cause, nowMs: number): void;
  /** Of a call about which nothing more will be learned. */
  settled(call: SettledCall, nowMs: number): void;
}

/** What observations came as: whoever is told of one that was refused looks for it there. */
export type ToldAs = 'span' | 'log record';

/** Spans that could not be taken, and the first one's fault; empty where there is none. */
export interface IntakeResult {
  readonly rejectedSpans: number;
  readonly message: string;
}

/** What came in so far, in spans. */
export interface IntakeCounts {
  spans: number;
  observations: number;
  calls: number;
  served: number;
  /** Client spans that a guest had accounted for. */
  accounted: number;
  /** Delivered before and ignored. */
  duplicates: number;
  unidentified: number;
  abandoned: number;
  ignored: number;
  rejected: number;
  /** They came when what they say no longer counts. */
  late: number;
}
