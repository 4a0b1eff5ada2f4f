// SPDX-License-Identifier: Apache-2.0
/**
 * One span → at most one sighting: whom it concerns, in which operation, and what it says. Pure. The guest runs it on
 * the spans of its own process, the engine on raw spans of any SDK; neither has rules of its own.
 */
import { SEMCONV, textOf } from '../model/attributes.js';
import type { Identity } from '../model/identity.js';
import { cut, ERROR_MESSAGE_LENGTH_MAX, ERROR_TYPE_LENGTH_MAX } from '../model/limits.js';
import type { Evidence, ObservationSource, OutcomeReason } from '../model/observation.js';
import { type ObservableSpan, SpanKind, type SpanRef } from '../model/span.js';
import { HealthStatus } from '../model/status.js';
import { subjectOnHost } from './loopback.js';
import { operationOf } from './operation.js';
import { type Outcome, outcomeOf, selfOutcomeOf } from './outcome.js';
import { isProbe } from './probe.js';
import { DEFAULT_RULES, type ObserveRules, overrideOf } from './rules.js';
import { type AddressResolver, subjectOf } from './subject.js';
import type { LatencyEstimate, UsualLatency } from './usual-latency.js';

/** Whom a call concerns, what was being done, and who speaks: all that is known before it ends. */
export interface Call {
  readonly subject: Identity;
  readonly operation: string;
  readonly source: ObservationSource;
}

/** What one span shows. */
export interface Sighting extends Call {
  readonly status: HealthStatus;
  readonly reason: OutcomeReason;
}

/** Why a client span gave no sighting. Each is counted under its name. */
export type SkipReason = 'unidentified' | 'abandoned' | 'ignored';

/** What observing may draw on besides the span. */
export interface ObserveContext {
  /** Which instance lives at an address, where that is known. */
  readonly resolveAddress: AddressResolver;
  /** How long operations usually take; learned from here too. */
  readonly usualLatency: UsualLatency;
  /** Whose patience it is, where `usualLatency` serves several observers. */
  readonly scope?: string | undefined;
  /** The observer's machine, where it says: a loopback address is somebody else on each. */
  readonly host?: string | undefined;
}

/** Whether a span is a call to another component: the only spans a caller's view is made of. */
export function isCall(kind: SpanKind): boolean {
  return kind === SpanKind.CLIENT || kind === SpanKind.PRODUCER;
}

/** Whether a span is the subject's own side of a call. */
export function isServed(kind: SpanKind): boolean {
  return kind === SpanKind.SERVER || kind === SpanKind.CONSUMER;
}

/** The call that a CLIENT or PRODUCER span is, ended or not; `undefined` where it names nobody. */
export function callOf(
  span: Pick<ObservableSpan, 'name' | 'attributes'>,
  resolveAddress: AddressResolver,
  rules: ObserveRules,
): Call | undefined {
  const { name, attributes } = span;
  const subject = subjectOf(attributes, resolveAddress, rules.subjects);
  if (!subject) return undefined;
  const operation = operationOf(name, attributes, rules.operations);
  return { subject, operation, source: isProbe(attributes) ? 'probe' : 'caller' };
}

/** What the end of a call says; what is usual is learned from it. */
export function outcomeOfCall(
  span: ObservableSpan,
  { subject, operation }: Call,
  usual: LatencyEstimate,
  rules: ObserveRules,
): Outcome | SkipReason {
  const override = overrideOf(span, subject.text, operation, rules.outcomes);
  if (override === 'ignore') return 'ignored';
  const outcome = override ?? outcomeOf(span, usual.usualMs);
  if (!outcome) return 'abandoned';
  if (outcome.status === HealthStatus.HEALTHY) usual.learn(span.durationMs);
  return outcome;
}

/** Observes an ended CLIENT or PRODUCER span. */
export function observeCall(
  span: ObservableSpan,
  context: ObserveContext,
  rules: ObserveRules = DEFAULT_RULES,
): Sighting | SkipReason {
  const call = callOf(span, context.resolveAddress, rules);
  if (!call) return 'unidentified';
  const subject = subjectOnHost(call.subject, context.host ?? '');
  const usual = context.usualLatency.of(context.scope ?? '', subject.text, call.operation);
  const outcome = outcomeOfCall(span, call, usual, rules);
  return typeof outcome === 'string' ? outcome : { ...call, subject, status: outcome.status, reason: outcome.reason };
}

/** Reads an ended SERVER or CONSUMER span as its component's report of itself. */
export function observeSelf(span: ObservableSpan, self: Identity, rules: ObserveRules = DEFAULT_RULES): Sighting {
  const operation = operationOf(span.name, span.attributes, rules.operations);
  const { status, reason } = selfOutcomeOf(span);
  return { subject: self, operation, status, reason, source: 'self' };
}

/** Names of the numeric `DOMException` codes that undici's instrumentation sends as `error.type`. Neither is an HTTP code. */
const DOM_EXCEPTION_NAMES: ReadonlyMap<string, string> = new Map([
  ['20', 'AbortError'],
  ['23', 'TimeoutError'],
]);

/** The trace that shows a sighting, with the error's type and the first words of its message. */
export function evidenceOf(span: ObservableSpan, ref: SpanRef): Evidence {
  const stated = textOf(span.attributes[SEMCONV.ERROR_TYPE]) ?? span.exception?.type;
  const errorType = DOM_EXCEPTION_NAMES.get(stated ?? '') ?? stated;
  const message = span.exception?.message || span.statusMessage || textOf(span.attributes[SEMCONV.GRPC_ERROR_MESSAGE]);
  return {
    traceId: ref.traceId,
    spanId: ref.spanId,
    ...(errorType && { errorType: cut(errorType, ERROR_TYPE_LENGTH_MAX) }),
    ...(message && { message: cut(message, ERROR_MESSAGE_LENGTH_MAX) }),
  };
}
