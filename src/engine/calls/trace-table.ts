// SPDX-License-Identifier: Apache-2.0
/**
 * Traces by their ids, and in the order of their latest spans. Rows of numbers in place of objects: hundreds of thousands
 * come and go in a minute, and as objects the collector would walk them for longer than anybody looks at them.
 *
 * The index is open addressing over a seeded hash, so that nobody can choose ids that all meet in one place.
 */
import { FINGERPRINT_SEED } from '../../model/fingerprint.js';
import { hexOfWords } from '../../model/hex.js';
import { doublesAt, Rows, wordsAt } from './rows.js';

/** In place of a trace or a span: none. */
export const NONE = -1;

/** Numbers of an id of 16 bytes. */
const ID_WORDS = 4;
const FIRST_CAPACITY = 256;

/** Whole numbers of a row. The id comes first, in four of them. */
const FIRST_SPAN = 4;
const LAST_SPAN = 5;
const SPAN_COUNT = 6;
const HOLE_COUNT = 7;
const OLDER = 10;
const NEWER = 11;
const IS_CLOSED = 12;
/** Of its floating-point numbers, those between. */
const LAST_MS = 4;

/** What is heard again within this time stays where it is in the order, in ms: to move it means to write three others. */
const MOVED_MS = 1000;

export class TraceTable {
  readonly #rows = new Rows(FIRST_CAPACITY);
  /** Two words a place: one more than a trace, 0 where it is free, and the trace's hash. At most a quarter of them is taken. */
  #places = new Int32Array(8 * FIRST_CAPACITY);
  #free: number[] = [];
  #made = 0;
  #oldest = NONE;
  #newest = NONE;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The trace that has been quiet for longest, within a second. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Its spans are linked in the order in which they were heard of. */
  firstSpan(trace: number): number {
    return this.#rows.signed[wordsAt(trace) + FIRST_SPAN] as number;
  }

  spanCount(trace: number): number {
    return this.#rows.signed[wordsAt(trace) + SPAN_COUNT] as number;
  }

  /** Spans that are only known as parents of others. */
  holeCount(trace: number): number {
    return this.#rows.signed[wordsAt(trace) + HOLE_COUNT] as number;
  }

  addHoles(trace: number, count: 1 | -1): void {
    this.#rows.signed[wordsAt(trace) + HOLE_COUNT]! += count;
  }

  /** When its latest span came, epoch ms. */
  lastMs(trace: number): number {
    return this.#rows.doubles[doublesAt(trace) + LAST_MS] as number;
  }

  /** @returns the span that was its last one before; `NONE` of the first */
  append(trace: number, span: number): number {
    const { signed } = this.#rows;
    const at = wordsAt(trace);
    const last = signed[at + LAST_SPAN] as number;
    if (last === NONE) signed[at + FIRST_SPAN] = span;
    signed[at + LAST_SPAN] = span;
    signed[at + SPAN_COUNT]!++;
    return last;
  }

