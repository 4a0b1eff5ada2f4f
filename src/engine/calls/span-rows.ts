// SPDX-License-Identifier: Apache-2.0
/** What is kept of each span, a row a span, with its place as its name. What it means is told by `span-table.ts`. */
import type { SpanKind } from '../../model/span.js';
import { doublesAt, Rows, wordsAt } from './rows.js';

/** What a span has in common with many others: whose it is, and of which kind. */
export interface SpanOrigin {
  readonly kind: SpanKind;
  /** The identity text of its resource. */
  readonly component: string;
  readonly environment: string;
}

/** A second span of one id: some tracers give both ends of a call the same. */
export const TWIN = 1;
/** Of a call: a server span beneath it, through spans of its own process at the most, is here. */
const SERVED = 2;
const SETTLED = 4;
/** Nothing beneath it is the callee's work: a message, or a query. */
const LEAF = 8;
/** It ended badly: a call by the rules, a server span by its own word. */
const FAILING = 16;
/** A call that is to be settled. */
const CALL = 32;

/** Whole numbers of a row: the words of its id, places of others, and its kind with its flags behind it. */
const ID_HIGH = 0;
const ID_LOW = 1;
const TRACE = 2;
const PARENT = 3;
const FIRST_CHILD = 4;
const NEXT_SIBLING = 5;
const NEXT_IN_TRACE = 6;
const KIND = 7;
const STAMP = 12;
const REASON = 13;
/** Floating-point numbers, those between and the last one. */
const START_MS = 4;
const DURATION_MS = 5;
const AT_MS = 7;

const KIND_MASK = 0xff;
const FLAG_SHIFT = 8;

const FIRST_CAPACITY = 1024;

/** @typeParam O what its spans have in common with others  @typeParam C what is known of a call's callee */
export class SpanRows<O extends SpanOrigin = SpanOrigin, C = unknown> {
  readonly #rows = new Rows(FIRST_CAPACITY);
  /** Two a span: its origin, and of a call its callee. */
  readonly #objects: (O | C | undefined)[] = [];

