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
 * Bounded; time is an argument. O(1) per span, and per call as much as its callee has spans.
 */
import { SEMCONV } from '../../model/attributes.js';
import type { Identity } from '../../model/identity.js';
import { SpanKind, type SpanRecord } from '../../model/span.js';
import { type CalleeWork, calleeWorkOf } from './callee-work.js';
import { deeperOf, isCalleeSeen } from './explanation.js';
import type { SeenCall, SettledCall } from './settled-call.js';
import { type SpanNode, TraceSpans } from './trace-spans.js';

export interface CallTreeOptions {
  /** How long a call waits for spans of its callee, in ms. Default: 6000; SDKs hold a batch for up to 5 s. */
  readonly settleMs?: number;
  /** Traces remembered; the one that was quiet for longest is forgotten first. Default: 20,000. */
  readonly traceCountMax?: number;
  /** Spans of one trace, known or only spoken of as a parent; then it is begun anew. Default: 256. */
  readonly spansPerTraceMax?: number;
  /** Spans in all, likewise. About 500 bytes each. Default: 200,000. */
  readonly spanCountMax?: number;
  /** Who is known to live at an address by now. */
  readonly nameOf?: (environment: string, address: string) => Identity | undefined;
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

const NOTHING: readonly SettledCall[] = [];

/** Of a callee that tells of no work of its own. */
const UNSEEN: CalleeWork = { isSeen: false, waitedMs: 0, failing: undefined, longest: undefined };

export class CallTree {
  readonly #settleMs: number;
  readonly #traceCountMax: number;
  readonly #spansPerTraceMax: number;
  readonly #spanCountMax: number;
  readonly #nameOf: (environment: string, address: string) => Identity | undefined;
  readonly #traces = new Map<string, TraceSpans>();
  /** In the order of their latest spans. */
  #oldest: TraceSpans | undefined;
  #newest: TraceSpans | undefined;
  #spanCount = 0;
  #hurriedCount = 0;
  /** Calls in order of arrival; those before `#head` are done. */
  #waiting: SpanNode[] = [];
  #head = 0;
  /** Calls whose callee's server span has come. */
  #ready: SpanNode[] = [];
  #settled: SettledCall[] = [];
  #nowMs = 0;

  readonly #nameOfCallee = (node: SpanNode): string => (node.call ? this.#subjectOf(node, node.call) : '');

  constructor(options: CallTreeOptions = {}) {
    this.#settleMs = options.settleMs ?? 6000;
    this.#traceCountMax = options.traceCountMax ?? 20_000;
    this.#spansPerTraceMax = options.spansPerTraceMax ?? 256;
    this.#spanCountMax = options.spanCountMax ?? 200_000;
    this.#nameOf = options.nameOf ?? (() => undefined);
  }

