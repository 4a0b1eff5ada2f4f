// SPDX-License-Identifier: Apache-2.0
/** Stretches of a callee's work during one call, and what they come to: how long it waited for calls of its own, and for which. */
import type { SpanOrigin } from './span-rows.js';
import type { SpanTable } from './span-table.js';
import { NONE } from './trace-table.js';

type Spans = SpanTable<SpanOrigin>;

/**
 * By how much a child may reach past its parent's ends, in ms: spans of one process are dated by two clocks (the machine's at
 * the root, a monotonic one beneath it), which JavaScript's SDK rounds to a millisecond each.
 */
export const TOLERANCE_MS = 2;

/** What is known of a callee during one call. */
export interface CalleeWork {
  /** Whether a span of it was found. */
  readonly isSeen: boolean;
  /** The time in which at least one call of its own was out, in ms. */
  readonly waitedMs: number;
  /** The failing call that its answer waited for last, or `NONE`. */
  readonly failing: number;
  /** The call that took longest, or `NONE`. */
  readonly longest: number;
}

/** One stretch of the callee's work: within which span of its clock it served, or `NONE`, and the calls it made. */
export interface Stretch {
  served: number;
  readonly calls: number[];
}

/** Of a callee that tells of no work of its own. */
export const UNSEEN: CalleeWork = { isSeen: false, waitedMs: 0, failing: NONE, longest: NONE };

/** All of a callee's work: the first `count` of its stretches. */
export function workIn(spans: Spans, stretches: readonly Stretch[], count: number): CalleeWork {
  let waitedMs = 0;
  let failing = NONE;
  let longest = NONE;
  for (let stretch = 0; stretch < count; stretch++) {
    const { served, calls } = stretches[stretch] as Stretch;
    waitedMs += unionMs(spans, calls, served);
    for (const each of calls) {
      if (!spans.isCall(each)) continue;
      if (spans.isFailing(each) && isLater(spans, each, failing, served)) failing = each;
      if (longest === NONE || spans.durationMs(each) > spans.durationMs(longest)) {
        longest = each;
      }
    }
  }
  return { isSeen: count > 0, waitedMs, failing, longest };
}

/** Whether a failing call is the better explanation: the last that ended before the answer; what ended after it was not waited for. */
function isLater(spans: Spans, call: number, than: number, served: number): boolean {
  if (than === NONE) return true;
  const answeredMs = served === NONE ? Number.POSITIVE_INFINITY : spans.endMs(served) + TOLERANCE_MS;
  const [isBefore, wasBefore] = [spans.endMs(call) <= answeredMs, spans.endMs(than) <= answeredMs];
  return isBefore === wasBefore ? spans.endMs(call) > spans.endMs(than) : isBefore;
}

/** The time in which at least one of the calls was out while the callee served. */
function unionMs(spans: Spans, calls: readonly number[], served: number): number {
  const startMs = (span: number) => spans.startMs(span);
  const toMs = served === NONE ? Number.POSITIVE_INFINITY : spans.endMs(served);
  let reachedMs = served === NONE ? Number.NEGATIVE_INFINITY : startMs(served);
  let coveredMs = 0;
  for (const call of calls.length > 1 ? calls.toSorted((a, b) => startMs(a) - startMs(b)) : calls) {
    const endMs = Math.min(spans.endMs(call), toMs);
    coveredMs += Math.max(0, endMs - Math.max(startMs(call), reachedMs));
    reachedMs = Math.max(reachedMs, endMs);
  }
  return coveredMs;
}
