// SPDX-License-Identifier: Apache-2.0
/**
 * The spans of all traces as trees, in columns of numbers; a span is its place in them. They come in any order, most often
 * children before parents, since a child ends first. A parent that is spoken of before it comes is a hole; some holes are filled
 * later and some never are.
 *
 * About 80 bytes a span. A place that is given back is used again, so whoever keeps one for later keeps its stamp too.
 */
import { hexOfWords } from '../../model/hex.js';
import { SpanKind } from '../../model/span.js';
import { grown, NONE, TraceTable } from './trace-table.js';

/** In place of a kind: a span that is only known as a parent of others. */
export const HOLE = 255;

/** What a span has in common with many others: whose it is, and of which kind. */
export interface SpanOrigin {
  readonly kind: SpanKind;
  /** The identity text of its resource. */
  readonly component: string;
  readonly environment: string;
}

/** Words of a span's ids, as they stand in a row: its trace's four, its own two, its parent's two (0 where it has none). */
export const ID_ROW = { TRACE: 0, SPAN: 4, PARENT: 6, LENGTH: 8 } as const;

/** A second span of one id: some tracers give both ends of a call the same. */
const TWIN = 1;
/** Of a call: a server span beneath it, through spans of its own process at the most, is here. */
const SERVED = 2;
const SETTLED = 4;
/** Nothing beneath it is the callee's work: a message, or a query. */
const LEAF = 8;
/** It ended badly: a call by the rules, a server span by its own word. */
const FAILING = 16;
/** A call that is to be settled. */
const CALL = 32;

const FIRST_CAPACITY = 1024;

export class SpanTable<O extends SpanOrigin> {
  readonly traces: TraceTable = new TraceTable();
  kind: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  trace: Int32Array = new Int32Array(FIRST_CAPACITY);
  parent: Int32Array = new Int32Array(FIRST_CAPACITY);
  firstChild: Int32Array = new Int32Array(FIRST_CAPACITY);
  nextSibling: Int32Array = new Int32Array(FIRST_CAPACITY);
  nextInTrace: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Epoch ms of its process, comparable with no other process's. */
  startMs: Float64Array = new Float64Array(FIRST_CAPACITY);
  durationMs: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Changes when a place is used again. */
  stamp: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  readonly origin: (O | undefined)[] = [];
  #ids = new Uint32Array(2 * FIRST_CAPACITY);
  #flags = new Uint8Array(FIRST_CAPACITY);
  #capacity = FIRST_CAPACITY;
  #made = 0;
  #firstFree = NONE;
  #count = 0;
  /** Told of a call and the server span that answered it, as soon as both are here. */
  readonly #onPair: (client: number, server: number) => void;

  constructor(onPair: (client: number, server: number) => void) {
    this.#onPair = onPair;
  }

  /** Spans and holes held. */
  get count(): number {
    return this.#count;
  }

  /** Takes a span in; `NONE` where it is here already. As many steps as its trace has spans. */
  add(trace: number, ids: Uint32Array, at: number, origin: O, startMs: number, durationMs: number): number {
    const span = this.#place(trace, ids[at + ID_ROW.SPAN] as number, ids[at + ID_ROW.SPAN + 1] as number, origin.kind);
    if (span === NONE) return NONE;
    this.kind[span] = origin.kind;
    this.origin[span] = origin;
    this.startMs[span] = startMs;
    this.durationMs[span] = durationMs;
    const high = ids[at + ID_ROW.PARENT] as number;
    const low = ids[at + ID_ROW.PARENT + 1] as number;
    const isOwnParent = high === ids[at + ID_ROW.SPAN] && low === ids[at + ID_ROW.SPAN + 1];
    if (this.parent[span] === NONE && (high !== 0 || low !== 0) && !isOwnParent) {
      this.#adopt(this.#parentOf(trace, high, low), span);
    }
    for (let child = this.firstChild[span] as number; child !== NONE; child = this.nextSibling[child] as number) {
      this.#notePair(span, child);
    }
    this.#notePair(this.parent[span] as number, span);
    return span;
  }

  /** Forgets a trace and gives its spans' places back. */
  remove(trace: number): void {
    for (let span = this.traces.firstSpan[trace] as number; span !== NONE; ) {
      const next = this.nextInTrace[span] as number;
      this.origin[span] = undefined;
      this.stamp[span]!++;
      this.nextInTrace[span] = this.#firstFree;
      this.#firstFree = span;
      this.#count--;
      span = next;
    }
    this.traces.remove(trace);
  }

  isHole(span: number): boolean {
    return this.kind[span] === HOLE;
  }

  endMs(span: number): number {
    return (this.startMs[span] as number) + (this.durationMs[span] as number);
  }

  component(span: number): string {
    return this.origin[span]?.component ?? '';
  }

  isOfOneProcess(span: number, other: number): boolean {
    return this.component(span) === this.component(other);
  }

  /** Whether a parent of the span's trace is missing: it may still come. */
  hasHoles(span: number): boolean {
    return (this.traces.holeCount[this.trace[span] as number] as number) > 0;
  }

  /** Whether any span or hole of the span's trace is such. */
  someOfTrace(span: number, isSuch: (other: number) => boolean): boolean {
    for (let each = this.firstOfTrace(span); each !== NONE; each = this.nextInTrace[each] as number) {
      if (isSuch(each)) return true;
    }
    return false;
  }

  firstOfTrace(span: number): number {
    return this.traces.firstSpan[this.trace[span] as number] as number;
  }

