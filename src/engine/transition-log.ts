// SPDX-License-Identifier: Apache-2.0
/**
 * The engine's recent transitions, numbered and in order: each verdict change once. Bounded; the oldest go first. Readers
 * see what the journal has written, so that nobody is told of a change that a restart would not remember.
 */
import type { Transition, Verdict } from '../model/verdict.js';
import type { TransitionPage } from './engine-reader.js';

/** Transitions kept at the most. */
const COUNT_MAX = 2000;

/** Names and traces kept in all of them together, about 100 bytes each: 20 MB. A busy subject has thousands of names. */
const WEIGHT_MAX = 200_000;

export class TransitionLog {
  /** Where a reader begins who asks for all. */
  #firstSeq: number;
  readonly #countMax: number;
  readonly #weightMax: number;
  readonly #transitions: Transition[] = [];
  #nextSeq: number;
  /** Whatever is numbered below was forgotten, or is of a life that nothing is known of. */
  #oldestSeq: number;
  #tellableSeq: number;
  #totalCount = 0;
  #weight = 0;

  /** @param startMs where numbering starts; with a time, numbers grow from one life of the engine to the next */
  constructor(startMs: number, countMax: number = COUNT_MAX, weightMax: number = WEIGHT_MAX) {
    this.#firstSeq = Math.floor(startMs);
    this.#nextSeq = this.#firstSeq;
    this.#oldestSeq = this.#firstSeq;
    this.#tellableSeq = this.#firstSeq - 1;
    this.#countMax = countMax;
    this.#weightMax = weightMax;
  }

  /** The number of the last one that readers are told of; of none, the one before the first. */
  get lastSeq(): number {
    return this.#tellableSeq;
  }

  /** How many transitions there were in this life of the engine. */
  get totalCount(): number {
    return this.#totalCount;
  }

  /**
   * Takes over what an earlier life left, before anything is added. Numbers go on above it, and never below the start: the
   * earlier life may have told of some that were never written.
   *
   * @param isAll whether there were no older ones
   */
  restore(transitions: readonly Transition[], lastSeq: number, isAll: boolean): void {
    const oldest = transitions[0];
    if (oldest) {
      this.#firstSeq = isAll ? oldest.seq : 0;
      this.#oldestSeq = oldest.seq;
    }
    for (const each of transitions) this.#keep(each);
    this.#nextSeq = Math.max(this.#nextSeq, lastSeq + 1);
    this.#tellableSeq = this.#nextSeq - 1;
  }

  /** Numbers a transition and keeps it. Nobody is told of it before `tell`. */
  add(transition: Omit<Transition, 'seq'>): Transition {
    const numbered = { seq: this.#nextSeq++, ...transition };
    this.#totalCount++;
    this.#keep(numbered);
    return numbered;
  }

  /** From now on readers are told of everything up to this number. Returns what they were not told of before. */
  tell(seq: number): readonly Transition[] {
    const from = this.#placeAfter(this.#tellableSeq);
    this.#tellableSeq = Math.max(this.#tellableSeq, seq);
    return this.#transitions.slice(from, this.#placeAfter(this.#tellableSeq));
  }

  /** @param after 0 for all there are; else the last number read, in this life of the engine or an earlier one */
  page(after: number, countMax: number): TransitionPage {
    const end = this.#placeAfter(this.#tellableSeq);
    const transitions = this.#transitions.slice(this.#placeAfter(after), end).slice(0, countMax);
    const wantedSeq = after === 0 ? this.#firstSeq : after + 1;
    const next = transitions.at(-1)?.seq ?? Math.min(after, this.#tellableSeq);
    return { transitions, next, truncated: wantedSeq < this.#oldestSeq };
  }

  #keep(transition: Transition): void {
    this.#transitions.push(transition);
    this.#weight += weightOf(transition.verdict);
    // The newest always stays, whatever it weighs.
    while (
      this.#transitions.length > this.#countMax ||
      (this.#weight > this.#weightMax && this.#transitions.length > 1)
    ) {
      const forgotten = this.#transitions.shift();
      if (!forgotten) return;
      this.#weight -= weightOf(forgotten.verdict);
      this.#oldestSeq = forgotten.seq + 1;
    }
  }

  /** The place of the first transition numbered above `seq`. Numbers rise, and have gaps between two lives. */
  #placeAfter(seq: number): number {
    let [low, high] = [0, this.#transitions.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#transitions[middle] as Transition).seq <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function weightOf({ operations, observersFor, observersAgainst, evidence }: Verdict): number {
  const perOperation = operations.map((each) => 1 + each.observersFor.length + each.observersAgainst.length);
  const names = perOperation.reduce((sum, count) => sum + count, 0);
  return 10 + names + observersFor.length + observersAgainst.length + 3 * evidence.length;
}
