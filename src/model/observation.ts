// SPDX-License-Identifier: Apache-2.0
/**
 * An Observation: one dated status of a subject in an operation, as one observer saw it. It is small, self-contained
 * and idempotent (an id), so that it can be queued, partitioned by subject, or delivered twice without harm.
 *
 * Source: Panorama (OSDI 2018), section 3.2; `operation` is the paper's *context*.
 */
import type { Resolution } from './identity.js';
import type { SpanRef } from './span.js';
import type { HealthStatus } from './status.js';

/**
 * Who speaks. A `caller` made an ordinary call and votes. `probe` (health checks) and `self` (the subject's own server
 * spans) are the system's own view, which a verdict holds against the callers'. A `report` was given explicitly and
 * votes like a caller.
 */
export type ObservationSource = 'caller' | 'probe' | 'self' | 'report';

/** Why a status was given: the words of the outcome table. Their order is their number in a view; new ones come last. */
export const OUTCOME_REASONS = [
  'ok',
  'request_fault',
  'throttled',
  'server_error',
  'rpc_error',
  'refused',
  'reset',
  'name_resolution',
  'tls',
  'protocol',
  'timeout',
  'error',
  'slow',
  'hung',
  'reported',
  'suspect_observer',
] as const;

export type OutcomeReason = (typeof OUTCOME_REASONS)[number];

const UNREACHED: ReadonlySet<OutcomeReason> = new Set(['refused', 'name_resolution', 'tls']);

/** Whether the callee may have begun to serve a call that ended for this reason; otherwise nobody deeper is at fault. */
export function wasReached(reason: OutcomeReason): boolean {
  return !UNREACHED.has(reason);
}

/** The trace that shows it. */
export interface Evidence extends SpanRef {
  /** `error.type` or the exception's type; low cardinality. */
  readonly errorType?: string | undefined;
  /** At most `ERROR_MESSAGE_LENGTH_MAX` characters. Text from outside: never interpreted, only shown. */
  readonly message?: string | undefined;
}

/** Latency of the calls an observation stands for, in seconds. */
export interface LatencySummary {
  readonly meanSeconds: number;
  readonly maxSeconds: number;
}

export interface Observation {
  /** Trace id and span id of the span it came from: what makes a repeated delivery harmless. */
  readonly id: string;
  /** `deployment.environment.name` of the observer; empty where unset. Environments never mix. */
  readonly environment: string;
  readonly observer: string;
  readonly subject: string;
  readonly resolution: Resolution;
  readonly operation: string;
  readonly status: HealthStatus;
  readonly reason: OutcomeReason;
  readonly source: ObservationSource;
  /** How many calls it stands for; at least 1. */
  readonly count: number;
  /** When the last of those calls ended, in epoch milliseconds of the observer's clock, with their fraction. */
  readonly observedMs: number;
  /** From the end of the first of those calls to the end of the last, in ms; 0 for one call. */
  readonly windowMs: number;
  readonly latency?: LatencySummary | undefined;
  /** Of calls that are out: the greatest φ = −log10 P(T > t) among them, by the observer's own history. */
  readonly suspicion?: number | undefined;
  /** The observer's own event-loop delay (p99 of the window), in seconds; absent where not measured. */
  readonly observerLagSeconds?: number | undefined;
  /**
   * Of failing calls: whose failure the callee met, as its answer told; identity texts, at most `BLAMED_COUNT_MAX`. Empty where
   * it answered and blamed nobody, absent where no answer tells.
   */
  readonly blamed?: readonly string[] | undefined;
  /** Of calls that are out: whether all of them were told of before. */
  readonly isAgain?: boolean | undefined;
  /** At most `EVIDENCE_PER_OBSERVATION_MAX`. */
  readonly evidence: readonly Evidence[];
}
