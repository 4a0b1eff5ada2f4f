// SPDX-License-Identifier: Apache-2.0
/**
 * The requests that wait for work which is done once for many, besides the one in whose context it goes on: that is one trace, and they
 * are others. Who watches the calls of such work tells of them as well, so that a request that hangs is known to hang for what the
 * work waits for (`processor`).
 */
import { type Context, createContextKey, isSpanContextValid, type SpanContext, trace } from '@opentelemetry/api';
import { EVIDENCE_PER_OBSERVATION_MAX } from '../model/limits.js';

const WAITING = createContextKey('panorama.waiting');

const NOBODY: readonly SpanContext[] = [];

/** More than an observation can show beside its own are left out. */
const WAITING_COUNT_MAX = EVIDENCE_PER_OBSERVATION_MAX - 1;

/** The context of work that goes on in `of` and is done for those of `others` too. */
export function withWaiting(of: Context, others: readonly (Context | undefined)[]): Context {
  const own = trace.getSpanContext(of)?.traceId;
  const spans: SpanContext[] = [];
  for (const other of others) {
    if (spans.length >= WAITING_COUNT_MAX) break;
    const span = typeof other?.getValue === 'function' ? trace.getSpanContext(other) : undefined;
    if (span && isSpanContextValid(span) && span.traceId !== own) spans.push(span);
  }
  return spans.length > 0 ? of.setValue(WAITING, spans) : of;
}

/** The spans of the requests that wait besides the one whose context it is. A tracer of another make may give none. */
export function waitingIn(of: Context | undefined): readonly SpanContext[] {
  return (of?.getValue(WAITING) as readonly SpanContext[] | undefined) ?? NOBODY;
}
