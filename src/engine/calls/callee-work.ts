// SPDX-License-Identifier: Apache-2.0
/**
 * What a callee did while it served a call, as its own spans tell: how long it waited for calls of its own, which of them
 * failed and which took longest. Its spans hang beneath the caller's span; where a link is lost they are found by who made
 * them, if they can belong to no other call of the trace. What might belong to two belongs to none: a wrong culprit is worse
 * than none.
 */
import { serviceOf } from '../../model/identity.js';
import { SpanKind } from '../../model/span.js';
import type { CallEnds } from './call-ends.js';
import type { SpanOrigin } from './span-rows.js';
import type { SpanTable } from './span-table.js';
import { type CalleeWork, type Stretch, TOLERANCE_MS, workIn } from './stretch.js';
import { NONE } from './trace-table.js';

/** Spans with a lost parent that are tried; where there are more, too much is lost to tell whose they are. */
const ORPHAN_COUNT_MAX = 32;

/** Spans of one process between an outer call and its lowest layer; an RPC over HTTP has one or two. */
const LAYER_COUNT_MAX = 16;

const NOBODY: readonly number[] = [];

/** Reads callees' work out of a table of spans. */
export class CalleeWorks {
  readonly #spans: SpanTable<SpanOrigin>;
  readonly #calls: CallEnds;
  /** Used again for each call: `#stretchCount` of them are its. */
  readonly #stretches: Stretch[] = [];
  #stretchCount = 0;

  constructor(spans: SpanTable<SpanOrigin>, calls: CallEnds) {
    this.#spans = spans;
    this.#calls = calls;
  }

  /**
   * @param callee whom the caller called, as far as it knows by now
   * @returns nothing where a span that has not come yet may change the answer, and `isLast` is not set
   */
  of(call: number, callee: string, isLast: boolean): CalleeWork | undefined {
    this.#stretchCount = 0;
    this.#addStretches(call, call);
    const orphans = this.#orphansOf(call, callee);
    if (orphans.length > 0 && !isLast) return undefined;
    if (this.#stretchCount === 0) {
      const found = this.#belongingTo(call, callee, orphans);
      if (found.length > 0) this.#stretch(NONE);
      for (const each of found) this.#addCalls(each, (this.#stretches[0] as Stretch).calls);
    } else if (orphans.length > 0) {
      for (let each = 0; each < this.#stretchCount; each++) {
        const { served, calls } = this.#stretches[each] as Stretch;
        for (const orphan of orphans) {
          if (this.#isWithin(orphan, served) && this.#isAlone(orphan, call, callee, served)) {
            this.#addCalls(orphan, calls);
          }
        }
      }
    }
    return workIn(this.#spans, this.#stretches, this.#stretchCount);
  }

  /**
   * Whether a call that the callee made may be lost, and failed: something failed in a process that is neither the caller's nor
   * the callee's, and who called it is missing. Then nobody knows whether this call is the callee's own fault.
   */
  mayHaveLostFailingCall(call: number, callee: string): boolean {
    const spans = this.#spans;
    if (!spans.hasHoles(call)) return false;
    return spans.someOfTrace(call, (each) => {
      if (!spans.isFailing(each)) return false;
      if (spans.isOfOneProcess(each, call) || isSame(spans.component(each), callee)) return false;
      const first = this.#firstOfProcess(each);
      const parent = spans.parent(first);
      return parent !== NONE && spans.isHole(parent) && this.#fits(first, call);
    });
  }

  /** The callee's work as its links tell: `at` is the call, or a lower layer of it in the same process. */
  #addStretches(at: number, call: number): void {
    const spans = this.#spans;
    for (let child = spans.firstChild(at); child !== NONE; child = spans.nextSibling(child)) {
      const kind = spans.kind(child);
      if (kind === SpanKind.SERVER) {
        this.#addCallsBeneath(child, this.#stretch(child).calls);
      } else if (kind === SpanKind.CONSUMER || child === call) {
        // A message is served when its sender has gone on; and what is its own parent comes from a bad tracer.
      } else if (spans.isOfOneProcess(child, call)) {
        this.#addStretches(child, call);
      } else {
        // Some tracers give both ends of a call one id, so that what the callee did hangs beneath the caller's end.
        const first = this.#stretchCount > 0 ? (this.#stretches[0] as Stretch) : this.#stretch(NONE);
        this.#addCalls(child, first.calls);
      }
    }
  }

