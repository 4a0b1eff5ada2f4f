// SPDX-License-Identifier: Apache-2.0
/**
 * The vote of all observers on one operation: a simple majority, by weight. One observer alone can convict, for it may be the
 * only one that calls; half against half convicts nobody, but is no health either. Where only suspects accuse, there is a
 * doubt and no more.
 *
 * Source: Panorama (OSDI 2018), section 3.6; the weights are ours.
 */
import { HealthStatus, isFailing } from '../../model/status.js';
import type { OperationVerdict } from '../../model/verdict.js';
import { type HeardView, isBehind } from './quadrant.js';

/** Failed calls that make one observer's complaint a state and not an event. */
export const PERSISTENT_CALLS = 2;

/** Counts the views of callers, by operation, in alphabetical order. Views that say nothing do not vote. */
export function voteByOperation(views: readonly HeardView[], weighs: boolean): readonly OperationVerdict[] {
  const byOperation = new Map<string, HeardView[]>();
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
      status: statusOf(weighs ? withoutSilent(voters) : voters),
      observersFor: observers(voters, ({ status, weight }) => weight > 0 && status === HealthStatus.HEALTHY),
      observersAgainst: observers(voters, ({ status, weight }) => weight > 0 && isFailing(status)),
    }));
}

function statusOf(all: readonly HeardView[]): HealthStatus {
  const voters = all.filter(({ status }) => status !== HealthStatus.PENDING);
  if (voters.length === 0) return HealthStatus.PENDING;
  const total = weightOf(voters);
  if (total === 0) return voters.some(isIll) ? HealthStatus.MAYBE_UNHEALTHY : HealthStatus.HEALTHY;
  const against = voters.filter(({ status, weight }) => weight > 0 && isFailing(status));
  if (weightOf(against) * 2 > total) return worst(against);
  const persistent = against.some(({ failingCount }) => failingCount >= PERSISTENT_CALLS);
  const divided = weightOf(voters.filter(isIll)) * 2 >= total;
  return persistent || divided ? HealthStatus.MAYBE_UNHEALTHY : HealthStatus.HEALTHY;
}

/**
 * Leaves out who was content before the trouble began and has missed its turn to say so again: a crowd that calls once a
 * minute would outvote, with old news, the one who calls all the time.
 */
function withoutSilent(voters: readonly HeardView[]): readonly HeardView[] {
  const ill = voters.filter((view) => view.weight > 0 && isIll(view));
  if (ill.length === 0) return voters;
  const sinceMs = Math.min(...ill.map((view) => view.sinceMs));
  const newestMs = Math.max(...ill.map((view) => view.lastMs));
  return voters.filter(
    (view) => view.status !== HealthStatus.HEALTHY || view.lastMs >= sinceMs || !isBehind(view, newestMs),
  );
}

function isIll({ status }: HeardView): boolean {
  return status >= HealthStatus.MAYBE_UNHEALTHY;
}

function weightOf(views: readonly HeardView[]): number {
  return views.reduce((sum, { weight }) => sum + weight, 0);
}

function worst(views: readonly HeardView[]): HealthStatus {
  return Math.max(...views.map(({ status }) => status)) as HealthStatus;
}

function observers(voters: readonly HeardView[], holds: (view: HeardView) => boolean): string[] {
  return [...new Set(voters.filter(holds).map(({ observer }) => observer))].sort();
}
