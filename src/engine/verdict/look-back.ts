// SPDX-License-Identifier: Apache-2.0
/**
 * What one observer says now: the bounded look-back. Picture a person asked "does it work?" who thinks of the last few
 * tries, newest first, and stops thinking once the tries before were of another kind. A few successes after failures
 * therefore restore trust, and old success never hides a failure of just now.
 *
 * Source: Panorama (OSDI 2018), section 3.6, bounded-look-back majority.
 */
import type { Evidence, OutcomeReason } from '../../model/observation.js';
import { HealthStatus, isFailing } from '../../model/status.js';
import type { ViewSummary } from '../../model/verdict.js';
import type { View, ViewEntry } from '../../model/view.js';
import { type LifetimeOptions, lifetimeMs } from './evidence-lifetime.js';

export interface LookBackOptions extends LifetimeOptions {
  /** Calls looked back upon at the most. More gives a steadier and slower view. Default 10. */
  readonly lookBackCalls: number;
  /**
   * Calls still looked at once the status differs from the newest. The view recovers after this many successes and one
   * more: a strict majority against them. Default 3.
   */
  readonly differingCalls: number;
  /** How long a PENDING call may be out before it counts as UNHEALTHY, in ms. Default 2000. */
  readonly pendingMs: number;
}

interface Tally {
  healthy: number;
  failing: number;
  doubtful: number;
  /** The oldest entry of the newest status's kind within the look-back. */
  since: ViewEntry;
  reason: OutcomeReason;
  readonly evidence: Evidence[];
}

/** Sums up a view; `undefined` when everything in it has expired. */
export function lookBack(view: View, nowMs: number, options: LookBackOptions): ViewSummary | undefined {
  const notBeforeMs = nowMs - lifetimeMs(view, options);
  const fresh = view.entries.filter(({ atMs }) => atMs >= notBeforeMs);
  const newest = fresh.at(-1);
  if (!newest) return undefined;
  const { observer, operation, source } = view;
  const about = { observer, operation, source, lastMs: Math.floor(newest.atMs) };
  if (newest.status === HealthStatus.PENDING && nowMs - newest.atMs < options.pendingMs) {
    return { ...about, ...whilePending(fresh, newest) };
  }
  const tally = tallyOf(fresh, newest, options);
  return {
    ...about,
    status: statusOf(statusNow(newest), tally),
    reason: tally.reason,
    healthyCount: tally.healthy,
    failingCount: tally.failing,
    sinceMs: Math.floor(tally.since.atMs),
    evidence: tally.evidence,
  };
}

/** A call that is out, but not for too long, says nothing yet. */
function whilePending(
  fresh: readonly ViewEntry[],
  newest: ViewEntry,
): Omit<ViewSummary, 'observer' | 'operation' | 'source' | 'lastMs'> {
  const before = fresh.findLast(({ status }) => status !== HealthStatus.PENDING);
  return {
    status: HealthStatus.PENDING,
    reason: newest.reason,
    healthyCount: before?.status === HealthStatus.HEALTHY ? before.count : 0,
    failingCount: 0,
    sinceMs: Math.floor(newest.atMs),
    evidence: newest.evidence,
  };
}

function tallyOf(fresh: readonly ViewEntry[], newest: ViewEntry, options: LookBackOptions): Tally {
  const tally: Tally = { healthy: 0, failing: 0, doubtful: 0, since: newest, reason: newest.reason, evidence: [] };
  const kind = statusNow(newest);
  let budget = options.lookBackCalls;
  let differed = false;
  for (let index = fresh.length - 1; index >= 0 && budget > 0; index--) {
    const entry = fresh[index] as ViewEntry;
    // A PENDING below the newest has been answered by what came after it.
    if (entry.status === HealthStatus.PENDING && entry !== newest) continue;
    const status = statusNow(entry);
    if (!differed && status !== kind) {
      differed = true;
      budget = Math.min(budget, options.differingCalls);
    }
    const calls = Math.min(entry.count, budget);
    budget -= calls;
    count(tally, entry, status, calls);
    if (status === kind) tally.since = entry;
  }
  return tally;
}

function count(tally: Tally, entry: ViewEntry, status: HealthStatus, calls: number): void {
  if (status === HealthStatus.HEALTHY) {
    tally.healthy += calls;
    return;
  }
  if (isFailing(status)) tally.failing += calls;
  else tally.doubtful += calls;
  if (tally.evidence.length === 0) tally.reason = entry.reason;
  tally.evidence.push(...entry.evidence);
}

/** A PENDING that got here has been out for too long. */
function statusNow({ status }: ViewEntry): HealthStatus {
  return status === HealthStatus.PENDING ? HealthStatus.UNHEALTHY : status;
}

function statusOf(newest: HealthStatus, { healthy, failing, doubtful }: Tally): HealthStatus {
  if (isFailing(newest)) return newest;
  const calls = healthy + failing + doubtful;
  if (newest === HealthStatus.HEALTHY && healthy * 2 > calls) return HealthStatus.HEALTHY;
  if (newest === HealthStatus.HEALTHY && failing > 0) return HealthStatus.UNHEALTHY;
  return failing * 2 > calls ? HealthStatus.UNHEALTHY : HealthStatus.MAYBE_UNHEALTHY;
}
