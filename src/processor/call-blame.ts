// SPDX-License-Identifier: Apache-2.0
/**
 * Whose fault a failing call is, as far as one process can tell: whom its answer blamed goes to the engine with the observation,
 * and that it failed goes back to whoever asked this process.
 */
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace';
import type { BaggageScope } from '../baggage/scope.js';
import { type Blame, blamed, subjectBeforeAnswer, workFailed } from '../baggage/transport/told-by-processor.js';
import { isFailing } from '../model/status.js';
import { attributesOfResource, hostOf } from '../observe/component.js';
import { addressOnHost } from '../observe/loopback.js';
import { blamedIn } from '../observe/observation-span.js';
import type { Call } from '../observe/observe.js';
import { observerOf } from '../observe/observer-identity.js';
import type { Outcome } from '../observe/outcome.js';
import type { Ended } from './pair.js';
import type { Resource } from './sdk-resource.js';

const NOBODY: readonly string[] = [];

/** What is told of a call that failed. One that was answered by a callee with Panorama, which blamed nobody, blames nobody. */
export function endedAs(outcome: Outcome, span: ReadableSpan): Ended {
  if (!isFailing(outcome.status)) return outcome;
  const names = blamedIn(span.attributes as Parameters<typeof blamedIn>[0]);
  if (names === undefined && subjectBeforeAnswer(span) === undefined) return outcome;
  return { ...outcome, blamed: names ?? NOBODY };
}

/** The failure that a request met goes back with its response. */
export function passOn(span: ReadableSpan, call: Call, outcome: Outcome): void {
  // The SDK hands over the very span that it made.
  blamed(span as ReadableSpan & Span, blameOf(span.resource, call, outcome));
}

/**
 * So does the failure of work that was announced for the request, or reported in it, where that is somebody else's: for its own
 * parts a process answers itself.
 */
export function passOnWork(request: BaggageScope, resource: Resource, call: Call, outcome: Outcome): void {
  const blame = blameOf(resource, call, outcome);
  if (!blame.subject.startsWith(`${blame.observer}#`)) workFailed(request, blame);
}

/** Whoever hears of it may be on another machine, so a loopback address is told with its own. */
function blameOf(resource: Resource, { subject, operation }: Call, { reason }: Outcome): Blame {
  return {
    observer: observerOf(resource),
    subject: addressOnHost(subject.text, hostOf(attributesOfResource(resource))),
    operation,
    reason,
  };
}
