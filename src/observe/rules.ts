// SPDX-License-Identifier: Apache-2.0
/**
 * The rules as one value: the built-in tables and what a user puts before them. Guest and engine take the same shape,
 * so that a span means the same on both sides of the wire.
 */

import { SEMCONV, textOf } from '../model/attributes.js';
import { serviceOf } from '../model/identity.js';
import type { ObservableSpan } from '../model/span.js';
import { type HealthStatusName, statusFromName } from '../model/status.js';
import { OPERATION_RULES, type OperationRule } from './operation.js';
import { grpcCodeOf, httpCodeOf, type Outcome } from './outcome.js';
import { SUBJECT_LADDER, type SubjectRule } from './subject.js';

/**
 * One exception to the outcome table. Every condition that is given must hold; the first override that fits answers.
 *
 * @example a search service whose 404 is a lost index
 * { subject: 'search', operation: 'GET /items/{id}', http: [404], status: 'unhealthy' }
 */
export interface OutcomeOverride {
  /** The subject's identity, or its service. */
  readonly subject?: string;
  readonly operation?: string;
  /** HTTP response codes. */
  readonly http?: readonly number[];
  /** gRPC status numbers. */
  readonly grpc?: readonly number[];
  /** Values of `error.type`. */
  readonly errorType?: readonly string[];
  /** What it means; `ignore` makes no observation. */
  readonly status: HealthStatusName | 'ignore';
}

export interface ObserveRules {
  readonly subjects: readonly SubjectRule[];
  readonly operations: readonly OperationRule[];
  readonly outcomes: readonly OutcomeOverride[];
}

/** The built-in rules, no overrides. */
export const DEFAULT_RULES: ObserveRules = { subjects: SUBJECT_LADDER, operations: OPERATION_RULES, outcomes: [] };

/** The rules of a user: what is given goes before the built-in tables. */
export function rulesWith(custom: Partial<ObserveRules> = {}): ObserveRules {
  if (Object.values(custom).every((each) => each === undefined)) return DEFAULT_RULES;
  return {
    subjects: [...(custom.subjects ?? []), ...SUBJECT_LADDER],
    operations: [...(custom.operations ?? []), ...OPERATION_RULES],
    outcomes: custom.outcomes ?? [],
  };
}

/** The rules for a call whose subject an answer has named: as they were before it came. */
export function rulesBeforeAnswer(rules: ObserveRules): ObserveRules {
  const named = SUBJECT_LADDER[0];
  return { ...rules, subjects: rules.subjects.filter((rule) => rule !== named) };
}

/** The override that fits: an outcome, `ignore`, or `undefined` where none does. */
export function overrideOf(
  span: ObservableSpan,
  subject: string,
  operation: string,
  overrides: readonly OutcomeOverride[],
): Outcome | 'ignore' | undefined {
  for (const override of overrides) {
    if (!fits(override, span, subject, operation)) continue;
    if (override.status === 'ignore') return 'ignore';
    const status = statusFromName(override.status);
    if (status !== undefined) return { status, reason: 'reported' };
  }
  return undefined;
}

function fits(override: OutcomeOverride, span: ObservableSpan, subject: string, operation: string): boolean {
  if (override.subject !== undefined && override.subject !== subject && override.subject !== serviceOf(subject)) {
    return false;
  }
  if (override.operation !== undefined && override.operation !== operation) return false;
  return (
    includes(override.http, httpCodeOf(span.attributes)) &&
    includes(override.grpc, grpcCodeOf(span.attributes)) &&
    includes(override.errorType, textOf(span.attributes[SEMCONV.ERROR_TYPE]))
  );
}

function includes<T>(wanted: readonly T[] | undefined, actual: T | undefined): boolean {
  return wanted === undefined || (actual !== undefined && wanted.includes(actual));
}
