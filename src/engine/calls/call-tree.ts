// SPDX-License-Identifier: Apache-2.0
/**
 * Puts the spans of a trace together, whoever sent them and in whatever order they come, and answers for each call how
 * much of its time was the callee's own and whether the callee was let down by somebody deeper.
 *
 * A call is settled as soon as its callee's server span is here, since exporters send in order of end and what the callee did
 * meanwhile has ended before; else when it has waited for long enough. A failing call that nobody explains waits in any case:
 * a collector with several queues changes the order, and it would be taken for the callee's own fault. Every call that is
 * taken is settled once, also where memory is short: then with what is known.
 *
 * Bounded; time is an argument. Each span costs as much as its trace has spans, and each call as much as its callee has.
 */
import type { Identity } from '../../model/identity.js';
import { wasReached } from '../../model/observation.js';
import { SpanKind } from '../../model/span.js';
import { type CallEnd, CallEnds, type Callee } from './call-ends.js';
import { CalleeWorks } from './callee-work.js';
import { type DeeperCall, deeperOf, type Explained } from './explanation.js';
import { type CalleeStory, type CallTeller, SettledCall } from './settled-call.js';
import type { SpanOrigin } from './span-rows.js';
import { SpanTable } from './span-table.js';
import { type CalleeWork, UNSEEN } from './stretch.js';
import { NONE } from './trace-table.js';
import { WaitingCalls } from './waiting-calls.js';

export interface CallTreeOptions<O extends SpanOrigin = SpanOrigin, C extends Callee = Callee> {
  /** How long a call waits for spans of its callee, in ms. Default: 6000; SDKs hold a batch for up to 5 s. */
  readonly settleMs?: number;
  /** Traces remembered; the one that was quiet for longest is forgotten first. Default: 50,000. */
  readonly traceCountMax?: number;
  /** Spans of one trace, known or only spoken of as a parent; those that follow are another's. Default: 256. */
  readonly spansPerTraceMax?: number;
  /** Spans in all, likewise. About 100 bytes each. Default: 400,000. */
  readonly spanCountMax?: number;
  /** Who is known to live at an address by now. */
  readonly nameOf?: (environment: string, address: string) => Identity | undefined;
  /** Told of a call and the server span that answered it when both are here. @param answeredMs when, by the answerer's clock */
  readonly onPair?: (client: O, server: O, answeredMs: number) => void;
  /** Told of each call about which nothing more will be learned. */
  readonly onSettled?: (call: SettledCall<C>) => void;
}

export interface CallTreeCounts {
  /** Held now. */
  traces: number;
  spans: number;
  /** Calls settled before their time, because a bound was reached. */
  hurried: number;
}

/** How long a trace is remembered after its latest span, in ms: what is above a call ends after it, and is mostly given up by then. */
const QUIET_MS_MAX = 60_000;

export class CallTree<O extends SpanOrigin = SpanOrigin, C extends Callee = Callee> implements CallTeller {
  readonly #options: Required<CallTreeOptions<O, C>>;
  readonly #spans: SpanTable<O, C>;
  readonly #calls: CallEnds<C>;
  readonly #works: CalleeWorks;
  readonly #waiting: WaitingCalls;
  #hurriedCount = 0;
  /** Calls whose callee's server span has come, or who have nobody to wait for. */
  #ready: number[] = [];
  #nowMs = 0;