  counts(): CallTreeCounts {
    return { traces: this.#traces.size, spans: this.#spanCount, hurried: this.#hurriedCount };
  }

  /**
   * Takes a span of the component `component` (its resource's identity text) that arrived at `nowMs`; one that was taken
   * before changes nothing. Of every kind, also client spans that a guest has accounted for; observation spans are none.
   *
   * @param call what the rules say of a CLIENT or PRODUCER span; nothing of a span of another kind, or one that names nobody
   */
  add(span: SpanRecord, environment: string, component: string, nowMs: number, call?: SeenCall): void {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    const trace = this.#traceOf(span.traceId);
    const sizeBefore = trace.nodes.length;
    const node = trace.add(span, environment, component, call);
    if (!node) return;
    this.#spanCount += trace.nodes.length - sizeBefore;
    if (call) this.#await(node, span);
    noteServed(node, this.#ready);
    while (this.#spanCount > this.#spanCountMax && this.#oldest) this.#forget(this.#oldest);
  }

  /** The calls that are settled since last asked. Ask when a whole request has been added, and at each tick. */
  settle(nowMs: number): readonly SettledCall[] {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    for (const node of this.#ready) this.#settle(node, false);
    if (this.#ready.length > 0) this.#ready = [];
    this.#settleDue();
    while (this.#oldest && this.#oldest.lastMs + QUIET_MS_MAX <= this.#nowMs) this.#forget(this.#oldest);
    if (this.#settled.length === 0) return NOTHING;
    const settled = this.#settled;
    this.#settled = [];
    return settled;
  }

  #traceOf(traceId: string): TraceSpans {
    // Spans of one trace often come together.
    let trace = this.#newest?.traceId === traceId ? this.#newest : this.#traces.get(traceId);
    if (trace && trace.nodes.length >= this.#spansPerTraceMax) {
      this.#forget(trace);
      trace = undefined;
    }
    if (!trace) {
      if (this.#traces.size >= this.#traceCountMax && this.#oldest) this.#forget(this.#oldest);
      trace = new TraceSpans(traceId);
      this.#traces.set(traceId, trace);
    }
    this.#touch(trace);
    return trace;
  }

  #await(node: SpanNode, span: SpanRecord): void {
    node.dueMs = this.#nowMs + this.#settleMs;
    // A message is taken by its broker, whoever serves it later; and a database tells of no calls of its own.
    node.isLeaf = span.kind === SpanKind.PRODUCER || isDatabaseCall(span);
    if (node.isLeaf) this.#ready.push(node);
    else this.#waiting.push(node);
  }

  #settleDue(): void {
    const waiting = this.#waiting;
    for (let node = waiting[this.#head]; node; node = waiting[this.#head]) {
      if (!node.isSettled && node.dueMs > this.#nowMs) break;
      this.#settle(node, true);
      this.#head++;
    }
    if (this.#head * 2 > waiting.length) {
      this.#waiting = waiting.slice(this.#head);
      this.#head = 0;
    }
    // Those that were settled early hold their traces for as long as they stand here.
    if (this.#waiting.length > 2 * this.#spanCountMax) this.#waiting = this.#waiting.filter(isOpen);
  }

  /** @param isLast whether it must be settled whatever may still come */
  #settle(node: SpanNode, isLast: boolean): void {
    const { call, durationMs } = node;
    if (node.isSettled || !call) return;
    const subject = this.#subjectOf(node, call);
    const work = node.isLeaf ? UNSEEN : calleeWorkOf(node, subject, isLast);
    if (!work) return;
    const deeper = deeperOf(call, durationMs, work, this.#nameOfCallee);
    if (!isLast && call.failing && deeper.length === 0 && !node.isLeaf) return;
    node.isSettled = true;
    this.#settled.push({
      id: node.trace.traceId + node.spanId,
      environment: node.environment,
      observer: node.component,
      subject,
      operation: call.operation,
      failing: call.failing,
      durationMs,
      atMs: call.atMs,
      ownMs: Math.max(0, durationMs - work.waitedMs),
      isCalleeSeen: isCalleeSeen(node, subject, work, deeper),
      deeper,
    });
  }

  #subjectOf({ environment }: SpanNode, { subject, resolution }: SeenCall): string {
    return resolution === 'address' ? (this.#nameOf(environment, subject)?.text ?? subject) : subject;
  }

  /** Puts a trace at the end of the order in which they are forgotten. */
  #touch(trace: TraceSpans): void {
    trace.lastMs = this.#nowMs;
    if (this.#newest === trace) return;
    this.#unlink(trace);
    trace.older = this.#newest;
    if (this.#newest) this.#newest.newer = trace;
    else this.#oldest = trace;
    this.#newest = trace;
  }

  #unlink(trace: TraceSpans): void {
    const { older, newer } = trace;
    if (older) older.newer = newer;
    else if (this.#oldest === trace) this.#oldest = newer;
    if (newer) newer.older = older;
    else if (this.#newest === trace) this.#newest = older;
    trace.older = undefined;
    trace.newer = undefined;
  }

  #forget(trace: TraceSpans): void {
    for (const node of trace.nodes) {
      if (!node.call || node.isSettled) continue;
      if (!node.isLeaf && !node.isServed) this.#hurriedCount++;
      this.#settle(node, true);
    }
    this.#traces.delete(trace.traceId);
    this.#spanCount -= trace.nodes.length;
    this.#unlink(trace);
  }
}

/** A call's callee is known to have answered, as soon as a server span stands beneath it or beneath a lower layer of it. */
function noteServed(added: SpanNode, ready: SpanNode[]): void {
  let at = added.kind === SpanKind.SERVER ? added.parent : added;
  if (at === added && !isAboveServed(added)) return;
  for (; at && isLayer(at) && !at.isServed; at = at.parent) {
    at.isServed = true;
    if (at.call && !at.isLeaf) ready.push(at);
    if (at.parent?.component !== at.component) return;
  }
}

function isLayer({ kind }: SpanNode): boolean {
  return kind === SpanKind.CLIENT || kind === SpanKind.INTERNAL;
}

function isAboveServed(node: SpanNode): boolean {
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.kind === SpanKind.SERVER || (child.isServed && child.component === node.component)) return true;
  }
  return false;
}

function isOpen(node: SpanNode): boolean {
  return !node.isSettled;
}

function isDatabaseCall({ attributes }: SpanRecord): boolean {
  return attributes[SEMCONV.DB_SYSTEM_NAME] !== undefined || attributes[SEMCONV.DB_SYSTEM] !== undefined;
}
