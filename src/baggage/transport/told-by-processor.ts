// SPDX-License-Identifier: Apache-2.0
/**
 * What the span processor tells the baggage: who serves a request, so that the answer can say so, and whose failure the
 * request met, so that blame goes back; and what it asks: whether an answer has named the callee. The processor knows nothing
 * else of scopes, and the scopes nothing of it.
 */
import { type Context, context, type Span, trace } from '@opentelemetry/api';
import { type Blame, packBlame } from '../blame.js';
import { activeScope, type BaggageScope } from '../scope.js';
import { forgetCall, scopeOfCall } from './calls.js';

export type { Blame } from '../blame.js';
export { subjectBeforeAnswer } from './calls.js';

/** The request that the context came with is served by this component. */
export function servedBy(of: Context, component: string): void {
  const scope = activeScope(of);
  if (scope) scope.subject = component;
}

/** The request in which something is said of work; `undefined` where it is for none. */
export function requestAtHand(): BaggageScope | undefined {
  return activeScope();
}

/** Work for a request failed. */
export function workFailed(request: BaggageScope, blame: Blame): void {
  packBlame(request, blame);
}

/** A call failed, as the one that made it saw. */
export function blamed(span: Span, blame: Blame): void {
  const scope = scopeOfCall(span) ?? scopeOfTrace(span);
  if (scope) packBlame(scope, blame);
}

/** A call is over and accounted for. Spans wait for their export far longer than requests live. */
export function ended(span: Span): void {
  forgetCall(span);
}

/**
 * Calls that carry no baggage, to a database for instance, are known by nobody. The active scope will do where it is of the
 * same trace; in a callback that a pool runs in another request's context it is not.
 */
function scopeOfTrace(span: Span): BaggageScope | undefined {
  const active = trace.getSpanContext(context.active());
  return active?.traceId === span.spanContext().traceId ? activeScope() : undefined;
}
