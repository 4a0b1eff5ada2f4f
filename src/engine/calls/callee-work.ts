// SPDX-License-Identifier: Apache-2.0
/**
 * What a callee did while it served a call, as its own spans tell: how long it waited for calls of its own, which of them
 * failed and which took longest. Its spans hang beneath the caller's span; where a link is lost they are found by who made
 * them, if they can belong to no other call of the trace. What might belong to two belongs to none: a wrong culprit is worse
 * than none.
 */
import { serviceOf } from '../../model/identity.js';
import { SpanKind } from '../../model/span.js';
import type { SpanNode } from './trace-spans.js';

/**
 * By how much a child may reach past its parent's ends, in ms: spans of one process are dated by two clocks (the machine's at
 * the root, a monotonic one beneath it), which JavaScript's SDK rounds to a millisecond each.
 */
const TOLERANCE_MS = 2;

/** Spans with a lost parent that are tried; where there are more, too much is lost to tell whose they are. */
const ORPHAN_COUNT_MAX = 32;

const NONE: readonly SpanNode[] = [];

/** What is known of a callee during one call. */
export interface CalleeWork {
  /** Whether a span of it was found. */
  readonly isSeen: boolean;
  /** The time in which at least one call of its own was out, in ms. */
  readonly waitedMs: number;
  /** The failing call that its answer waited for last. */
  readonly failing: SpanNode | undefined;
  readonly longest: SpanNode | undefined;
}

/** One stretch of the callee's work: calls it made, and within which time of its clock it served. */
interface Stretch {
  readonly served: SpanNode | undefined;
  readonly calls: SpanNode[];
}

/**
 * @param callee whom the caller called, as far as it knows by now
 * @returns nothing where a span that has not come yet may change the answer, and `isLast` is not set
 */
export function calleeWorkOf(call: SpanNode, callee: string, isLast: boolean): CalleeWork | undefined {
  const stretches: Stretch[] = [];
  addStretches(call, call, stretches);
  const orphans = orphansOf(call, callee, stretches);
  if (orphans.length > 0 && !isLast) return undefined;
  if (stretches.length === 0) {
    const found = belongingTo(call, callee, orphans);
    if (found.length > 0) stretches.push({ served: undefined, calls: [] });
    for (const each of found) addCalls(each, stretches[0]?.calls ?? []);
  } else {
    for (const stretch of stretches) {
      for (const orphan of orphans) {
        if (isWithin(orphan, stretch.served) && isAlone(orphan, call, callee, stretch.served)) {
          addCalls(orphan, stretch.calls);
        }
      }
    }
  }
  return summed(stretches);
}

/** The callee's work as its links tell: `at` is the call, or a lower layer of it in the same process. */
function addStretches(at: SpanNode, call: SpanNode, stretches: Stretch[]): void {
  for (let child = at.firstChild; child; child = child.nextSibling) {
    if (child.kind === SpanKind.SERVER) {
      const stretch: Stretch = { served: child, calls: [] };
      addCallsBeneath(child, stretch.calls);
      stretches.push(stretch);
    } else if (child.kind === SpanKind.CONSUMER || child === call) {
      // A message is served when its sender has gone on; and what is its own parent comes from a bad tracer.
    } else if (child.component === call.component) {
      addStretches(child, call, stretches);
    } else {
      // Some tracers give both ends of a call one id, so that what the callee did hangs beneath the caller's end.
      const [first] = stretches;
      const stretch = first ?? { served: undefined, calls: [] };
      if (!first) stretches.push(stretch);
      addCalls(child, stretch.calls);
    }
  }
}

/** The calls at or beneath a span that its own process made, not those of whom it called. */
function addCalls(at: SpanNode, calls: SpanNode[]): void {
  if (at.kind === SpanKind.CLIENT || at.kind === SpanKind.PRODUCER) calls.push(at);
  else if (at.kind !== SpanKind.CONSUMER) addCallsBeneath(at, calls);
}

function addCallsBeneath(at: SpanNode, calls: SpanNode[]): void {
  for (let child = at.firstChild; child; child = child.nextSibling) {
    // A server within a server is a framework's second span; of another process it is somebody called without a client span.
    if (child.kind !== SpanKind.SERVER || child.component === at.component) addCalls(child, calls);
  }
}

/** Spans whose parent is lost, and that may be the callee's work during this call. */
function orphansOf(call: SpanNode, callee: string, stretches: readonly Stretch[]): readonly SpanNode[] {
  const { trace } = call;
  if (!trace.hasHoles) return NONE;
  const orphans: SpanNode[] = [];
  for (const hole of trace.nodes) {
    if (!hole.isHole) continue;
    for (let child = hole.firstChild; child; child = child.nextSibling) {
      if (child === call || child.kind === SpanKind.SERVER || child.kind === SpanKind.CONSUMER) continue;
      const isCandidate =
        stretches.length > 0
          ? stretches.some(({ served }) => served?.component === child.component && isWithin(child, served))
          : isSame(child.component, callee) && fits(child, call) && !isServedByAny(child);
      if (isCandidate && orphans.push(child) > ORPHAN_COUNT_MAX) return NONE;
    }
  }
  return orphans;
}

