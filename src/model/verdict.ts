// SPDX-License-Identifier: Apache-2.0
/**
 * A Verdict: what all observers together say of one subject. All views of a subject are its *panorama*; a verdict is
 * drawn from the panorama alone.
 *
 * Source: Panorama (OSDI 2018), sections 3.5 and 3.6; Gray Failure (HotOS 2017) for the quadrants.
 */
import type { Resolution } from './identity.js';
import type { Evidence, ObservationSource, OutcomeReason } from './observation.js';
import { HealthStatus, isFailing } from './status.js';

/** The callers' view held against the system's own view. */
export type FailureKind = 'none' | 'masked' | 'gray' | 'crash';

/** How a subject may fail while its status is this: what is well can be ill by its own word alone, and a doubt is never a crash. */
export function failuresAt(status: HealthStatus): readonly FailureKind[] {
  if (isFailing(status)) return ['gray', 'crash'];
  if (status === HealthStatus.MAYBE_UNHEALTHY) return ['gray'];
  return status === HealthStatus.HEALTHY ? ['none', 'masked'] : ['none'];
}

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

/** Why a component is suspected by what it says of others. */
export interface Suspicion {
  /** `alone`: it finds most of its subjects failing and nobody else does. `overloaded`: its own event loop is late. */
  readonly reason: 'alone' | 'overloaded';
  /** Subjects it finds failing, of how many it calls. */
  readonly complaintCount: number;
  readonly subjectCount: number;
  readonly sinceMs: number;
}

/** Where a failure comes from. */
export interface Blame {
  /** The subject itself where nobody else explains its failure. */
  readonly root: string;
  /** From the subject to the root, both included. */
  readonly path: readonly string[];
  /** How much of what could be known leads along the path: the product of its steps, 0 to 1; 1 for a subject alone. */
  readonly share: number;
}

/** How many instances of a service are failing. */
export interface InstanceTally {
  readonly failing: number;
  readonly doubtful: number;
  readonly total: number;
}

export interface Verdict {
  readonly environment: string;
  readonly subject: string;
  readonly resolution: Resolution;
  readonly status: HealthStatus;
  readonly failure: FailureKind;
  /** What most failing calls met; `ok` where none did, `suspect_observer` where it is suspected by what it says of others. */
  readonly reason: OutcomeReason;
  /** Empty unless `failure` is `gray`. */
  readonly split: readonly GraySplit[];
  /** Since when the status and failure are what they are; for a failure the time of its first evidence. Epoch ms. */
  readonly sinceMs: number;
  /** When the judge last looked, epoch ms. */
  readonly judgedMs: number;
  readonly operations: readonly OperationVerdict[];
  readonly observersFor: readonly string[];
  readonly observersAgainst: readonly string[];
  /** Observers whose word does not count at the moment, because they are suspects themselves; sorted. */
  readonly observersDoubted: readonly string[];
  /** What the subject's own server spans and its health probes say: the other side of the quadrant table. */
  readonly systemView: HealthStatus;
  /**
   * 0 to 1: (agreeing + 1) / (voting + 2), Laplace's rule of succession over the observers that voted on the deciding
   * operation. A lone observer gives 0.67, four of four 0.83; with nobody voting it is 0.
   */
  readonly confidence: number;
  /** Of the failing views, newest first, at most `EVIDENCE_PER_VERDICT_MAX`. */
  readonly evidence: readonly Evidence[];
  /** Whose fault it is; `undefined` while nothing is failing. */
  readonly blame: Blame | undefined;
  /** Set where the subject is suspected as an observer. */
  readonly suspicion: Suspicion | undefined;
  /** Of a service whose instances are known. */
  readonly instances: InstanceTally | undefined;
}

/** How a subject was before its verdict changed. */
export interface FormerVerdict {
  readonly status: HealthStatus;
  readonly failure: FailureKind;
  /** Who was to blame; only of a subject that was failing. */
  readonly culprit?: string | undefined;
}

/**
 * Whom a verdict blames, where that is part of what is told: of a doubt the culprit is a guess from one call or two, and
 * changes with each.
 */
export function culpritToldOf(verdict: Pick<Verdict, 'status' | 'blame'>): string | undefined {
  return isFailing(verdict.status) ? verdict.blame?.root : undefined;
}

/** Whether nothing has changed but whose fault it is. */
export function isOnlyCulpritNew(from: FormerVerdict, { status, failure }: Verdict): boolean {
  return from.status === status && from.failure === failure;
}

/** One change of a subject's verdict: of its status, its failure, or, while it is failing, of its culprit. `seq` grows by one with each, and from one life of the engine to the next. */
export interface Transition {
  readonly seq: number;
  readonly atMs: number;
  readonly from: FormerVerdict;
  /** The last observation judged when it changed; `undefined` where the tick found the change (expiry, a busy subject). */
  readonly cause: string | undefined;
  readonly verdict: Verdict;
}
