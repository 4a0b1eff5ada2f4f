// SPDX-License-Identifier: Apache-2.0
/**
 * The JSON that the API speaks. Statuses are their lower-case names, times epoch milliseconds (`…Ms`), everything else
 * as in the model. `docs/http-api.md` shows each shape.
 */
import { type HealthStatusName, statusName } from '../../model/status.js';
import type { FailureKind, OperationVerdict, Transition, Verdict, ViewSummary } from '../../model/verdict.js';
import type { NegativeEvidence, ObserverSummary, SubjectReport, ViewStatus } from '../engine-reader.js';

/** Who answers, and what a page needs to know of it. */
export interface AboutJson {
  readonly version: string;
  readonly startedMs: number;
  /** Of a trace, with `{traceId}` and maybe `{spanId}` in it. */
  readonly traceUrl: string | null;
  readonly history: 'memory' | 'sqlite';
}

export interface OperationJson extends Omit<OperationVerdict, 'status'> {
  readonly status: HealthStatusName;
}

export interface VerdictJson extends Omit<Verdict, 'status' | 'systemView' | 'operations'> {
  readonly status: HealthStatusName;
  readonly systemView: HealthStatusName;
  readonly operations: readonly OperationJson[];
}

export interface ViewJson extends Omit<ViewSummary, 'status'> {
  readonly status: HealthStatusName;
}

/** One line of the list of subjects. */
export interface SubjectJson {
  readonly environment: string;
  readonly subject: string;
  readonly resolution: string;
  readonly status: HealthStatusName;
  readonly failure: FailureKind;
  readonly sinceMs: number;
  readonly operationCount: number;
  readonly observerCount: number;
}

export interface ReportJson {
  readonly verdict: VerdictJson;
  readonly views: readonly ViewJson[];
}

export interface EventJson {
  readonly seq: number;
  readonly atMs: number;
  readonly from: { readonly status: HealthStatusName; readonly failure: FailureKind; readonly culprit?: string };
  readonly cause: string | null;
  readonly verdict: VerdictJson;
}

/** Somebody who speaks of others. */
export type ObserverJson = ObserverSummary;

/** How one observer finds a subject. */
export interface PairJson extends Omit<ViewStatus, 'status'> {
  readonly status: HealthStatusName;
}

/** What did not go well between a subject and one caller; the trace is left out where there was none. */
export interface EvidenceJson extends Omit<NegativeEvidence, 'status'> {
  readonly status: HealthStatusName;
}

export function verdictJson(verdict: Verdict): VerdictJson {
  return {
    ...verdict,
    status: statusName(verdict.status),
    systemView: statusName(verdict.systemView),
    operations: verdict.operations.map((each) => ({ ...each, status: statusName(each.status) })),
  };
}

export function subjectJson(verdict: Verdict): SubjectJson {
  return {
    environment: verdict.environment,
    subject: verdict.subject,
    resolution: verdict.resolution,
    status: statusName(verdict.status),
    failure: verdict.failure,
    sinceMs: verdict.sinceMs,
    operationCount: verdict.operations.length,
    observerCount: verdict.observersFor.length + verdict.observersAgainst.length,
  };
}

export function reportJson({ verdict, views }: SubjectReport): ReportJson {
  return {
    verdict: verdictJson(verdict),
    views: views.map(viewJson),
  };
}

export function eventJson({ seq, atMs, from, cause, verdict }: Transition): EventJson {
  return {
    seq,
    atMs,
    from: {
      status: statusName(from.status),
      failure: from.failure,
      ...(from.culprit !== undefined && { culprit: from.culprit }),
    },
    cause: cause ?? null,
    verdict: verdictJson(verdict),
  };
}

export function pairJson(pair: ViewStatus): PairJson {
  return { ...pair, status: statusName(pair.status) };
}

export function evidenceJson(evidence: NegativeEvidence): EvidenceJson {
  return { ...evidence, status: statusName(evidence.status) };
}

/** Field by field: a judge may keep more of a view than people want to read. */
function viewJson(view: ViewSummary): ViewJson {
  return {
    observer: view.observer,
    operation: view.operation,
    source: view.source,
    status: statusName(view.status),
    reason: view.reason,
    healthyCount: view.healthyCount,
    failingCount: view.failingCount,
    sinceMs: view.sinceMs,
    lastMs: view.lastMs,
    evidence: view.evidence,
  };
}