  kind(span: number): number {
    return (this.#rows.signed[wordsAt(span) + KIND] as number) & KIND_MASK;
  }

  trace(span: number): number {
    return this.#rows.signed[wordsAt(span) + TRACE] as number;
  }

  parent(span: number): number {
    return this.#rows.signed[wordsAt(span) + PARENT] as number;
  }

  firstChild(span: number): number {
    return this.#rows.signed[wordsAt(span) + FIRST_CHILD] as number;
  }

  nextSibling(span: number): number {
    return this.#rows.signed[wordsAt(span) + NEXT_SIBLING] as number;
  }

  nextInTrace(span: number): number {
    return this.#rows.signed[wordsAt(span) + NEXT_IN_TRACE] as number;
  }

  /** Changes when a place is used again. */
  stamp(span: number): number {
    return this.#rows.unsigned[wordsAt(span) + STAMP] as number;
  }

  /** Epoch ms of its process, comparable with no other process's. */
  startMs(span: number): number {
    return this.#rows.doubles[doublesAt(span) + START_MS] as number;
  }

  durationMs(span: number): number {
    return this.#rows.doubles[doublesAt(span) + DURATION_MS] as number;
  }

  endMs(span: number): number {
    return this.startMs(span) + this.durationMs(span);
  }

  origin(span: number): O | undefined {
    return this.#objects[2 * span] as O | undefined;
  }

  component(span: number): string {
    return this.origin(span)?.component ?? '';
  }

  isOfOneProcess(span: number, other: number): boolean {
    return this.component(span) === this.component(other);
  }

  /** Of a call: whom it was made to. */
  callee(span: number): C | undefined {
    return this.#objects[2 * span + 1] as C | undefined;
  }

  /** Of a call: the number of the reason in how it ended. */
  reason(span: number): number {
    return this.#rows.signed[wordsAt(span) + REASON] as number;
  }

  /** Of a call: when it ended, epoch ms by the engine's clock. */
  atMs(span: number): number {
    return this.#rows.doubles[doublesAt(span) + AT_MS] as number;
  }

  isCall(span: number): boolean {
    return this.has(span, CALL);
  }

  isLeaf(span: number): boolean {
    return this.has(span, LEAF);
  }

  isFailing(span: number): boolean {
    return this.has(span, FAILING);
  }

  isServed(span: number): boolean {
    return this.has(span, SERVED);
  }

  isSettled(span: number): boolean {
    return this.has(span, SETTLED);
  }

  markCall(span: number, isLeaf: boolean): void {
    this.mark(span, isLeaf ? CALL | LEAF : CALL);
  }

  markFailing(span: number): void {
    this.mark(span, FAILING);
  }

  markServed(span: number): void {
    this.mark(span, SERVED);
  }

  markSettled(span: number): void {
    this.mark(span, SETTLED);
  }

  /** Says how a call ended. */
  setCall(span: number, callee: C, reason: number, atMs: number): void {
    this.#objects[2 * span + 1] = callee;
    this.#rows.signed[wordsAt(span) + REASON] = reason;
    this.#rows.doubles[doublesAt(span) + AT_MS] = atMs;
  }

  protected isSpan(span: number, high: number, low: number): boolean {
    const at = wordsAt(span);
    return this.#rows.unsigned[at + ID_LOW] === low && this.#rows.unsigned[at + ID_HIGH] === high;
  }

  /** The two words of its id, where they stand. */
  protected idOf(span: number): Uint32Array {
    return this.#rows.unsigned.subarray(wordsAt(span) + ID_HIGH, wordsAt(span) + ID_LOW + 1);
  }

  protected has(span: number, flag: number): boolean {
    return ((this.#rows.signed[wordsAt(span) + KIND] as number) & (flag << FLAG_SHIFT)) !== 0;
  }

  protected mark(span: number, flags: number): void {
    this.#rows.signed[wordsAt(span) + KIND]! |= flags << FLAG_SHIFT;
  }

  /** Begins a row: nothing but its id, its trace and its kind is known, and it is `none` that it hangs together with. */
  protected begin(span: number, trace: number, high: number, low: number, kind: number, none: number): void {
    if (span >= this.#rows.capacity) this.#rows.grow();
    const { signed, unsigned, doubles } = this.#rows;
    const at = wordsAt(span);
    unsigned[at + ID_HIGH] = high;
    unsigned[at + ID_LOW] = low;
    signed[at + TRACE] = trace;
    signed[at + PARENT] = none;
    signed[at + FIRST_CHILD] = none;
    signed[at + NEXT_SIBLING] = none;
    signed[at + NEXT_IN_TRACE] = none;
    signed[at + KIND] = kind;
    doubles[doublesAt(span) + START_MS] = 0;
    doubles[doublesAt(span) + DURATION_MS] = 0;
  }

  /** Says whose it is and when it was; its flags stay. */
  protected fill(span: number, origin: O, startMs: number, durationMs: number): void {
    const at = wordsAt(span) + KIND;
    this.#rows.signed[at] = ((this.#rows.signed[at] as number) & ~KIND_MASK) | origin.kind;
    this.#rows.doubles[doublesAt(span) + START_MS] = startMs;
    this.#rows.doubles[doublesAt(span) + DURATION_MS] = durationMs;
    this.#objects[2 * span] = origin;
  }

  /** Ends a row, whose place may be used again; `next` is the place that comes after it where places are kept. */
  protected end(span: number, next: number): void {
    const at = wordsAt(span);
    this.#rows.unsigned[at + STAMP]!++;
    this.#rows.signed[at + NEXT_IN_TRACE] = next;
    this.#objects[2 * span] = undefined;
    this.#objects[2 * span + 1] = undefined;
  }

  protected setParent(span: number, parent: number): void {
    this.#rows.signed[wordsAt(span) + PARENT] = parent;
  }

  protected setFirstChild(span: number, child: number): void {
    this.#rows.signed[wordsAt(span) + FIRST_CHILD] = child;
  }

  protected setNextSibling(span: number, sibling: number): void {
    this.#rows.signed[wordsAt(span) + NEXT_SIBLING] = sibling;
  }

  protected setNextInTrace(span: number, next: number): void {
    this.#rows.signed[wordsAt(span) + NEXT_IN_TRACE] = next;
  }
}
