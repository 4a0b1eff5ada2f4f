// SPDX-License-Identifier: Apache-2.0
/** Calls that wait for spans of their callees, in order of arrival: all wait for equally long, so a queue will do. */
import type { SpanOrigin } from './span-rows.js';
import type { SpanTable } from './span-table.js';
import { NONE } from './trace-table.js';

/** Places at first; a power of two, as are all later sizes. */
const FIRST_CAPACITY = 1024;

export class WaitingCalls {
  readonly #spans: SpanTable<SpanOrigin>;
  #span = new Int32Array(FIRST_CAPACITY);
  /** Which use of its place is meant: a call whose trace was forgotten has been settled, and its place is somebody else's. */
  #stamp = new Uint32Array(FIRST_CAPACITY);
  #dueMs = new Float64Array(FIRST_CAPACITY);
  #head = 0;
  #tail = 0;

  constructor(spans: SpanTable<SpanOrigin>) {
    this.#spans = spans;
  }

  /** @param dueMs when it is settled whatever has come by then; never before that of those that wait already */
  add(span: number, dueMs: number): void {
    if (this.#tail === this.#span.length) this.#makeRoom();
    this.#span[this.#tail] = span;
    this.#stamp[this.#tail] = this.#spans.stamp(span);
    this.#dueMs[this.#tail++] = dueMs;
  }

  /** The next call that has waited for long enough, or `NONE`. Those that are settled already are passed over. */
  takeDue(nowMs: number): number {
    for (; this.#head < this.#tail; this.#head++) {
      if (!this.#isOpen(this.#head)) continue;
      if ((this.#dueMs[this.#head] as number) > nowMs) return NONE;
      return this.#span[this.#head++] as number;
    }
    this.#head = 0;
    this.#tail = 0;
    return NONE;
  }

  #isOpen(place: number): boolean {
    const span = this.#span[place] as number;
    return this.#stamp[place] === this.#spans.stamp(span) && !this.#spans.isSettled(span);
  }

  /** Moves those that still wait to the front; more room only where they are more than half. */
  #makeRoom(): void {
    let kept = 0;
    for (let place = this.#head; place < this.#tail; place++) {
      if (!this.#isOpen(place)) continue;
      this.#span[kept] = this.#span[place] as number;
      this.#stamp[kept] = this.#stamp[place] as number;
      this.#dueMs[kept++] = this.#dueMs[place] as number;
    }
    this.#head = 0;
    this.#tail = kept;
    if (kept * 2 <= this.#span.length) return;
    this.#span = grown(this.#span);
    this.#stamp = grown(this.#stamp);
    this.#dueMs = grown(this.#dueMs);
  }
}

/** A column of twice the length. */
function grown<T extends Int32Array | Uint32Array | Float64Array>(column: T): T {
  const wider = new (column.constructor as new (length: number) => T)(column.length * 2);
  wider.set(column);
  return wider;
}
