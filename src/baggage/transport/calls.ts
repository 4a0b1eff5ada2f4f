// SPDX-License-Identifier: Apache-2.0
/**
 * What a call brings back. The response hooks of the instrumentations run in whatever context a socket happens to be in,
 * so nothing is asked of the active context: the client span of the call is the key to the scope that made it, noted when
 * the request was sent.
 *
 * An answer tells who gave it, which the span keeps as `panorama.subject`: behind a load balancer it is the one way to
 * know. Only a call that was allowed to carry baggage may be answered; a stranger's header changes nothing.
 */
import type { Span } from '@opentelemetry/api';
import { type Attributes, type AttributeValue, PANORAMA } from '../../model/attributes.js';
import { BoundedMap } from '../../model/bounded-map.js';
import { BLAME, rootsOf } from '../blame.js';
import { type BaggageScope, contained } from '../scope.js';
import { bagOfText } from './header-text.js';

/**
 * Where a span keeps the scope of its call: `null` where the call was made outside any. A property of the span, since a
 * `WeakMap` takes 170 ns to learn a new key and this takes 7, on every call of the host.
 */
const CALL = Symbol('panorama.call');

/** Where a span whose subject an answer has named keeps what it said before: a text of the user's own, or nothing. */
const NAMED = Symbol('panorama.named');

type NotedSpan = Span & {
  [CALL]?: BaggageScope | null | undefined;
  [NAMED]?: AttributeValue | null;
  readonly attributes?: Attributes;
};

/** Headers of one response that are read; a proxy that repeats a header does so a few times at the most. */
const ANSWER_COUNT_MAX = 8;

/** Who gave an answer that says nothing else, by its text. Most calls bring such a one, and few instances give them. */
const identities = new BoundedMap<string, string>(256);

/** Notes a call that carries baggage, or may be answered with some. */
export function noteCall(span: Span, scope: BaggageScope | undefined): void {
  (span as NotedSpan)[CALL] = scope ?? null;
}

/** Lets the scope go. An answer that came after this would be nobody's, but none does: it is its end that ends the span. */
export function forgetCall(span: Span): void {
  if ((span as NotedSpan)[CALL]) (span as NotedSpan)[CALL] = undefined;
}

/** Whether a call carries baggage, or may be answered with some. */
export function isNoted(span: Span): boolean {
  return (span as NotedSpan)[CALL] !== undefined;
}

/** What a call's span said of its subject before an answer named it, `null` for nothing; `undefined` where none has. */
export function subjectBeforeAnswer(span: object): AttributeValue | null | undefined {
  return (span as NotedSpan)[NAMED];
}

/** The scope from which a call was made, where that is known. */
export function scopeOfCall(span: Span): BaggageScope | undefined {
  return (span as NotedSpan)[CALL] ?? undefined;
}

/** Takes in the answers that a call's response carries, before its span ends. Never throws. */
export function joinAnswers(span: Span, texts: readonly unknown[]): void {
  contained(undefined, () => {
    const scope = (span as NotedSpan)[CALL];
    if (scope === undefined) return;
    for (const text of texts.slice(0, ANSWER_COUNT_MAX)) {
      if (typeof text === 'string') joinAnswer(span, scope, text.trim());
    }
  });
}

function joinAnswer(span: Span, scope: BaggageScope | null, text: string): void {
  const known = identities.get(text);
  const answer = known === undefined ? bagOfText(text) : undefined;
  const subject = known ?? answer?.subject;
  if (subject !== undefined) {
    const noted = span as NotedSpan;
    if (noted[NAMED] === undefined) noted[NAMED] = noted.attributes?.[PANORAMA.SUBJECT] ?? null;
    span.setAttribute(PANORAMA.SUBJECT, subject);
  }
  if (!answer) return;
  if (answer.isMute) {
    if (subject !== undefined) identities.set(text, subject);
    return;
  }
  const roots = rootsOf(answer.unpack(BLAME));
  if (roots.length > 0) span.setAttribute(PANORAMA.BLAME, roots);
  scope?.join(answer);
}
