// SPDX-License-Identifier: Apache-2.0
/** The engine's recent transitions, numbered and in order: each verdict change once. Bounded; the oldest go first. */
import type { Transition, Verdict } from '../model/verdict.js';
import type { TransitionPage } from './engine-reader.js';

/** Transitions kept at the most. */
const COUNT_MAX = 2000;

/** Names and traces kept in all of them together, about 100 bytes each: 20 MB. A busy subject has thousands of names. */
const WEIGHT_MAX = 200_000;

export class TransitionLog {
  readonly #firstSeq: number;
  readonly #countMax: number;
  readonly #weightMax: number;
  readonly #transitions: Transition[] = [];
  #nextSeq: number;
  #weight = 0;

  /** @param startMs where numbering starts; with a time, numbers grow from one life of the engine to the next */
  constructor(startMs: number, countMax: number = COUNT_MAX, weightMax: number = WEIGHT_MAX) {
    this.#firstSeq = Math.floor(startMs);
    this.#nextSeq = this.#firstSeq;
    this.#countMax = countMax;
    this.#weightMax = weightMax;
  }

  /** How many transitions there were. */
  get totalCount(): number {
    return this.#nextSeq - this.#firstSeq;
  }

  add(transition: Omit<Transition, 'seq'>): Transition {
    const numbered = { seq: this.#nextSeq++, ...transition };
    this.#transitions.push(numbered);
    this.#weight += weightOf(numbered.verdict);
    // The newest always stays, whatever it weighs.
    while (
      this.#transitions.length > this.#countMax ||
      (this.#weight > this.#weightMax && this.#transitions.length > 1)
    ) {
      const forgotten = this.#transitions.shift();
      if (forgotten) this.#weight -= weightOf(forgotten.verdict);
    }
    return numbered;
  }

  /** @param after 0 for all there are; else the last number read, in this life of the engine or an earlier one */
  page(after: number, countMax: number): TransitionPage {
    const oldestSeq = this.#nextSeq - this.#transitions.length;
    const transitions = this.#transitions.slice(Math.max(0, after + 1 - oldestSeq)).slice(0, countMax);
    const wantedSeq = after === 0 ? this.#firstSeq : after + 1;
    const next = transitions.at(-1)?.seq ?? Math.min(after, this.#nextSeq - 1);
    return { transitions, next, truncated: wantedSeq < oldestSeq };
  }
}

function weightOf({ operations, observersFor, observersAgainst, evidence }: Verdict): number {
  const perOperation = operations.map((each) => 1 + each.observersFor.length + each.observersAgainst.length);
  const names = perOperation.reduce((sum, count) => sum + count, 0);
  return 10 + names + observersFor.length + observersAgainst.length + 3 * evidence.length;
}