  /** One more stretch, without calls. */
  #stretch(served: number): Stretch {
    const stretch = this.#stretches[this.#stretchCount] ?? { served, calls: [] };
    stretch.served = served;
    stretch.calls.length = 0;
    this.#stretches[this.#stretchCount++] = stretch;
    return stretch;
  }

  /** The calls at or beneath a span that its own process made, not those of whom it called. */
  #addCalls(at: number, calls: number[]): void {
    const kind = this.#spans.kind(at);
    if (kind === SpanKind.CLIENT || kind === SpanKind.PRODUCER) calls.push(at);
    else if (kind !== SpanKind.CONSUMER) this.#addCallsBeneath(at, calls);
  }

  #addCallsBeneath(at: number, calls: number[]): void {
    const spans = this.#spans;
    for (let child = spans.firstChild(at); child !== NONE; child = spans.nextSibling(child)) {
      // A server within a server is a framework's second span; of another process it is somebody called without a client span.
      if (spans.kind(child) !== SpanKind.SERVER || spans.isOfOneProcess(child, at)) this.#addCalls(child, calls);
    }
  }

  /** Spans whose parent is lost, and that may be the callee's work during this call. */
  #orphansOf(call: number, callee: string): readonly number[] {
    const spans = this.#spans;
    if (!spans.hasHoles(call)) return NOBODY;
    const orphans: number[] = [];
    for (let hole = spans.firstOfTrace(call); hole !== NONE; hole = spans.nextInTrace(hole)) {
      if (!spans.isHole(hole)) continue;
      for (let child = spans.firstChild(hole); child !== NONE; child = spans.nextSibling(child)) {
        if (child === call || spans.kind(child) === SpanKind.SERVER || spans.kind(child) === SpanKind.CONSUMER)
          continue;
        if (this.#isCandidate(child, call, callee) && orphans.push(child) > ORPHAN_COUNT_MAX) return NOBODY;
      }
    }
    return orphans;
  }

  #isCandidate(orphan: number, call: number, callee: string): boolean {
    const spans = this.#spans;
    for (let each = 0; each < this.#stretchCount; each++) {
      const { served } = this.#stretches[each] as Stretch;
      if (served !== NONE && spans.isOfOneProcess(served, orphan) && this.#isWithin(orphan, served)) return true;
    }
    if (this.#stretchCount > 0) return false;
    return isSame(spans.component(orphan), callee) && this.#fits(orphan, call) && !this.#isServedByAny(orphan);
  }

  /** Of a call whose server span is lost: all of the candidates, if no other call and no other instance comes into question. */
  #belongingTo(call: number, callee: string, orphans: readonly number[]): readonly number[] {
    const spans = this.#spans;
    const [first] = orphans;
    if (first === undefined || orphans.some((each) => !spans.isOfOneProcess(each, first))) return NOBODY;
    const startMs = Math.min(...orphans.map((each) => spans.startMs(each)));
    const endMs = Math.max(...orphans.map((each) => spans.endMs(each)));
    if (endMs - startMs > spans.durationMs(call) + TOLERANCE_MS) return NOBODY;
    const isContested = spans.someOfTrace(
      call,
      (other) => this.#isRival(other, call, callee) && orphans.some((orphan) => this.#fits(orphan, other)),
    );
    return isContested ? NOBODY : orphans;
  }

  /** The first span of a process that leads to another of it, as far as is known. */
  #firstOfProcess(span: number): number {
    const spans = this.#spans;
    let first = span;
    for (let steps = 0; steps < LAYER_COUNT_MAX; steps++) {
      const parent = spans.parent(first);
      if (parent === NONE || !spans.isOfOneProcess(parent, first)) break;
      first = parent;
    }
    return first;
  }

  /** Whether an orphan within a server span's time can belong to no other call. */
  #isAlone(orphan: number, call: number, callee: string, served: number): boolean {
    const spans = this.#spans;
    return !spans.someOfTrace(call, (other) =>
      spans.kind(other) === SpanKind.SERVER
        ? other !== served && spans.isOfOneProcess(other, orphan) && this.#isWithin(orphan, other)
        : this.#isRival(other, call, callee) && this.#fits(orphan, other) && this.#mayOverlap(other, call),
    );
  }

  /** Another call to the same callee whose server span is not here. */
  #isRival(other: number, call: number, callee: string): boolean {
    const spans = this.#spans;
    if (!spans.isCall(other) || spans.isLeaf(other)) return false;
    if (other === call || spans.isServed(other) || this.#isBeneath(other, call) || this.#isBeneath(call, other)) {
      return false;
    }
    const subject = this.#calls.callee(other)?.subject ?? '';
    return subject === this.#calls.callee(call)?.subject || isSame(subject, callee);
  }

  /** Whether a call is a lower layer of another, and so the same one. */
  #isBeneath(lower: number, upper: number): boolean {
    const spans = this.#spans;
    let at = spans.parent(lower);
    for (let steps = 0; at !== NONE && spans.isOfOneProcess(at, lower) && steps < LAYER_COUNT_MAX; steps++) {
      if (at === upper) return true;
      at = spans.parent(at);
    }
    return false;
  }

  #mayOverlap(one: number, other: number): boolean {
    const spans = this.#spans;
    if (!spans.isOfOneProcess(one, other)) return true;
    return spans.startMs(one) < spans.endMs(other) && spans.startMs(other) < spans.endMs(one);
  }

  #isServedByAny(orphan: number): boolean {
    const spans = this.#spans;
    return spans.someOfTrace(
      orphan,
      (each) =>
        spans.kind(each) === SpanKind.SERVER && spans.isOfOneProcess(each, orphan) && this.#isWithin(orphan, each),
    );
  }

  #fits(orphan: number, call: number): boolean {
    const spans = this.#spans;
    return spans.durationMs(orphan) <= spans.durationMs(call) + TOLERANCE_MS;
  }

  #isWithin(span: number, served: number): boolean {
    if (served === NONE) return false;
    const spans = this.#spans;
    return (
      spans.startMs(span) >= spans.startMs(served) - TOLERANCE_MS &&
      spans.endMs(span) <= spans.endMs(served) + TOLERANCE_MS
    );
  }
}

/** Whether two names are one component's; either may be known as a service only. */
function isSame(one: string, other: string): boolean {
  if (one === other) return true;
  const [service, otherService] = [serviceOf(one), serviceOf(other)];
  return service === otherService && (service === one || otherService === other);
}
