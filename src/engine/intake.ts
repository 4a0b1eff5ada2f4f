// SPDX-License-Identifier: Apache-2.0
/** What one export request comes to, and what has come in so far. */
import type { Identity } from '../model/identity.js';
import type { Observation } from '../model/observation.js';
import type { SettledCall } from './calls/settled-call.js';

/** An observation and when it was seen by the engine's clock. */
export interface DatedObservation {
  readonly observation: Observation;
  readonly atMs: number;
}

/** An address that turned out to be an instance (or a service with several): what was recorded under it moves. */
export interface Renaming {
  readonly environment: string;
  readonly from: string;
  readonly to: Identity;
}

export interface Replaced {
  readonly environment: string;
  readonly subject: string;
}

export interface Intake {
  readonly renamings: readonly Renaming[];
  /** Instances that are no more, because another answers at their address. */
  readonly replaced: readonly Replaced[];
  /** By time, whatever the order in the request. */
  readonly observations: readonly DatedObservation[];
  /** Calls about which nothing more will be learned. */
  readonly settled: readonly SettledCall[];
  /** Observation spans that could not be read, and the first one's fault. */
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
}
