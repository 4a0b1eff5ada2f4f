// SPDX-License-Identifier: Apache-2.0
/**
 * How far an observer is believed. Whoever finds one of its subjects failing is a witness; whoever finds most of them failing,
 * and nobody else does, is more likely ill itself: one broken observer is less of a coincidence than five broken subjects.
 * And an observer whose own event loop stood still has timed out by itself.
 *
 * Source: the case that the paper leaves open, a healthy leader convicted by overloaded followers (Panorama, OSDI 2018, section 7.6).
 */
import type { Observation, OutcomeReason } from '../../model/observation.js';
import { HealthStatus } from '../../model/status.js';
import type { Suspicion } from '../../model/verdict.js';
import type { Reading } from './judge.js';
import { PERSISTENT_CALLS } from './vote.js';

/** What a view says, as far as it is looked at here. */
export type Complaining = Pick<Reading, 'status' | 'reason' | 'failingCount'>;

/** What others say of a subject that an observer complains about. */
export interface Complaint {
  /** Other observers of it that find it well, and that find it failing. */
  readonly wellCount: number;
  readonly failingCount: number;
}

export interface Testimony {
  /** Services of which the observer has said something lately; an address or a database is one by itself. */
  readonly subjectCount: number;
  /** Those it finds failing for a reason that could be its own, and that nobody deeper explains. */
  readonly complaints: readonly Complaint[];
}

/** Turns of the event loop in which a call is handed over, answered, and read. Each may be as late as the loop is. */
const TURNS_PER_CALL = 4;

/** Below this lag is no overload: collections and timers make as much. In seconds. */
const LAG_FLOOR_SECONDS = 0.05;

/** Subjects that must fail together for their observer to be the likelier culprit though nobody contradicts it. */
const COINCIDENCE_COUNT = 3;

/** Others who must contradict an observer whose few subjects all fail; one against one is a tie. */
const CONTRADICTING_COUNT = 2;

/** One complaint in so many subjects clears a suspect: half of what made it one. */
const CLEARED_SHARE = 4;

/** Observations that an observer's lag must explain before it is called overloaded, and of how many. */
const LAGGED_COUNT = 3;

/**
 * Reasons that lie with the other side: it was reached and said so itself, or its host said that nobody is there. All others
 * may lie with the observer, or between.
 */
const ANSWERED: ReadonlySet<OutcomeReason> = new Set([
  'ok',
  'request_fault',
  'throttled',
  'server_error',
  'refused',
  'reported',
]);

/** Whether a view's complaint could be the observer's own fault. One call that failed is an event and no complaint. */
export function isOwnFaultPossible({ status, reason, failingCount }: Complaining): boolean {
  if (status < HealthStatus.MAYBE_UNHEALTHY || ANSWERED.has(reason)) return false;
  return failingCount >= PERSISTENT_CALLS || reason === 'slow' || reason === 'hung';
}

/**
 * Whether the observer's own event-loop lag explains why a call timed out or was slow. A call that hangs is told by ticks of
 * the observer's loop, so lag has no part in it.
 */
export function isExplainedByLag({ reason, observerLagSeconds = 0, latency }: Observation): boolean {
  if ((reason !== 'timeout' && reason !== 'slow') || !latency) return false;
  return observerLagSeconds >= LAG_FLOOR_SECONDS && TURNS_PER_CALL * observerLagSeconds >= latency.maxSeconds;
}

/**
 * How much an observer's vote counts, 0 to 1: the share of its complaints that others bear out or nobody can judge. One that
 * nobody shares is a difference of opinion and costs nothing.
 */
export function trustIn({ complaints }: Testimony): number {
  const borneOut = complaints.filter((each) => !isContradicted(each)).length;
  return Math.min(1, (1 + borneOut) / Math.max(1, complaints.length));
}

/** Why an observer is itself the suspect; `undefined` where it is not. */
export function suspicionOf(
  testimony: Testimony,
  laggedCount: number,
  observationCount: number,
  nowMs: number,
  before: Suspicion | undefined,
): Suspicion | undefined {
  const sinceMs = before?.sinceMs ?? nowMs;
  const { subjectCount, complaints } = testimony;
  if (laggedCount >= LAGGED_COUNT && laggedCount * 2 > observationCount) {
    return { reason: 'overloaded', complaintCount: complaints.length, subjectCount, sinceMs };
  }
  const alone = complaints.filter(({ wellCount, failingCount }) => failingCount === 0 || wellCount > failingCount);
  // Who is a suspect stays one until most of what it complained about is well again, or it would be believed every other second.
  if (before?.reason === 'alone' && alone.length * CLEARED_SHARE > subjectCount) {
    return { reason: 'alone', complaintCount: alone.length, subjectCount, sinceMs };
  }
  if (alone.length * 2 <= subjectCount) return undefined;
  const contradicted = alone.filter(({ wellCount }) => wellCount >= CONTRADICTING_COUNT);
  const isCoincidence = alone.length >= COINCIDENCE_COUNT;
  const isOutvoted = alone.length === subjectCount && contradicted.length === alone.length;
  if (!isCoincidence && !isOutvoted) return undefined;
  return { reason: 'alone', complaintCount: alone.length, subjectCount, sinceMs };
}

function isContradicted({ wellCount, failingCount }: Complaint): boolean {
  return wellCount > failingCount;
}
