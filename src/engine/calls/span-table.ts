// SPDX-License-Identifier: Apache-2.0
/**
 * The spans of all traces as trees, in rows of numbers; a span is its place among them. They come in any order, most often
 * children before parents, since a child ends first. A parent that is spoken of before it comes is a hole; some holes are filled
 * later and some never are.
 *
 * About 80 bytes a span. A place that is given back is used again, so whoever keeps one for later keeps its stamp too.
 */
import { hexOfWords } from '../../model/hex.js';
import { SpanKind } from '../../model/span.js';
import { type SpanOrigin, SpanRows, TWIN } from './span-rows.js';
import { NONE, TraceTable } from './trace-table.js';

/** In place of a kind: a span that is only known as a parent of others. */
export const HOLE = 255;

/** Words of a span's ids, as they stand in a row: its trace's four, its own two, its parent's two (0 where it has none). */
export const ID_ROW = { TRACE: 0, SPAN: 4, PARENT: 6, LENGTH: 8 } as const;

export class SpanTable<O extends SpanOrigin = SpanOrigin, C = unknown> extends SpanRows<O, C> {
  readonly traces: TraceTable = new TraceTable();
  #made = 0;
  #firstFree = NONE;
  #count = 0;
  /** Told of a call and the server span that answered it, as soon as both are here. */
  readonly #onPair: (client: number, server: number) => void;

  constructor(onPair: (client: number, server: number) => void) {
    super();
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
    this.fill(span, origin, startMs, durationMs);
    const high = ids[at + ID_ROW.PARENT] as number;
    const low = ids[at + ID_ROW.PARENT + 1] as number;
    const isOwnParent = high === ids[at + ID_ROW.SPAN] && low === ids[at + ID_ROW.SPAN + 1];
    if (this.parent(span) === NONE && (high !== 0 || low !== 0) && !isOwnParent) {
      this.#adopt(this.#parentOf(trace, high, low), span);
    }
    for (let child = this.firstChild(span); child !== NONE; child = this.nextSibling(child))
      this.#notePair(span, child);
    this.#notePair(this.parent(span), span);
    return span;
  }

  /** Forgets a trace and gives its spans' places back. */
  remove(trace: number): void {
    for (let span = this.traces.firstSpan(trace); span !== NONE; ) {
      const next = this.nextInTrace(span);
      this.end(span, this.#firstFree);
      this.#firstFree = span;
      this.#count--;
      span = next;
    }
    this.traces.remove(trace);
  }

  isHole(span: number): boolean {
    return this.kind(span) === HOLE;
  }

  /** Whether a parent of the span's trace is missing: it may still come. */
  hasHoles(span: number): boolean {
    return this.traces.holeCount(this.trace(span)) > 0;
  }

  /** Whether any span or hole of the span's trace is such. */
  someOfTrace(span: number, isSuch: (other: number) => boolean): boolean {
    for (let each = this.firstOfTrace(span); each !== NONE; each = this.nextInTrace(each)) {
      if (isSuch(each)) return true;
    }
    return false;
  }

  firstOfTrace(span: number): number {
    return this.traces.firstSpan(this.trace(span));
  }

  /** Trace id and span id, 48 hex digits. */
  textOf(span: number): string {
    return this.traces.textOf(this.trace(span)) + hexOfWords(this.idOf(span), 0, 2);
  }

  /** Where a span belongs. Some tracers give both ends of a call one id; the server's end then hangs beneath the client's. */
  #place(trace: number, high: number, low: number, kind: SpanKind): number {
    const known = this.#find(trace, high, low, false);
    if (known === NONE) return this.#make(trace, high, low);
    if (this.isHole(known)) {
      this.traces.addHoles(trace, -1);
      return known;
    }
    if (!isOtherEnd(kind, this.kind(known)) || this.#find(trace, high, low, true) !== NONE) return NONE;
    const span = this.#make(trace, high, low);
    if (kind === SpanKind.SERVER) {
      this.mark(span, TWIN);
      this.#adopt(known, span);
    } else this.#changePlaces(span, known);
    return span;
  }

  /** The client's end has come last: what is said to be beneath the one id is beneath it from now on, and so is the server's end. */
  #changePlaces(client: number, served: number): void {
    this.mark(served, TWIN);
    const parent = this.parent(served);
    if (parent !== NONE) {
      this.#replaceChild(parent, served, client);
      this.setParent(client, parent);
    }
    this.#adopt(client, served);
  }

  #parentOf(trace: number, high: number, low: number): number {
    const known = this.#find(trace, high, low, false);
    if (known !== NONE) return known;
    this.traces.addHoles(trace, 1);
    return this.#make(trace, high, low);
  }

  #find(trace: number, high: number, low: number, isTwin: boolean): number {
    for (let span = this.traces.firstSpan(trace); span !== NONE; span = this.nextInTrace(span)) {
      if (this.isSpan(span, high, low) && this.has(span, TWIN) === isTwin) return span;
    }
    return NONE;
  }

  #make(trace: number, high: number, low: number): number {
    let span = this.#firstFree;
    if (span === NONE) span = this.#made++;
    else this.#firstFree = this.nextInTrace(span);
    this.begin(span, trace, high, low, HOLE, NONE);
    const last = this.traces.append(trace, span);
    if (last !== NONE) this.setNextInTrace(last, span);
    this.#count++;
    return span;
  }

  #adopt(parent: number, child: number): void {
    this.setParent(child, parent);
    this.setNextSibling(child, this.firstChild(parent));
    this.setFirstChild(parent, child);
  }

  #replaceChild(parent: number, before: number, after: number): void {
    this.setNextSibling(after, this.nextSibling(before));
    if (this.firstChild(parent) === before) {
      this.setFirstChild(parent, after);
      return;
    }
    let each = this.firstChild(parent);
    while (each !== NONE && this.nextSibling(each) !== before) each = this.nextSibling(each);
    if (each !== NONE) this.setNextSibling(each, after);
  }

  #notePair(parent: number, child: number): void {
    if (parent === NONE || this.kind(parent) !== SpanKind.CLIENT || this.kind(child) !== SpanKind.SERVER) return;
    this.#onPair(parent, child);
  }
}

function isOtherEnd(kind: SpanKind, of: number): boolean {
  return kind === SpanKind.SERVER ? of === SpanKind.CLIENT : kind === SpanKind.CLIENT && of === SpanKind.SERVER;
}