/** Of a call whose server span is lost: all of the candidates, if no other call and no other instance comes into question. */
function belongingTo(call: SpanNode, callee: string, orphans: readonly SpanNode[]): readonly SpanNode[] {
  const [first] = orphans;
  if (!first || orphans.some(({ component }) => component !== first.component)) return [];
  const startMs = Math.min(...orphans.map((each) => each.startMs));
  const endMs = Math.max(...orphans.map((each) => each.endMs));
  if (endMs - startMs > call.durationMs + TOLERANCE_MS) return [];
  const isContested = call.trace.nodes.some(
    (other) => isRival(other, call, callee) && orphans.some((orphan) => fits(orphan, other)),
  );
  return isContested ? [] : orphans;
}

/**
 * Whether a call that the callee made may be lost, and failed: something failed in a process that is neither the caller's nor
 * the callee's, and who called it is missing. Then nobody knows whether this call is the callee's own fault.
 */
export function mayHaveLostFailingCall(call: SpanNode, callee: string): boolean {
  const { trace } = call;
  if (!trace.hasHoles) return false;
  return trace.nodes.some((each) => {
    if (!each.isFailing && each.call?.failing !== true) return false;
    if (each.component === call.component || isSame(each.component, callee)) return false;
    const first = firstOfProcess(each);
    return first.parent?.isHole === true && fits(first, call);
  });
}

/** The first span of a process that leads to another of it, as far as is known. */
function firstOfProcess(span: SpanNode): SpanNode {
  let first = span;
  for (let steps = 0; first.parent?.component === first.component && steps < LAYER_COUNT_MAX; steps++) {
    first = first.parent;
  }
  return first;
}

/** Whether an orphan within a server span's time can belong to no other call. */
function isAlone(orphan: SpanNode, call: SpanNode, callee: string, served: SpanNode | undefined): boolean {
  return !call.trace.nodes.some((other) =>
    other.kind === SpanKind.SERVER
      ? other !== served && other.component === orphan.component && isWithin(orphan, other)
      : isRival(other, call, callee) && fits(orphan, other) && mayOverlap(other, call),
  );
}

/** Another call to the same callee whose server span is not here. */
function isRival(other: SpanNode, call: SpanNode, callee: string): boolean {
  if (!other.call || other.isLeaf) return false;
  if (other === call || other.isServed || isBeneath(other, call) || isBeneath(call, other)) return false;
  return other.call.subject === call.call?.subject || isSame(other.call.subject, callee);
}

/** Whether a call is a lower layer of another, and so the same one. */
function isBeneath(lower: SpanNode, upper: SpanNode): boolean {
  let at = lower.parent;
  for (let steps = 0; at && at.component === lower.component && steps < LAYER_COUNT_MAX; steps++) {
    if (at === upper) return true;
    at = at.parent;
  }
  return false;
}

/** Spans of one process between an outer call and its lowest layer; an RPC over HTTP has one or two. */
const LAYER_COUNT_MAX = 16;

function mayOverlap(one: SpanNode, other: SpanNode): boolean {
  if (one.component !== other.component) return true;
  return one.startMs < other.endMs && other.startMs < one.endMs;
}

function isServedByAny(orphan: SpanNode): boolean {
  return orphan.trace.nodes.some(
    (each) => each.kind === SpanKind.SERVER && each.component === orphan.component && isWithin(orphan, each),
  );
}

function fits(orphan: SpanNode, call: SpanNode): boolean {
  return orphan.durationMs <= call.durationMs + TOLERANCE_MS;
}

function isWithin(span: SpanNode, served: SpanNode | undefined): boolean {
  if (!served) return false;
  return span.startMs >= served.startMs - TOLERANCE_MS && span.endMs <= served.endMs + TOLERANCE_MS;
}

/** Whether two names are one component's; either may be known as a service only. */
function isSame(one: string, other: string): boolean {
  if (one === other) return true;
  const [service, otherService] = [serviceOf(one), serviceOf(other)];
  return service === otherService && (service === one || otherService === other);
}

function summed(stretches: readonly Stretch[]): CalleeWork {
  let waitedMs = 0;
  let failing: SpanNode | undefined;
  let longest: SpanNode | undefined;
  for (const { served, calls } of stretches) {
    waitedMs += unionMs(calls, served);
    for (const each of calls) {
      if (!each.call) continue;
      if (each.call.failing && isLater(each, failing, served)) failing = each;
      if (!longest || each.durationMs > longest.durationMs) longest = each;
    }
  }
  return { isSeen: stretches.length > 0, waitedMs, failing, longest };
}

/** Whether a failing call is the better explanation: the last that ended before the answer; what ended after it was not waited for. */
function isLater(call: SpanNode, than: SpanNode | undefined, served: SpanNode | undefined): boolean {
  if (!than) return true;
  const answeredMs = served ? served.endMs + TOLERANCE_MS : Number.POSITIVE_INFINITY;
  const [isBefore, wasBefore] = [call.endMs <= answeredMs, than.endMs <= answeredMs];
  return isBefore === wasBefore ? call.endMs > than.endMs : isBefore;
}

/** The time in which at least one of the calls was out while the callee served. */
function unionMs(calls: readonly SpanNode[], served: SpanNode | undefined): number {
  const fromMs = served?.startMs ?? Number.NEGATIVE_INFINITY;
  const toMs = served?.endMs ?? Number.POSITIVE_INFINITY;
  let coveredMs = 0;
  let reachedMs = fromMs;
  for (const call of calls.length > 1 ? calls.toSorted((a, b) => a.startMs - b.startMs) : calls) {
    const endMs = Math.min(call.endMs, toMs);
    coveredMs += Math.max(0, endMs - Math.max(call.startMs, reachedMs));
    reachedMs = Math.max(reachedMs, endMs);
  }
  return coveredMs;
}