  isCall(span: number): boolean {
    return this.#has(span, CALL);
  }

  isLeaf(span: number): boolean {
    return this.#has(span, LEAF);
  }

  isFailing(span: number): boolean {
    return this.#has(span, FAILING);
  }

  isServed(span: number): boolean {
    return this.#has(span, SERVED);
  }

  isSettled(span: number): boolean {
    return this.#has(span, SETTLED);
  }

  markCall(span: number, isLeaf: boolean): void {
    this.#mark(span, isLeaf ? CALL | LEAF : CALL);
  }

  markFailing(span: number): void {
    this.#mark(span, FAILING);
  }

  markServed(span: number): void {
    this.#mark(span, SERVED);
  }

  markSettled(span: number): void {
    this.#mark(span, SETTLED);
  }

  /** Trace id and span id, 48 hex digits. */
  textOf(span: number): string {
    return this.traces.textOf(this.trace[span] as number) + hexOfWords(this.#ids, 2 * span, 2);
  }

  /** Where a span belongs. Some tracers give both ends of a call one id; the server's end then hangs beneath the client's. */
  #place(trace: number, high: number, low: number, kind: SpanKind): number {
    const known = this.#find(trace, high, low, 0);
    if (known === NONE) return this.#make(trace, high, low);
    if (this.kind[known] === HOLE) {
      this.traces.holeCount[trace]!--;
      return known;
    }
    if (!isOtherEnd(kind, this.kind[known] as number) || this.#find(trace, high, low, TWIN) !== NONE) return NONE;
    const span = this.#make(trace, high, low);
    if (kind === SpanKind.SERVER) {
      this.#mark(span, TWIN);
      this.#adopt(known, span);
    } else this.#changePlaces(span, known);
    return span;
  }

  /** The client's end has come last: what is said to be beneath the one id is beneath it from now on, and so is the server's end. */
  #changePlaces(client: number, served: number): void {
    this.#mark(served, TWIN);
    const parent = this.parent[served] as number;
    if (parent !== NONE) {
      this.#replaceChild(parent, served, client);
      this.parent[client] = parent;
    }
    this.#adopt(client, served);
  }

  #parentOf(trace: number, high: number, low: number): number {
    const known = this.#find(trace, high, low, 0);
    if (known !== NONE) return known;
    this.traces.holeCount[trace]!++;
    return this.#make(trace, high, low);
  }

  #find(trace: number, high: number, low: number, twin: 0 | typeof TWIN): number {
    const ids = this.#ids;
    for (let span = this.traces.firstSpan[trace] as number; span !== NONE; span = this.nextInTrace[span] as number) {
      if (ids[2 * span + 1] === low && ids[2 * span] === high && ((this.#flags[span] as number) & TWIN) === twin) {
        return span;
      }
    }
    return NONE;
  }

  #make(trace: number, high: number, low: number): number {
    let span = this.#firstFree;
    if (span === NONE) span = this.#made++;
    else this.#firstFree = this.nextInTrace[span] as number;
    if (span >= this.#capacity) this.#grow();
    this.kind[span] = HOLE;
    this.trace[span] = trace;
    this.#ids[2 * span] = high;
    this.#ids[2 * span + 1] = low;
    this.#flags[span] = 0;
    this.parent[span] = NONE;
    this.firstChild[span] = NONE;
    this.nextSibling[span] = NONE;
    this.nextInTrace[span] = NONE;
    this.startMs[span] = 0;
    this.durationMs[span] = 0;
    const last = this.traces.lastSpan[trace] as number;
    if (last === NONE) this.traces.firstSpan[trace] = span;
    else this.nextInTrace[last] = span;
    this.traces.lastSpan[trace] = span;
    this.traces.spanCount[trace]!++;
    this.#count++;
    return span;
  }

  #adopt(parent: number, child: number): void {
    this.parent[child] = parent;
    this.nextSibling[child] = this.firstChild[parent] as number;
    this.firstChild[parent] = child;
  }

  #replaceChild(parent: number, before: number, after: number): void {
    this.nextSibling[after] = this.nextSibling[before] as number;
    if (this.firstChild[parent] === before) {
      this.firstChild[parent] = after;
      return;
    }
    let each = this.firstChild[parent] as number;
    while (each !== NONE && this.nextSibling[each] !== before) each = this.nextSibling[each] as number;
    if (each !== NONE) this.nextSibling[each] = after;
  }

  #notePair(parent: number, child: number): void {
    if (parent === NONE || this.kind[parent] !== SpanKind.CLIENT || this.kind[child] !== SpanKind.SERVER) return;
    this.#onPair(parent, child);
  }

  #has(span: number, flag: number): boolean {
    return ((this.#flags[span] as number) & flag) !== 0;
  }

  #mark(span: number, flags: number): void {
    this.#flags[span]! |= flags;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.kind = grown(this.kind);
    this.trace = grown(this.trace);
    this.parent = grown(this.parent);
    this.firstChild = grown(this.firstChild);
    this.nextSibling = grown(this.nextSibling);
    this.nextInTrace = grown(this.nextInTrace);
    this.startMs = grown(this.startMs);
    this.durationMs = grown(this.durationMs);
    this.stamp = grown(this.stamp);
    this.#ids = grown(this.#ids);
    this.#flags = grown(this.#flags);
  }
}

function isOtherEnd(kind: SpanKind, of: number): boolean {
  return kind === SpanKind.SERVER ? of === SpanKind.CLIENT : kind === SpanKind.CLIENT && of === SpanKind.SERVER;
}
