// SPDX-License-Identifier: Apache-2.0
/** The engine's recent transitions, numbered and in order: each verdict change once. Bounded; the oldest go first. */
import type { Transition } from '../model/verdict.js';
import type { TransitionPage } from './engine-reader.js';

export class TransitionLog {
  readonly #countMax: number;
  readonly #transitions: Transition[] = [];
  #lastSeq = 0;

  /** @param countMax transitions kept; up to 20 kB each with all their evidence, usually a tenth of that */
  constructor(countMax = 2000) {
    this.#countMax = countMax;
  }

  /** The number of the newest transition; 0 while there is none. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  add(transition: Omit<Transition, 'seq'>): Transition {
    const numbered = { seq: ++this.#lastSeq, ...transition };
    this.#transitions.push(numbered);
    if (this.#transitions.length > this.#countMax) this.#transitions.shift();
    return numbered;
  }

  page(after: number, countMax: number): TransitionPage {
    const oldestSeq = this.#lastSeq - this.#transitions.length + 1;
    const start = Math.max(0, after + 1 - oldestSeq);
    const transitions = this.#transitions.slice(start, start + countMax);
    return {
      transitions,
      next: transitions.at(-1)?.seq ?? Math.min(after, this.#lastSeq),
      truncated: after + 1 < oldestSeq,
    };
  }
}
