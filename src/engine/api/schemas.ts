// SPDX-License-Identifier: Apache-2.0
/**
 * What each route answers, as schemas: `GET /api/v1/openapi.json` is made of them, and tests hold every answer against them. They
 * are strict, so that a field which is not described here is a failing test.
 */
import { z } from 'zod';
import { OUTCOME_REASONS } from '../../model/observation.js';
import { HealthStatus, type HealthStatusName, statusName } from '../../model/status.js';
import type { FailureKind } from '../../model/verdict.js';
import type { AboutJson, EventJson, EvidenceJson, ObserverJson, SubjectJson, VerdictJson, ViewJson } from './shapes.js';

const STATUS_NAMES = Object.values(HealthStatus)
  .filter((status) => status !== HealthStatus.INVALID)
  .map(statusName);

const epochMs = z.number().meta({ description: 'epoch milliseconds' });
const count = z.int().min(0);
const names = z.array(z.string());

const status: z.ZodType<HealthStatusName> = z.enum(STATUS_NAMES);
const failure: z.ZodType<FailureKind> = z.enum(['none', 'masked', 'gray', 'crash']);
const reason = z.enum(OUTCOME_REASONS);
const resolution = z.enum(['instance', 'service', 'address']);
const source = z.enum(['caller', 'probe', 'self', 'report']);

const evidence = z
  .strictObject({
    traceId: z.string(),
    spanId: z.string(),
    errorType: z.string().optional(),
    message: z.string().optional(),
  })
  .meta({ description: 'the trace of a failing call' });

const suspicion = z
  .strictObject({
    reason: z.enum(['alone', 'overloaded']),
    complaintCount: count,
    subjectCount: count,
    sinceMs: epochMs,
  })
  .meta({ description: 'why a component is suspected by what it says of others' });

const operation = z.strictObject({ operation: z.string(), status, observersFor: names, observersAgainst: names });

const verdict: z.ZodType<VerdictJson> = z.strictObject({
  environment: z.string(),
  subject: z.string(),
  resolution,
  status,
  failure,
  reason,
  split: z.array(z.enum(['operation', 'observer', 'self-report'])),
  sinceMs: epochMs,
  judgedMs: epochMs,
  operations: z.array(operation),
  observersFor: names,
  observersAgainst: names,
  observersDoubted: names,
  systemView: status,
  confidence: z.number().min(0).max(1),
  evidence: z.array(evidence),
  blame: z
    .strictObject({ root: z.string(), path: names, share: z.number().min(0).max(1) })
    .optional()
    .meta({ description: 'whose fault it is, while something is wrong' }),
  suspicion: suspicion.optional(),
  instances: z.strictObject({ failing: count, doubtful: count, total: count }).optional(),
}) as z.ZodType<VerdictJson>;

const view: z.ZodType<ViewJson> = z.strictObject({
  observer: z.string(),
  operation: z.string(),
  source,
  status,
  reason,
  healthyCount: z.number().min(0),
  failingCount: z.number().min(0),
  sinceMs: epochMs,
  lastMs: epochMs,
  evidence: z.array(evidence),
}) as z.ZodType<ViewJson>;

const subject: z.ZodType<SubjectJson> = z.strictObject({
  environment: z.string(),
  subject: z.string(),
  resolution,
  status,
  failure,
  sinceMs: epochMs,
  operationCount: count,
  observerCount: count,
});

const observer: z.ZodType<ObserverJson> = z.strictObject({
  environment: z.string(),
  observer: z.string(),
  source,
  isGuest: z.boolean(),
  subjectCount: count,
  complaintCount: count,
  trust: z.number().min(0).max(1),
  suspicion: suspicion.optional(),
}) as z.ZodType<ObserverJson>;

const pair = z
  .strictObject({ environment: z.string(), subject: z.string(), observer: z.string(), status })
  .meta({ description: 'how one observer finds a subject: the worst of what it says of its operations' });

const event: z.ZodType<EventJson> = z.strictObject({
  seq: count,
  atMs: epochMs,
  from: z.strictObject({ status, failure, culprit: z.string().optional() }),
  cause: z.string().nullable(),
  verdict,
}) as z.ZodType<EventJson>;

const heldEvidence: z.ZodType<EvidenceJson> = z.strictObject({
  environment: z.string(),
  subject: z.string(),
  observer: z.string(),
  operation: z.string(),
  status,
  reason,
  count,
  atMs: epochMs,
  traceId: z.string().optional(),
  spanId: z.string().optional(),
  errorType: z.string().optional(),
  message: z.string().optional(),
}) as z.ZodType<EvidenceJson>;

const about: z.ZodType<AboutJson> = z.strictObject({
  version: z.string(),
  startedMs: epochMs,
  traceUrl: z.string().nullable().meta({ description: 'of a trace, with {traceId} and maybe {spanId} in it' }),
  history: z.enum(['memory', 'sqlite']),
});

const cursor = z.string().nullable().meta({ description: 'what to give for the next page; null on the last' });

/** What several answers have in common, by the names that the document gives them. */
export const PARTS: Readonly<Record<string, z.ZodType>> = {
  HealthStatus: status,
  Failure: failure,
  OutcomeReason: reason,
  Evidence: evidence,
  Suspicion: suspicion,
  Verdict: verdict,
  View: view,
  Subject: subject,
  Observer: observer,
  Pair: pair,
  Transition: event,
  NegativeEvidence: heldEvidence,
};

export type Route =
  | '/api/v1/about'
  | '/api/v1/verdicts'
  | '/api/v1/subjects'
  | '/api/v1/subjects/{identity}'
  | '/api/v1/observers'
  | '/api/v1/matrix'
  | '/api/v1/events'
  | '/api/v1/history'
  | '/api/v1/history/evidence'
  | '/api/v1/counts'
  | '/api/v1/doctor'
  | '/healthz'
  | '/readyz';

/** Each route's answer, by its path. What is open-ended there is described in docs/metrics.md and docs/doctor.md. */
export const ANSWERS: Readonly<Record<Route, z.ZodType>> = {
  '/api/v1/about': about,
  '/api/v1/verdicts': z.strictObject({ verdicts: z.array(verdict), cursor, seq: count }),
  '/api/v1/subjects': z.strictObject({ subjects: z.array(subject), cursor }),
  '/api/v1/subjects/{identity}': z.strictObject({ verdict, views: z.array(view) }),
  '/api/v1/observers': z.strictObject({ observers: z.array(observer), cursor }),
  '/api/v1/matrix': z.strictObject({ pairs: z.array(pair), leftOut: count }),
  '/api/v1/events': z.strictObject({ events: z.array(event), next: count, truncated: z.boolean() }),
  '/api/v1/history': z.strictObject({ transitions: z.array(event), cursor }),
  '/api/v1/history/evidence': z.strictObject({ evidence: z.array(heldEvidence), cursor }),
  '/api/v1/counts': z.record(z.string(), z.unknown()),
  '/api/v1/doctor': z.record(z.string(), z.unknown()),
  '/healthz': z.strictObject({ status: z.literal('ok') }),
  '/readyz': z.strictObject({ status: z.enum(['ready', 'starting']) }),
};

export const ERROR_ANSWER: z.ZodType = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string() }),
});
