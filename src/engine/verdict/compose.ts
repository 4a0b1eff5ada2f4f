// SPDX-License-Identifier: Apache-2.0
/**
 * One verdict from what every observer says: status, kind of failure, since when, by whose word, on which evidence and whose
 * fault. The same for every judge; pure.
 */
import type { Identity } from '../../model/identity.js';
import { EVIDENCE_PER_VERDICT_MAX } from '../../model/limits.js';
import type { Evidence, OutcomeReason } from '../../model/observation.js';
import { HealthStatus } from '../../model/status.js';
import type { Blame, InstanceTally, OperationVerdict, Suspicion, Verdict, ViewSummary } from '../../model/verdict.js';
import { failingIn, type HeardView, isCallerSource, quadrantOf, sickOperations, systemViewOf } from './quadrant.js';
import { voteByOperation } from './vote.js';

export interface Case {
  readonly environment: string;
  readonly subject: Identity;
  readonly views: readonly HeardView[];
  readonly nowMs: number;
  /** The subject's last verdict: what was failing already keeps its `sinceMs`. */
  readonly previous: Verdict | undefined;
  /** Whether votes weigh by trust. */
  readonly weighs: boolean;
  /** Set where the subject itself is suspected as an observer. */
  readonly suspicion: Suspicion | undefined;
  readonly instances: InstanceTally | undefined;
  /** Since when most of the instances are slow together; 0 where they are not. */
  readonly slowTogetherMs: number;
  /** Who is to blame if the subject is failing, with the views that find it so. */
  readonly blameOf: (failing: readonly HeardView[]) => Blame;
}

export function composeVerdict(given: Case): Verdict {
  const { views, nowMs, previous, suspicion, instances } = given;
  const callers = views.filter(({ source }) => isCallerSource(source));
  const own = views.filter(({ source }) => !isCallerSource(source));
  const operations = voteByOperation(callers, given.weighs);
  const voted = operations.reduce<HealthStatus>((worst, each) => worseOf(worst, each.status), HealthStatus.NA);
  const isDoubtful = suspicion !== undefined || given.slowTogetherMs > 0;
  const doubt = isDoubtful ? HealthStatus.MAYBE_UNHEALTHY : HealthStatus.NA;
  const status = worseOf(worseOf(voted, doubt), statusIn(instances, voted));
  const isIll = status >= HealthStatus.MAYBE_UNHEALTHY;
  const believed = believedAmong(callers);
  const failing = failingIn(sickOperations(operations), believed);
  const { failure, split } = quadrantOf(status, operations, believed, own);
  const against = new Set(operations.flatMap(({ observersAgainst }) => observersAgainst));
  const inFavour = new Set(operations.flatMap(({ observersFor }) => observersFor));
  const startMs = failing.map(({ sinceMs }) => sinceMs);
  if (suspicion) startMs.push(suspicion.sinceMs);
  if (given.slowTogetherMs > 0) startMs.push(given.slowTogetherMs);
  return {
    environment: given.environment,
    subject: given.subject.text,
    resolution: given.subject.resolution,
    status,
    failure,
    reason: isIll ? reasonOf(failing, given) : 'ok',
    split,
    sinceMs: sinceOf(status, startMs, nowMs, previous),
    judgedMs: nowMs,
    operations,
    observersFor: [...inFavour].filter((observer) => !against.has(observer)).sort(),
    observersAgainst: [...against].sort(),
    observersDoubted: [...new Set(callers.filter(({ weight }) => weight === 0).map(({ observer }) => observer))].sort(),
    systemView: systemViewOf(own, failing),
    confidence: confidenceIn(status, operations),
    evidence: evidenceIn(failing),
    blame: isIll ? given.blameOf(failing) : undefined,
    suspicion,
    instances,
  };
}

