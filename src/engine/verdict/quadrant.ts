// SPDX-License-Identifier: Apache-2.0
/**
 * The callers' view held against the system's own view. A failure is gray when somebody or something still finds the
 * subject well, and `split` says along which line; it is a crash when nothing speaks for it any more.
 *
 * | callers | the system's own view | failure |
 * |---|---|---|
 * | healthy | healthy or unknown | `none` |
 * | healthy | failing | `masked` |
 * | failing in some operation, for some observers, in some calls, or against a healthy self-report | | `gray` |
 * | failing everywhere | failing, silent, or the callers are refused | `crash` |
 *
 * Source: Gray Failure (HotOS 2017), figure 3: differential observability.
 */
import type { ObservationSource } from '../../model/observation.js';
import { HealthStatus, isFailing } from '../../model/status.js';
import type { FailureKind, GraySplit, OperationVerdict, ViewSummary } from '../../model/verdict.js';

/**
 * Good news speaks against a failure only while it keeps pace with the bad: a process that has just died answered well a
 * second ago. It may lag behind the newest failure by this much, because SDKs hold spans for up to 5 s, guests good news
 * for 1 s, and clocks are trusted to 2.5 s; crash is the stronger claim and can wait. In ms.
 */
const GOOD_NEWS_LAG_MS = 8500;

/** The same of a guest, whose news waits in no SDK's batch. In ms. */
export const GUEST_NEWS_LAG_MS = 3500;

/** And beyond that a voice has fallen silent only when it missed two of its turns. */
const TURNS = 2;

/** Calls of a component's own that must have failed before its view of itself is "failing": one is an event. */
const OWN_FAILURES = 2;

/** A view's summary, how often the view is heard, and how much its word counts. */
export interface HeardView extends ViewSummary {
  /** The last failing call that came after a good one since the trouble began, epoch ms; 0 where there is none. */
  readonly mixedMs: number;
  /** The usual time between two observations, in ms. */
  readonly gapMs: number;
  /** Since when its calls end for its reason, epoch ms. */
  readonly reasonMs: number;
  /** 0 to 1: the observer's trust; 1 where the judge does not weigh. */
  readonly weight: number;
}

export interface Quadrant {
  readonly failure: FailureKind;
  readonly split: readonly GraySplit[];
}

/** Which side of a verdict a source is on: callers vote, the system's own view is only held against them. */
export function isCallerSource(source: ObservationSource): boolean {
  return source === 'caller' || source === 'report';
}

/**
 * What the subject's own spans and its health probes say: failing if any of them keeps failing, healthy if any is well and has
 * kept pace with the callers that find it failing. Against those a probe that is well outweighs the subject's own failing calls: it is
 * what the system's failure detector goes by, and as long as that is content the failure is differential.
 */
export function systemViewOf(own: readonly HeardView[], failing: readonly HeardView[]): HealthStatus {
  const isWell = failing.length === 0 ? isHealthy : contradicts(failing);
  const ill = own.filter(({ status, failingCount }) => isFailing(status) && failingCount >= OWN_FAILURES);
  const isContent = failing.length > 0 && own.some((view) => view.source === 'probe' && isWell(view));
  if (ill.length > 0 && !(isContent && ill.every(({ source }) => source !== 'probe'))) return HealthStatus.UNHEALTHY;
  return own.some(isWell) ? HealthStatus.HEALTHY : HealthStatus.NA;
}

function isHealthy({ status }: HeardView): boolean {
  return status === HealthStatus.HEALTHY;
}

/**
 * @param status what the callers' vote came to
 * @param callers summaries of callers' views
 * @param own summaries of self-reports and probes
 */
export function quadrantOf(
  status: HealthStatus,
  operations: readonly OperationVerdict[],
  callers: readonly HeardView[],
  own: readonly HeardView[],
): Quadrant {
  if (status < HealthStatus.MAYBE_UNHEALTHY) {
    const masked = status === HealthStatus.HEALTHY && isFailing(systemViewOf(own, []));
    return { failure: masked ? 'masked' : 'none', split: [] };
  }
  const sick = sickOperations(operations);
  const failing = failingIn(sick, callers);
  const stillWell = contradicts(failing);
  const split: GraySplit[] = [];
  if (callers.some((view) => !sick.has(view.operation) && stillWell(view))) split.push('operation');
  if (callers.some((view) => sick.has(view.operation) && stillWell(view))) split.push('observer');
  if (failing.length > 0 && systemViewOf(own, failing) === HealthStatus.HEALTHY) split.push('self-report');
  // A doubt is never a crash: the subject answers, only not well, or not everybody.
  const gray = split.length > 0 || !isFailing(status) || isPartial(failingIn(sick, callers));
  return { failure: gray ? 'gray' : 'crash', split };
}

/** The operations that are not as they should be. */
export function sickOperations(operations: readonly OperationVerdict[]): ReadonlySet<string> {
  return new Set(
    operations.filter((each) => each.status >= HealthStatus.MAYBE_UNHEALTHY).map((each) => each.operation),
  );
}

/** The views that find those operations failing or doubtful. An outvoted complaint about another is not among them. */
export function failingIn<T extends ViewSummary>(sick: ReadonlySet<string>, callers: readonly T[]): readonly T[] {
  return callers.filter((view) => view.status >= HealthStatus.MAYBE_UNHEALTHY && sick.has(view.operation));
}

/** Whether a healthy view speaks against these failing ones. */
function contradicts(failing: readonly HeardView[]): (view: HeardView) => boolean {
  const newestMs = Math.max(...failing.map(({ lastMs }) => lastMs));
  // Where every failing caller is refused nobody listens any more, and only what was heard after that speaks against it.
  const refused = failing.every(({ reason }) => reason === 'refused');
  const refusedMs = refused ? Math.min(...failing.map(({ reasonMs }) => reasonMs)) : Number.NEGATIVE_INFINITY;
  return (view) => view.status === HealthStatus.HEALTHY && !isBehind(view, newestMs) && view.lastMs > refusedMs;
}

/** Whether good calls and bad ones take turns with those who find it failing, or did not long ago. */
function isPartial(failing: readonly HeardView[]): boolean {
  const newestMs = Math.max(...failing.map(({ lastMs }) => lastMs));
  return failing.some((view) => view.mixedMs > view.sinceMs && !isBehind({ ...view, lastMs: view.mixedMs }, newestMs));
}

/** Whether a voice that is heard so often was heard between two times, whatever came in between two of its words. */
export function hadItsTurn(gapMs: number, sinceMs: number, untilMs: number): boolean {
  return untilMs - sinceMs >= TURNS * gapMs;
}

/** Whether a voice has fallen silent by the time of other news: later than news may be, and than it is usually heard. */
export function isBehind(
  { lastMs, gapMs }: Pick<HeardView, 'lastMs' | 'gapMs'>,
  newestMs: number,
  lagMs: number = GOOD_NEWS_LAG_MS,
): boolean {
  return lastMs < newestMs - lagMs - TURNS * gapMs;
}