  /** @param ids where the id's four words stand, from `at` on */
  find(ids: Uint32Array, at: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    const hash = hashOf(ids, at);
    for (let place = (hash << 1) & mask; ; place = (place + 2) & mask) {
      const trace = (places[place] as number) - 1;
      if (trace < 0 || (places[place + 1] === hash && this.#is(trace, ids, at))) return trace;
    }
  }

  /** A new trace, which has no span yet. */
  make(ids: Uint32Array, at: number, nowMs: number): number {
    const trace = this.#free.pop() ?? this.#made++;
    if (trace >= this.#rows.capacity) this.#grow();
    const { signed, unsigned, doubles } = this.#rows;
    const own = wordsAt(trace);
    for (let word = 0; word < ID_WORDS; word++) unsigned[own + word] = ids[at + word] as number;
    signed[own + FIRST_SPAN] = NONE;
    signed[own + LAST_SPAN] = NONE;
    signed[own + SPAN_COUNT] = 0;
    signed[own + HOLE_COUNT] = 0;
    signed[own + IS_CLOSED] = 0;
    doubles[doublesAt(trace) + LAST_MS] = nowMs;
    this.#enter(trace);
    this.#link(trace);
    this.#count++;
    return trace;
  }

  /** Puts a trace at the end of the order in which they are forgotten. */
  touch(trace: number, nowMs: number): void {
    const { doubles } = this.#rows;
    const beforeMs = doubles[doublesAt(trace) + LAST_MS] as number;
    if (nowMs === beforeMs) return;
    doubles[doublesAt(trace) + LAST_MS] = nowMs;
    if (trace === this.#newest || Math.floor(nowMs / MOVED_MS) === Math.floor(beforeMs / MOVED_MS)) return;
    this.#unlink(trace);
    this.#link(trace);
  }

  /** Is found by its id no more, so that another is begun in its place; else it stays. */
  close(trace: number): void {
    const { signed } = this.#rows;
    if (signed[wordsAt(trace) + IS_CLOSED] === 1) return;
    this.#leave(trace);
    signed[wordsAt(trace) + IS_CLOSED] = 1;
  }

  remove(trace: number): void {
    this.#unlink(trace);
    this.close(trace);
    this.#free.push(trace);
    this.#count--;
  }

  /** Its id as 32 hex digits. */
  textOf(trace: number): string {
    return hexOfWords(this.#rows.unsigned, wordsAt(trace), ID_WORDS);
  }

  #is(trace: number, ids: Uint32Array, at: number): boolean {
    const { unsigned } = this.#rows;
    const own = wordsAt(trace);
    return (
      unsigned[own + 3] === ids[at + 3] &&
      unsigned[own + 2] === ids[at + 2] &&
      unsigned[own + 1] === ids[at + 1] &&
      unsigned[own] === ids[at]
    );
  }

  #enter(trace: number): void {
    const hash = hashOf(this.#rows.unsigned, wordsAt(trace));
    put(this.#places, trace + 1, hash);
  }

  /** Frees a place and moves those up that stand behind it because it was taken: no gap is left for a search to end at. */
  #leave(trace: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let free = (hashOf(this.#rows.unsigned, wordsAt(trace)) << 1) & mask;
    while (places[free] !== trace + 1) free = (free + 2) & mask;
    for (let place = (free + 2) & mask; places[place] !== 0; place = (place + 2) & mask) {
      const wanted = ((places[place + 1] as number) << 1) & mask;
      if (((place - wanted) & mask) < ((place - free) & mask)) continue;
      places[free] = places[place] as number;
      places[free + 1] = places[place + 1] as number;
      free = place;
    }
    places[free] = 0;
  }

  #link(trace: number): void {
    const { signed } = this.#rows;
    signed[wordsAt(trace) + OLDER] = this.#newest;
    signed[wordsAt(trace) + NEWER] = NONE;
    if (this.#newest === NONE) this.#oldest = trace;
    else signed[wordsAt(this.#newest) + NEWER] = trace;
    this.#newest = trace;
  }

  #unlink(trace: number): void {
    const { signed } = this.#rows;
    const older = signed[wordsAt(trace) + OLDER] as number;
    const newer = signed[wordsAt(trace) + NEWER] as number;
    if (older === NONE) this.#oldest = newer;
    else signed[wordsAt(older) + NEWER] = newer;
    if (newer === NONE) this.#newest = older;
    else signed[wordsAt(newer) + OLDER] = older;
  }

  #grow(): void {
    this.#rows.grow();
    const before = this.#places;
    this.#places = new Int32Array(before.length * 2);
    for (let place = 0; place < before.length; place += 2) {
      if (before[place] !== 0) put(this.#places, before[place] as number, before[place + 1] as number);
    }
  }
}

function put(places: Int32Array, entry: number, hash: number): void {
  const mask = places.length - 1;
  let place = (hash << 1) & mask;
  while (places[place] !== 0) place = (place + 2) & mask;
  places[place] = entry;
  places[place + 1] = hash;
}

function hashOf(ids: Uint32Array, at: number): number {
  let hash = FINGERPRINT_SEED;
  for (let word = 0; word < ID_WORDS; word++) {
    hash = Math.imul(hash ^ (ids[at + word] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
