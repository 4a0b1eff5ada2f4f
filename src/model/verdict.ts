// SPDX-License-Identifier: Apache-2.0
/**
 * A Verdict: what all observers together say of one subject. All views of a subject are its *panorama*; a verdict is
 * drawn from the panorama alone.
 *
 * Source: Panorama (OSDI 2018), sections 3.5 and 3.6; Gray Failure (HotOS 2017) for the quadrants.
 */
import type { Resolution } from './identity.js';
import type { Evidence, ObservationSource, OutcomeReason } from './observation.js';
import type { HealthStatus } from './status.js';

/** The callers' view held against the system's own view. */
export type FailureKind = 'none' | 'masked' | 'gray' | 'crash';

/** Along which line a gray failure looks healthy on the other side. */
export type GraySplit = 'operation' | 'observer' | 'self-report';

/** What one observer says of a subject in one operation. */
export interface ViewSummary {
  readonly observer: string;
  readonly operation: string;
  readonly source: ObservationSource;
  readonly status: HealthStatus;
  readonly reason: OutcomeReason;
  /** Calls behind the statuses now in the look-back. */
  readonly healthyCount: number;
  readonly failingCount: number;
  /** When this status began and when it was last seen, epoch ms. */
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly evidence: readonly Evidence[];
}

/** The vote of all observers on one operation. */
export interface OperationVerdict {
  readonly operation: string;
  readonly status: HealthStatus;
  /** Observers that find the operation healthy, and those that find it failing; sorted. */
  readonly observersFor: readonly string[];
  readonly observersAgainst: readonly string[];
}

export interface Verdict {
  readonly environment: string;
  readonly subject: string;
  readonly resolution: Resolution;
  readonly status: HealthStatus;
  readonly failure: FailureKind;
  /** Empty unless `failure` is `gray`. */
  readonly split: readonly GraySplit[];
  /** Since when the status and failure are what they are; for a failure the time of its first evidence. Epoch ms. */
  readonly sinceMs: number;
  /** When the judge last looked, epoch ms. */
  readonly judgedMs: number;
  readonly operations: readonly OperationVerdict[];
  readonly observersFor: readonly string[];
  readonly observersAgainst: readonly string[];
  /** What the subject's own server spans and its health probes say: the other side of the quadrant table. */
  readonly systemView: HealthStatus;
  /**
   * 0 to 1: (agreeing + 1) / (voting + 2), Laplace's rule of succession over the observers that voted on the deciding
   * operation. A lone observer gives 0.67, four of four 0.83; with nobody voting it is 0.
   */
  readonly confidence: number;
  /** Of the failing views, newest first, at most `EVIDENCE_PER_VERDICT_MAX`. */
  readonly evidence: readonly Evidence[];
}

/** One change of a subject's verdict. `seq` grows by one with each, and from one life of the engine to the next. */
export interface Transition {
  readonly seq: number;
  readonly atMs: number;
  readonly from: { readonly status: HealthStatus; readonly failure: FailureKind };
  /** The last observation judged when it changed; `undefined` where the tick found the change (expiry, a busy subject). */
  readonly cause: string | undefined;
  readonly verdict: Verdict;
}
