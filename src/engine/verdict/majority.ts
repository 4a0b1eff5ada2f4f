// SPDX-License-Identifier: Apache-2.0
/**
 * The paper's judge: each observer's view is summed up by a bounded look-back, the observers of an operation vote by
 * simple majority, and the subject is as ill as its worst operation.
 *
 * Source: Panorama (OSDI 2018), section 3.6.
 */
import { EVIDENCE_PER_VERDICT_MAX } from '../../model/limits.js';
import type { Evidence } from '../../model/observation.js';
import { HealthStatus } from '../../model/status.js';
import type { OperationVerdict, Verdict, ViewSummary } from '../../model/verdict.js';
import type { Panorama, View } from '../../model/view.js';
import { DEFAULT_LIFETIME } from './evidence-lifetime.js';
import type { Judge, Judgement } from './judge.js';
import { type LookBackOptions, lookBack } from './look-back.js';
import { failingIn, type HeardView, isCallerSource, quadrantOf, sickOperations, systemViewOf } from './quadrant.js';
import { voteByOperation } from './vote.js';

export type MajorityOptions = LookBackOptions;

export const DEFAULT_MAJORITY: MajorityOptions = {
  ...DEFAULT_LIFETIME,
  lookBackCalls: 10,
  differingCalls: 3,
  pendingMs: 2000,
};

/** A view summed up at some revision. */
interface Known {
  readonly revision: number;
  readonly result: { readonly heard: HeardView; readonly dueMs: number } | undefined;
}

export class MajorityJudge implements Judge {
  readonly name = 'majority';
  readonly #options: MajorityOptions;
  readonly #known = new WeakMap<View, Known>();

  constructor(options: Partial<MajorityOptions> = {}) {
    this.#options = { ...DEFAULT_MAJORITY, ...options };
  }

  judge(panorama: Panorama, nowMs: number, previous: Verdict | undefined): Judgement {
    const views: HeardView[] = [];
    let dueMs = Number.POSITIVE_INFINITY;
    for (const view of panorama.views) {
      const summedUp = this.#lookBack(view, nowMs);
      if (!summedUp) continue;
      views.push(summedUp.heard);
      dueMs = Math.min(dueMs, summedUp.dueMs);
    }
    const verdict = verdictOf(panorama, views, nowMs, previous);
    return { verdict, views, dueMs };
  }

  /** A look-back holds until its view changes or it is due, so that an observation costs one view and not all. */
  #lookBack(view: View, nowMs: number): Known['result'] {
    const known = this.#known.get(view);
    if (known && known.revision === view.revision && nowMs < (known.result?.dueMs ?? Number.POSITIVE_INFINITY)) {
      return known.result;
    }
    const summedUp = lookBack(view, nowMs, this.#options);
    const result = summedUp && {
      heard: { ...summedUp.summary, gapMs: summedUp.gapMs },
      dueMs: summedUp.dueMs,
    };
    this.#known.set(view, { revision: view.revision, result });
    return result;
  }
}

function verdictOf(
  panorama: Panorama,
  views: readonly HeardView[],
  nowMs: number,
  previous: Verdict | undefined,
): Verdict {
  const callers = views.filter(({ source }) => isCallerSource(source));
  const own = views.filter(({ source }) => !isCallerSource(source));
  const operations = voteByOperation(callers);
  const status = operations.reduce<HealthStatus>((worst, each) => worseOf(worst, each.status), HealthStatus.NA);
  const failing = failingIn(sickOperations(operations), callers);
  const sinceMs = sinceOf(status, failing, nowMs, previous);
  const { failure, split } = quadrantOf(status, operations, callers, own);
  const against = new Set(operations.flatMap(({ observersAgainst }) => observersAgainst));
  const inFavour = new Set(operations.flatMap(({ observersFor }) => observersFor));
  return {
    environment: panorama.environment,
    subject: panorama.subject.text,
    resolution: panorama.subject.resolution,
    status,
    failure,
    split,
    sinceMs,
    judgedMs: nowMs,
    operations,
    observersFor: [...inFavour].filter((observer) => !against.has(observer)).sort(),
    observersAgainst: [...against].sort(),
    systemView: systemViewOf(own),
    confidence: confidenceIn(status, operations),
    evidence: evidenceIn(failing),
  };
}

/** PENDING is a wait, not a finding: it shows only where nothing better is known. */
function worseOf(a: HealthStatus, b: HealthStatus): HealthStatus {
  if (b === HealthStatus.PENDING) return a === HealthStatus.NA ? b : a;
  return a === HealthStatus.PENDING || b > a ? b : a;
}

/** A failure began with its oldest failing view, and a failure that goes on keeps its beginning. */
function sinceOf(
  status: HealthStatus,
  failing: readonly ViewSummary[],
  nowMs: number,
  previous: Verdict | undefined,
): number {
  const ill = status >= HealthStatus.MAYBE_UNHEALTHY;
  if (ill && previous && previous.status >= HealthStatus.MAYBE_UNHEALTHY) return previous.sinceMs;
  if (!ill) return previous?.status === status ? previous.sinceMs : nowMs;
  return Math.min(nowMs, ...failing.map(({ sinceMs }) => sinceMs));
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
