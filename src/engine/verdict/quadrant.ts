// SPDX-License-Identifier: Apache-2.0
/**
 * The callers' view held against the system's own view. A failure is gray when somebody or something still finds the
 * subject well, and `split` says along which line; it is a crash when nothing speaks for it any more.
 *
 * | callers | the system's own view | failure |
 * |---|---|---|
 * | healthy | healthy or unknown | `none` |
 * | healthy | failing | `masked` |
 * | failing in some operation, or for some observers, or against a healthy self-report | | `gray` |
 * | failing everywhere | failing, silent, or the callers are refused | `crash` |
 *
 * Source: Gray Failure (HotOS 2017), figure 3: differential observability.
 */
import type { ObservationSource } from '../../model/observation.js';
import { HealthStatus, isFailing } from '../../model/status.js';
import type { FailureKind, GraySplit, OperationVerdict, ViewSummary } from '../../model/verdict.js';

/**
 * Good news speaks against a failure only if it was seen after the failure began, for a process that has just died
 * answered well a second ago. Guests send good news once a second and batches of spans take as long again, so for this
 * long after the onset older good news still counts: crash is the stronger claim and can wait. In ms.
 */
export const SETTLE_MS = 3000;

/** Clocks of observers are known to about a second, so "after the onset" means at least this much after. In ms. */
export const CLOCK_SLACK_MS = 1000;

export interface Quadrant {
  readonly failure: FailureKind;
  readonly split: readonly GraySplit[];
}

/** Which side of a verdict a source is on: callers vote, the system's own view is only held against them. */
export function isCallerSource(source: ObservationSource): boolean {
  return source === 'caller' || source === 'report';
}

/** What the subject's own spans and its health probes say: failing if any of them fails, healthy if any is well. */
export function systemViewOf(own: readonly ViewSummary[]): HealthStatus {
  if (own.some(({ status }) => isFailing(status))) return HealthStatus.UNHEALTHY;
  return own.some(({ status }) => status === HealthStatus.HEALTHY) ? HealthStatus.HEALTHY : HealthStatus.NA;
}

/**
 * @param status what the callers' vote came to
 * @param callers summaries of callers' views
 * @param own summaries of self-reports and probes
 * @param onsetMs when the failure began; unused while the callers are well
 */
export function quadrantOf(
  status: HealthStatus,
  operations: readonly OperationVerdict[],
  callers: readonly ViewSummary[],
  own: readonly ViewSummary[],
  onsetMs: number,
  nowMs: number,
): Quadrant {
  if (status < HealthStatus.MAYBE_UNHEALTHY) {
    const masked = status === HealthStatus.HEALTHY && isFailing(systemViewOf(own));
    return { failure: masked ? 'masked' : 'none', split: [] };
  }
  const refused = callers.every(({ status: seen, reason }) => !isFailing(seen) || reason === 'refused');
  const settling = !refused && nowMs - onsetMs < SETTLE_MS;
  const stillWell = (view: ViewSummary) =>
    view.status === HealthStatus.HEALTHY && (settling || view.lastMs >= onsetMs + CLOCK_SLACK_MS);

  const sick = new Set(
    operations.filter((each) => each.status >= HealthStatus.MAYBE_UNHEALTHY).map((each) => each.operation),
  );
  const split: GraySplit[] = [];
  if (callers.some((view) => !sick.has(view.operation) && stillWell(view))) split.push('operation');
  if (callers.some((view) => sick.has(view.operation) && stillWell(view))) split.push('observer');
  if (systemViewOf(own) === HealthStatus.HEALTHY && own.some(stillWell)) split.push('self-report');
  // A doubt is never a crash: the subject answers, only not well, or not everybody.
  const gray = split.length > 0 || !isFailing(status);
  return { failure: gray ? 'gray' : 'crash', split };
}