  readonly #deeperCall = (span: number): DeeperCall => ({
    subject: this.#subjectOf(span),
    operation: this.#calls.callee(span)?.operation,
    durationMs: this.#spans.durationMs(span),
  });

  constructor(options: CallTreeOptions<O, C> = {}) {
    this.#options = {
      settleMs: 6000,
      traceCountMax: 50_000,
      spansPerTraceMax: 256,
      spanCountMax: 400_000,
      nameOf: () => undefined,
      onPair: () => undefined,
      onSettled: () => undefined,
      ...options,
    };
    this.#spans = new SpanTable((client, server) => this.#paired(client, server));
    this.#calls = new CallEnds<C>(this.#spans);
    this.#works = new CalleeWorks(this.#spans, this.#calls);
    this.#waiting = new WaitingCalls(this.#spans);
  }

  counts(): CallTreeCounts {
    return { traces: this.#spans.traces.count, spans: this.#spans.count, hurried: this.#hurriedCount };
  }

  /**
   * Takes a span that arrived at `nowMs`, of every kind, also client spans that a guest has accounted for; observation spans
   * are none.
   *
   * @param ids its ids as a row of `ID_ROW` words, from `at` on
   * @param startMs epoch ms of its process
   * @returns its place, for `called` and `failed`, good until `settle`; `NONE` of a span that was taken before
   */
  add(ids: Uint32Array, at: number, origin: O, startMs: number, durationMs: number, nowMs: number): number {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    const span = this.#spans.add(this.#traceOf(ids, at), ids, at, origin, startMs, durationMs);
    if (span !== NONE) this.#noteServed(span);
    return span;
  }

  /** Notes what the rules say of a call. @param isLeaf whether nothing beneath it is the callee's work: a message, a query */
  called(span: number, callee: C, end: CallEnd, atMs: number, isLeaf: boolean): void {
    this.#spans.markCall(span, isLeaf);
    if (end.failing) this.#spans.markFailing(span);
    this.#calls.set(span, callee, end, atMs);
    if (isLeaf || this.#spans.isServed(span)) this.#ready.push(span);
    if (!isLeaf) this.#waiting.add(span, this.#nowMs + this.#options.settleMs);
  }

  /** Notes that a server span failed by its own word. */
  failed(span: number): void {
    this.#spans.markFailing(span);
  }

  /** Settles what can be. Ask when a whole request has been added, and at each tick. */
  settle(nowMs: number): void {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    const spans = this.#spans;
    for (const span of this.#ready) if (spans.isLeaf(span) || spans.isServed(span)) this.#settle(span, false);
    this.#ready = [];
    for (let span = this.#waiting.takeDue(this.#nowMs); span !== NONE; span = this.#waiting.takeDue(this.#nowMs)) {
      this.#settle(span, true);
    }
    const { traceCountMax, spanCountMax } = this.#options;
    for (let trace = spans.traces.oldest; trace !== NONE; trace = spans.traces.oldest) {
      const isQuiet = spans.traces.lastMs(trace) + QUIET_MS_MAX <= this.#nowMs;
      if (!isQuiet && spans.traces.count <= traceCountMax && spans.count <= spanCountMax) break;
      this.#forget(trace);
    }
  }

  #traceOf(ids: Uint32Array, at: number): number {
    const { traces } = this.#spans;
    let trace = traces.find(ids, at);
    if (trace !== NONE && traces.spanCount(trace) >= this.#options.spansPerTraceMax) {
      traces.close(trace);
      trace = NONE;
    }
    if (trace === NONE) trace = traces.make(ids, at, this.#nowMs);
    traces.touch(trace, this.#nowMs);
    return trace;
  }

  /** A call's callee is known to have answered, as soon as a server span stands beneath it or beneath a lower layer of it. */
  #noteServed(added: number): void {
    const spans = this.#spans;
    const isServer = spans.kind(added) === SpanKind.SERVER;
    if (!isServer && !this.#isAboveServed(added)) return;
    let at = isServer ? spans.parent(added) : added;
    while (at !== NONE && isLayer(spans.kind(at)) && !spans.isServed(at)) {
      spans.markServed(at);
      if (spans.isCall(at) && !spans.isLeaf(at)) this.#ready.push(at);
      const parent = spans.parent(at);
      if (parent === NONE || !spans.isOfOneProcess(parent, at)) return;
      at = parent;
    }
  }

  #isAboveServed(span: number): boolean {
    const spans = this.#spans;
    for (let child = spans.firstChild(span); child !== NONE; child = spans.nextSibling(child)) {
      if (spans.kind(child) === SpanKind.SERVER) return true;
      if (spans.isServed(child) && spans.isOfOneProcess(child, span)) return true;
    }
    return false;
  }

  #paired(client: number, server: number): void {
    const spans = this.#spans;
    this.#options.onPair(spans.origin(client) as O, spans.origin(server) as O, spans.endMs(server));
  }

  /** @param isLast whether it must be settled whatever may still come */
  #settle(span: number, isLast: boolean): void {
    const spans = this.#spans;
    if (spans.isSettled(span) || !spans.isCall(span)) return;
    const subject = this.#subjectOf(span);
    const isLeaf = spans.isLeaf(span);
    const work = isLeaf ? UNSEEN : this.#works.of(span, subject, isLast);
    if (!work) return;
    if (!isLast && !isLeaf && spans.isFailing(span) && this.#deeperOf(span, work).length === 0) return;
    spans.markSettled(span);
    const origin = spans.origin(span) as O;
    const callee = this.#calls.callee(span) as C;
    const durationMs = spans.durationMs(span);
    const atMs = this.#calls.atMs(span);
    this.#options.onSettled(
      new SettledCall(this, span, work, origin, callee, subject, spans.isFailing(span), durationMs, atMs),
    );
  }

  idOf(span: number): string {
    return this.#spans.textOf(span);
  }

  storyOf(span: number, subject: string, work: CalleeWork): CalleeStory {
    const { failing, reason, blamed } = this.#explained(span);
    const deeper = this.#deeperOf(span, work);
    const isTold = deeper.length > 0 || blamed !== undefined;
    // One that was not reached did nothing.
    const isCalleeSeen =
      isTold ||
      (failing && !wasReached(reason)) ||
      (work.isSeen && !(failing && this.#works.mayHaveLostFailingCall(span, subject)));
    return { isCalleeSeen, deeper };
  }

  #deeperOf(span: number, work: CalleeWork): CalleeStory['deeper'] {
    return deeperOf(this.#explained(span), work, this.#deeperCall);
  }

  #explained(span: number): Explained {
    return {
      failing: this.#spans.isFailing(span),
      reason: this.#calls.reason(span),
      blamed: this.#calls.blamed(span),
      durationMs: this.#spans.durationMs(span),
    };
  }

  #subjectOf(span: number): string {
    const callee = this.#calls.callee(span);
    if (!callee) return '';
    const { subject, resolution } = callee;
    if (resolution !== 'address') return subject;
    return this.#options.nameOf(this.#spans.origin(span)?.environment ?? '', subject)?.text ?? subject;
  }

  #forget(trace: number): void {
    const spans = this.#spans;
    for (let span = spans.traces.firstSpan(trace); span !== NONE; span = spans.nextInTrace(span)) {
      if (!spans.isCall(span)) continue;
      if (!spans.isSettled(span) && !spans.isLeaf(span) && !spans.isServed(span)) this.#hurriedCount++;
      this.#settle(span, true);
      this.#calls.remove(span);
    }
    spans.remove(trace);
  }
}

function isLayer(kind: number): boolean {
  return kind === SpanKind.CLIENT || kind === SpanKind.INTERNAL;
}