/** The verdict that is left when all evidence is gone. */
export function nothingKnownOf(verdict: Verdict, nowMs: number): Verdict {
  return {
    ...verdict,
    status: HealthStatus.NA,
    failure: 'none',
    reason: 'ok',
    split: [],
    sinceMs: nowMs,
    judgedMs: nowMs,
    operations: [],
    observersFor: [],
    observersAgainst: [],
    observersDoubted: [],
    systemView: HealthStatus.NA,
    confidence: 0,
    evidence: [],
    blame: undefined,
    suspicion: undefined,
    instances: undefined,
  };
}

/** Suspects are heard only where nobody else speaks. */
function believedAmong(callers: readonly HeardView[]): readonly HeardView[] {
  const spokenFor = new Set(callers.filter(({ weight }) => weight > 0).map(({ operation }) => operation));
  return callers.filter(({ weight, operation }) => weight > 0 || !spokenFor.has(operation));
}

/**
 * A service is failing when all its instances are, and in doubt when some are. Where those who call it by its own name find it
 * well there is no more than a doubt.
 */
function statusIn(instances: InstanceTally | undefined, voted: HealthStatus): HealthStatus {
  if (!instances || instances.total === 0) return HealthStatus.NA;
  const { failing, doubtful, total } = instances;
  if (failing === total && voted !== HealthStatus.HEALTHY) return HealthStatus.UNHEALTHY;
  return failing + doubtful > 0 ? HealthStatus.MAYBE_UNHEALTHY : HealthStatus.HEALTHY;
}

/** PENDING is a wait, not a finding: it shows only where nothing better is known. */
function worseOf(a: HealthStatus, b: HealthStatus): HealthStatus {
  if (a === HealthStatus.NA || b === HealthStatus.NA) return Math.max(a, b) as HealthStatus;
  if (b === HealthStatus.PENDING) return a;
  return a === HealthStatus.PENDING || b > a ? b : a;
}

/** A failure began with its oldest failing view, and a failure that goes on keeps its beginning. */
function sinceOf(
  status: HealthStatus,
  startMs: readonly number[],
  nowMs: number,
  previous: Verdict | undefined,
): number {
  const ill = status >= HealthStatus.MAYBE_UNHEALTHY;
  if (ill && previous && previous.status >= HealthStatus.MAYBE_UNHEALTHY) return previous.sinceMs;
  if (!ill) return previous?.status === status ? previous.sinceMs : nowMs;
  return Math.min(nowMs, ...startMs);
}

/** What most failing calls met; of equals the one seen last. */
function reasonOf(failing: readonly ViewSummary[], { suspicion, slowTogetherMs }: Case): OutcomeReason {
  const calls = new Map<OutcomeReason, number>();
  for (const { reason, failingCount } of [...failing].sort((a, b) => b.lastMs - a.lastMs)) {
    calls.set(reason, (calls.get(reason) ?? 0) + Math.max(1, failingCount));
  }
  const [most] = [...calls].sort(([, a], [, b]) => b - a);
  if (most) return most[0];
  if (suspicion) return 'suspect_observer';
  return slowTogetherMs > 0 ? 'slow' : 'reported';
}

function confidenceIn(status: HealthStatus, operations: readonly OperationVerdict[]): number {
  const deciding = operations.filter((each) => each.status === status);
  const shares = deciding.map(({ observersFor, observersAgainst }) => {
    const agreeing = status === HealthStatus.HEALTHY ? observersFor.length : observersAgainst.length;
    const voting = observersFor.length + observersAgainst.length;
    return voting === 0 ? 0 : (agreeing + 1) / (voting + 2);
  });
  return Math.max(0, ...shares);
}

/** The traces of failing views, newest view first, each trace once. */
function evidenceIn(failing: readonly ViewSummary[]): readonly Evidence[] {
  const shown = new Map<string, Evidence>();
  for (const view of [...failing].sort((a, b) => b.lastMs - a.lastMs)) {
    for (const evidence of view.evidence) {
      if (shown.size >= EVIDENCE_PER_VERDICT_MAX) return [...shown.values()];
      shown.set(`${evidence.traceId}${evidence.spanId}`, evidence);
    }
  }
  return [...shown.values()];
}
