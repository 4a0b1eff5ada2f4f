// SPDX-License-Identifier: Apache-2.0
/**
 * What the spans of one form serve for, by what is the same in all of them. Of most nothing more is asked; whoever decodes spans
 * for somebody else needs to know which are read in full.
 */
import { OBSERVATION_SPAN_NAME } from '../model/attributes.js';
import type { ObservableSpan } from '../model/span.js';
import { type Call, callOf, isCall, isServed } from './observe.js';
import { type Outcome, steadyOutcomeOf, steadySelfOutcomeOf } from './outcome.js';
import { DEFAULT_RULES, type ObserveRules } from './rules.js';
import type { AddressResolver } from './subject.js';

export interface SpanUse {
  /** A guest's own. */
  readonly isObservation: boolean;
  readonly isCall: boolean;
  readonly isServed: boolean;
  /** Of a call, whom it names. */
  readonly call: Call | undefined;
  /** How it went, where that is the same for all of them, and good. */
  readonly outcome: Outcome | undefined;
  /** Whether somebody may want all of such a span: because that says how it went, or shows why it names nobody. */
  readonly isReadInFull: boolean;
}

/** @param resolveAddress whose answers must not depend on the span: they are taken for all of its form */
export function useOf(
  form: Pick<ObservableSpan, 'name' | 'kind' | 'attributes' | 'statusCode'>,
  rules: ObserveRules,
  resolveAddress: AddressResolver = () => undefined,
): SpanUse {
  const isObservation = form.name === OBSERVATION_SPAN_NAME;
  const isOfCall = isCall(form.kind) && !isObservation;
  const isOfServed = isServed(form.kind) && !isObservation;
  const call = isOfCall ? callOf(form, resolveAddress, rules) : undefined;
  // Rules of a user's own may look at anything.
  const isKnown = rules === DEFAULT_RULES;
  let outcome: Outcome | undefined;
  if (isKnown && isOfCall) outcome = steadyOutcomeOf(form);
  else if (isKnown && isOfServed) outcome = steadySelfOutcomeOf(form);
  const isPlain = outcome !== undefined && (isOfServed || call !== undefined);
  const isReadInFull = isObservation || ((isOfCall || isOfServed) && !isPlain);
  return { isObservation, isCall: isOfCall, isServed: isOfServed, call, outcome, isReadInFull };
}
