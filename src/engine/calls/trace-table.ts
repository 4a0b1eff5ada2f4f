// SPDX-License-Identifier: Apache-2.0
/**
 * Traces by their ids, and in the order of their latest spans. Columns of numbers in place of objects: hundreds of thousands
 * come and go in a minute, and as objects the collector would walk them for longer than anybody looks at them.
 *
 * The index is open addressing over a seeded hash, so that nobody can choose ids that all meet in one place.
 */
import { FINGERPRINT_SEED } from '../../model/fingerprint.js';
import { hexOfWords } from '../../model/hex.js';

/** In place of a trace or a span: none. */
export const NONE = -1;

/** Numbers of an id of 16 bytes. */
const ID_WORDS = 4;
const FIRST_CAPACITY = 256;

export class TraceTable {
  #capacity = FIRST_CAPACITY;
  #ids = new Uint32Array(ID_WORDS * FIRST_CAPACITY);
  /** Its spans, in the order in which they were heard of. */
  firstSpan: Int32Array = new Int32Array(FIRST_CAPACITY);
  lastSpan: Int32Array = new Int32Array(FIRST_CAPACITY);
  spanCount: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Spans that are only known as parents of others. */
  holeCount: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** When its latest span came, epoch ms. */
  lastMs: Float64Array = new Float64Array(FIRST_CAPACITY);
  #isClosed = new Uint8Array(FIRST_CAPACITY);
  #older = new Int32Array(FIRST_CAPACITY);
  #newer = new Int32Array(FIRST_CAPACITY);
  /** One more than a trace, 0 where a place is free. At most half of the places are taken. */
  #places = new Int32Array(4 * FIRST_CAPACITY);
  #free: number[] = [];
  #made = 0;
  #oldest = NONE;
  #newest = NONE;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The trace that has been quiet for longest. */
  get oldest(): number {
    return this.#oldest;
  }

  /** @param ids where the id's four words stand, from `at` on */
  find(ids: Uint32Array, at: number): number {
    const mask = this.#places.length - 1;
    for (let place = hashOf(ids, at) & mask; ; place = (place + 1) & mask) {
      const trace = (this.#places[place] as number) - 1;
      if (trace < 0 || this.#is(trace, ids, at)) return trace;
    }
  }

  /** A new trace, which has no span yet. */
  make(ids: Uint32Array, at: number): number {
    const trace = this.#free.pop() ?? this.#made++;
    if (trace >= this.#capacity) this.#grow();
    for (let word = 0; word < ID_WORDS; word++) this.#ids[ID_WORDS * trace + word] = ids[at + word] as number;
    this.firstSpan[trace] = NONE;
    this.lastSpan[trace] = NONE;
    this.spanCount[trace] = 0;
    this.holeCount[trace] = 0;
    this.#isClosed[trace] = 0;
    this.#enter(trace);
    this.#append(trace);
    this.#count++;
    return trace;
  }

  /** Puts a trace at the end of the order in which they are forgotten. */
  touch(trace: number, nowMs: number): void {
    this.lastMs[trace] = nowMs;
    if (trace === this.#newest) return;
    this.#unlink(trace);
    this.#append(trace);
  }

  /** Is found by its id no more, so that another is begun in its place; else it stays. */
  close(trace: number): void {
    if (this.#isClosed[trace] === 1) return;
    this.#leave(trace);
    this.#isClosed[trace] = 1;
  }

  remove(trace: number): void {
    this.#unlink(trace);
    this.close(trace);
    this.#free.push(trace);
    this.#count--;
  }

  /** Its id as 32 hex digits. */
  textOf(trace: number): string {
    return hexOfWords(this.#ids, ID_WORDS * trace, ID_WORDS);
  }

  #is(trace: number, ids: Uint32Array, at: number): boolean {
    const own = ID_WORDS * trace;
    return (
      this.#ids[own + 3] === ids[at + 3] &&
      this.#ids[own + 2] === ids[at + 2] &&
      this.#ids[own + 1] === ids[at + 1] &&
      this.#ids[own] === ids[at]
    );
  }

  #enter(trace: number): void {
    const mask = this.#places.length - 1;
    let place = hashOf(this.#ids, ID_WORDS * trace) & mask;
    while (this.#places[place] !== 0) place = (place + 1) & mask;
    this.#places[place] = trace + 1;
  }

  /** Frees a place and moves those up that stand behind it because it was taken: no gap is left for a search to end at. */
  #leave(trace: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let free = hashOf(this.#ids, ID_WORDS * trace) & mask;
    while (places[free] !== trace + 1) free = (free + 1) & mask;
    for (let place = (free + 1) & mask; places[place] !== 0; place = (place + 1) & mask) {
      const wanted = hashOf(this.#ids, ID_WORDS * ((places[place] as number) - 1)) & mask;
      if (((place - wanted) & mask) < ((place - free) & mask)) continue;
      places[free] = places[place] as number;
      free = place;
    }
    places[free] = 0;
  }

  #append(trace: number): void {
    this.#older[trace] = this.#newest;
    this.#newer[trace] = NONE;
    if (this.#newest === NONE) this.#oldest = trace;
    else this.#newer[this.#newest] = trace;
    this.#newest = trace;
  }

  #unlink(trace: number): void {
    const older = this.#older[trace] as number;
    const newer = this.#newer[trace] as number;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#ids = grown(this.#ids);
    this.firstSpan = grown(this.firstSpan);
    this.lastSpan = grown(this.lastSpan);
    this.spanCount = grown(this.spanCount);
    this.holeCount = grown(this.holeCount);
    this.lastMs = grown(this.lastMs);
    this.#isClosed = grown(this.#isClosed);
    this.#older = grown(this.#older);
    this.#newer = grown(this.#newer);
    const taken = this.#places;
    this.#places = new Int32Array(taken.length * 2);
    for (const one of taken) if (one !== 0) this.#enter(one - 1);
  }
}

/** A column of twice the length. */
export function grown<T extends Uint8Array | Int32Array | Uint32Array | Float64Array>(column: T): T {
  const wider = new (column.constructor as new (length: number) => T)(column.length * 2);
  wider.set(column);
  return wider;
}

function hashOf(ids: Uint32Array, at: number): number {
  let hash = FINGERPRINT_SEED;
  for (let word = 0; word < ID_WORDS; word++) {
    hash = Math.imul(hash ^ (ids[at + word] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
