// SPDX-License-Identifier: Apache-2.0
/**
 * The vote of all observers on one operation: a simple majority. One observer alone can convict, for it may be the only
 * one that calls; half against half convicts nobody, but is no health either.
 *
 * Source: Panorama (OSDI 2018), section 3.6.
 */
import { HealthStatus, isFailing } from '../../model/status.js';
import type { OperationVerdict, ViewSummary } from '../../model/verdict.js';

/** Failed calls that make one observer's complaint a state and not an event. */
const PERSISTENT_CALLS = 2;

/** Counts the views of callers, by operation, in alphabetical order. Views that say nothing do not vote. */
export function voteByOperation(views: readonly ViewSummary[]): readonly OperationVerdict[] {
  const byOperation = new Map<string, ViewSummary[]>();
  for (const view of views) {
    if (view.status === HealthStatus.NA) continue;
    const voters = byOperation.get(view.operation);
    if (voters) voters.push(view);
    else byOperation.set(view.operation, [view]);
  }
  return [...byOperation]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([operation, voters]) => ({
      operation,
      status: statusOf(voters),
      observersFor: observers(voters, ({ status }) => status === HealthStatus.HEALTHY),
      observersAgainst: observers(voters, ({ status }) => isFailing(status)),
    }));
}

function statusOf(all: readonly ViewSummary[]): HealthStatus {
  const voters = all.filter(({ status }) => status !== HealthStatus.PENDING);
  if (voters.length === 0) return HealthStatus.PENDING;
  const against = voters.filter(({ status }) => isFailing(status));
  const doubtful = voters.filter(({ status }) => status === HealthStatus.MAYBE_UNHEALTHY);
  if (against.length * 2 > voters.length) return worst(against);
  const persistent = against.some(({ failingCount }) => failingCount >= PERSISTENT_CALLS);
  const divided = (against.length + doubtful.length) * 2 >= voters.length;
  return persistent || divided ? HealthStatus.MAYBE_UNHEALTHY : HealthStatus.HEALTHY;
}

function worst(views: readonly ViewSummary[]): HealthStatus {
  return Math.max(...views.map(({ status }) => status)) as HealthStatus;
}

function observers(voters: readonly ViewSummary[], holds: (view: ViewSummary) => boolean): string[] {
  return [...new Set(voters.filter(holds).map(({ observer }) => observer))].sort();
}
