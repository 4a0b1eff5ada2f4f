// SPDX-License-Identifier: Apache-2.0
/** How far an observer is believed, at the bounds of each rule. */
import { describe, expect, it } from 'vitest';
import {
  type Complaint,
  isExplainedByLag,
  isOwnFaultPossible,
  suspicionOf,
  type Testimony,
  trustIn,
} from '../../../src/engine/verdict/trust.js';
import { OUTCOME_REASONS, type OutcomeReason } from '../../../src/model/observation.js';
import { HealthStatus } from '../../../src/model/status.js';
import type { Suspicion } from '../../../src/model/verdict.js';
import { observationOf } from '../store/observations.js';

const { HEALTHY, MAYBE_UNHEALTHY, UNHEALTHY } = HealthStatus;

const ALONE: Complaint = { wellCount: 0, failingCount: 0 };
const CONTRADICTED: Complaint = { wellCount: 2, failingCount: 0 };
const SHARED: Complaint = { wellCount: 0, failingCount: 1 };
const DIVIDED: Complaint = { wellCount: 1, failingCount: 1 };

const testimony = (subjectCount: number, ...complaints: readonly Complaint[]): Testimony => ({
  subjectCount,
  complaints,
});
const suspicionIn = (given: Testimony, before?: Suspicion) => suspicionOf(given, 0, 0, 5000, before);
const lagged = (laggedCount: number, observationCount: number) =>
  suspicionOf(testimony(1), laggedCount, observationCount, 5000, undefined);

describe('a complaint', () => {
  const complaint = (reason: OutcomeReason, status: HealthStatus = UNHEALTHY, failingCount = 2) =>
    isOwnFaultPossible({ status, reason, failingCount });

  it('may be its observer’s own fault unless the subject answered, or nobody was there', () => {
    const possible = OUTCOME_REASONS.filter((reason) => complaint(reason));
    expect(OUTCOME_REASONS.filter((reason) => !possible.includes(reason))).toEqual([
      'ok',
      'request_fault',
      'throttled',
      'server_error',
      'refused',
      'reported',
    ]);
  });

  it('is none before a second call has failed, but for one that hangs and one that is slow', () => {
    expect(complaint('timeout', UNHEALTHY, 1)).toBe(false);
    expect(complaint('timeout', MAYBE_UNHEALTHY, 2)).toBe(true);
    expect(complaint('hung', UNHEALTHY, 1)).toBe(true);
    expect(complaint('slow', MAYBE_UNHEALTHY, 0)).toBe(true);
    expect(complaint('timeout', HEALTHY, 9)).toBe(false);
  });
});

describe('lag', () => {
  const call = (reason: OutcomeReason, lagSeconds: number | undefined, maxSeconds = 1) =>
    isExplainedByLag(
      observationOf({ reason, observerLagSeconds: lagSeconds, latency: { meanSeconds: 0.01, maxSeconds } }),
    );

  it('explains a timeout, or slowness, of up to four times as long', () => {
    expect(call('timeout', 0.25)).toBe(true);
    expect(call('slow', 0.25)).toBe(true);
    expect(call('timeout', 0.249)).toBe(false);
  });

  it('below a twentieth of a second is none', () => {
    expect(call('timeout', 0.05, 0.1)).toBe(true);
    expect(call('timeout', 0.049, 0.1)).toBe(false);
    expect(call('timeout', undefined, 0)).toBe(false);
  });

  it('explains neither an answer nor a call that hangs, nor a call of which nobody knows how long it took', () => {
    for (const reason of ['server_error', 'refused', 'reset', 'hung', 'ok'] as const)
      expect(call(reason, 9)).toBe(false);
    expect(isExplainedByLag(observationOf({ reason: 'timeout', observerLagSeconds: 9 }))).toBe(false);
  });

  it('makes an observer overloaded when it explains three observations, and most of them', () => {
    expect(lagged(2, 2)).toBeUndefined();
    expect(lagged(3, 3)).toMatchObject({ reason: 'overloaded', sinceMs: 5000 });
    expect(lagged(3, 6)).toBeUndefined();
    expect(lagged(4, 7)).toMatchObject({ reason: 'overloaded' });
  });
});

describe('an observer’s vote', () => {
  it('counts in full while it complains of nobody, or of one', () => {
    expect(trustIn(testimony(9))).toBe(1);
    expect(trustIn(testimony(1, CONTRADICTED))).toBe(1);
  });

  it('counts as far as its complaints are borne out, or can be judged by nobody', () => {
    expect(trustIn(testimony(9, SHARED, SHARED, ALONE, ALONE))).toBe(1);
    expect(trustIn(testimony(9, SHARED, CONTRADICTED, CONTRADICTED, CONTRADICTED))).toBe(0.5);
    expect(trustIn(testimony(9, CONTRADICTED, CONTRADICTED))).toBe(0.5);
    expect(trustIn(testimony(9, DIVIDED, DIVIDED))).toBe(1);
  });
});

describe('an observer that is alone', () => {
  it('with three complaints or more, and with more than half of its subjects, is the likelier culprit', () => {
    expect(suspicionIn(testimony(3, ALONE, ALONE, ALONE))).toEqual({
      reason: 'alone',
      complaintCount: 3,
      subjectCount: 3,
      sinceMs: 5000,
    });
    expect(suspicionIn(testimony(5, ALONE, ALONE, ALONE))).toBeDefined();
    expect(suspicionIn(testimony(6, ALONE, ALONE, ALONE))).toBeUndefined();
    expect(suspicionIn(testimony(2, ALONE, ALONE))).toBeUndefined();
  });

  it('with all of its few subjects is one where two others contradict it on each', () => {
    expect(suspicionIn(testimony(1, CONTRADICTED))).toMatchObject({ reason: 'alone', complaintCount: 1 });
    expect(suspicionIn(testimony(1, { wellCount: 1, failingCount: 0 }))).toBeUndefined();
    expect(suspicionIn(testimony(2, CONTRADICTED, ALONE))).toBeUndefined();
    expect(suspicionIn(testimony(2, CONTRADICTED))).toBeUndefined();
  });

  it('is not alone where as many others say the same', () => {
    expect(suspicionIn(testimony(3, SHARED, SHARED, SHARED))).toBeUndefined();
    expect(suspicionIn(testimony(3, DIVIDED, DIVIDED, DIVIDED))).toBeUndefined();
    const mostlyWell = { wellCount: 3, failingCount: 1 };
    expect(suspicionIn(testimony(3, mostlyWell, mostlyWell, mostlyWell))).toBeDefined();
  });

  it('stays a suspect, since it became one, until most of what it complained about is well', () => {
    const before: Suspicion = { reason: 'alone', complaintCount: 4, subjectCount: 4, sinceMs: 1000 };
    expect(suspicionIn(testimony(5, ALONE, ALONE), before)).toMatchObject({ complaintCount: 2, sinceMs: 1000 });
    expect(suspicionIn(testimony(5, ALONE), before)).toBeUndefined();
    expect(suspicionIn(testimony(3, ALONE), before)).toMatchObject({ complaintCount: 1, sinceMs: 1000 });
    expect(suspicionIn(testimony(3), before)).toBeUndefined();
  });
});
