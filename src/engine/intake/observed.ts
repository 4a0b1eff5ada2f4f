// SPDX-License-Identifier: Apache-2.0
/**
 * What was observed in one request, until it is told in order of time. Where nothing but good calls was, the order of pairs does
 * not matter, and each pair's are told a second at a time.
 */
import type { Observation } from '../../model/observation.js';
import type { Cause, GoodCalls, IntakeSink } from './intake-sink.js';
import type { KnownPair } from './known-pair.js';

/** One row: an observation, or a good call of a pair. */
interface Told {
  readonly row: number;
  readonly atMs: number;
  readonly observation: Observation | undefined;
  readonly pair: KnownPair | undefined;
}

/** Used again in each request: what outlives none of them must not pile up as if it did. */
class Fold implements GoodCalls {
  pair: KnownPair;
  row = 0;
  count = 0;
  firstMs = 0;
  lastMs = 0;

  constructor(pair: KnownPair) {
    this.pair = pair;
  }

  begin(pair: KnownPair, row: number, atMs: number): void {
    this.pair = pair;
    this.row = row;
    this.count = 1;
    this.firstMs = atMs;
    this.lastMs = atMs;
  }

  add(atMs: number): void {
    this.count++;
    if (atMs < this.firstMs) this.firstMs = atMs;
    if (atMs > this.lastMs) this.lastMs = atMs;
  }
}

/** What is told together, in ms: as much as a guest folds. What was before a failure must not be taken for what came after it. */
const FOLD_MS = 1000;

export class Observed {
  readonly #idOf: (row: number) => string;
  readonly #inOrder: (row: number, other: number) => number;
  /** Good calls: their rows, pairs and times. */
  readonly #rows: number[] = [];
  readonly #pairs: KnownPair[] = [];
  readonly #atMs: number[] = [];
  #goodCount = 0;
  /** The earliest and the latest of them. */
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** Good calls of one pair, by its place. */
  readonly #folds: Fold[] = [];
  #others: Told[] = [];
  #causeRow = 0;
  readonly #cause: Cause = () => this.#idOf(this.#causeRow);

  /**
   * @param idOf the id of the observation that a row is
   * @param inOrder which of two rows' ids comes first: negative, zero or positive
   */
  constructor(idOf: (row: number) => string, inOrder: (row: number, other: number) => number) {
    this.#idOf = idOf;
    this.#inOrder = inOrder;
  }

  good(pair: KnownPair, row: number, atMs: number): void {
    this.#rows[this.#goodCount] = row;
    this.#pairs[this.#goodCount] = pair;
    this.#atMs[this.#goodCount++] = atMs;
    if (atMs < this.#firstMs) this.#firstMs = atMs;
    if (atMs > this.#lastMs) this.#lastMs = atMs;
  }

  other(observation: Observation, row: number, atMs: number): void {
    this.#others.push({ row, atMs, observation, pair: undefined });
  }

  /** Tells all, and forgets it. */
  tell(sink: IntakeSink, nowMs: number): void {
    try {
      if (this.#others.length === 0) this.#tellTogether(sink, nowMs);
      else this.#tellOneByOne(sink, nowMs);
    } finally {
      for (let at = 0; at < this.#goodCount; at++) (this.#pairs[at] as KnownPair).place = -1;
      this.#goodCount = 0;
      this.#firstMs = Number.POSITIVE_INFINITY;
      this.#lastMs = Number.NEGATIVE_INFINITY;
      this.#others = [];
    }
  }

  /** A second of each pair's calls together, as a guest folds them: a view knows nothing of when within a fold each of them was. */
  #tellTogether(sink: IntakeSink, nowMs: number): void {
    let foldCount = 0;
    const order = this.#lastMs - this.#firstMs < FOLD_MS ? undefined : this.#inOrderOfTime();
    for (let turn = 0; turn < this.#goodCount; turn++) {
      const at = order ? (order[turn] as number) : turn;
      const pair = this.#pairs[at] as KnownPair;
      const atMs = this.#atMs[at] as number;
      const fold = pair.place < 0 ? undefined : (this.#folds[pair.place] as Fold);
      if (fold && atMs - fold.firstMs < FOLD_MS) {
        fold.add(atMs);
        continue;
      }
      if (fold) this.#tellFold(sink, fold, nowMs);
      else pair.place = foldCount++;
      this.#foldAt(pair).begin(pair, this.#rows[at] as number, atMs);
    }
    for (let at = 0; at < foldCount; at++) this.#tellFold(sink, this.#folds[at] as Fold, nowMs);
  }

  #foldAt(pair: KnownPair): Fold {
    const known = this.#folds[pair.place];
    if (known) return known;
    const made = new Fold(pair);
    this.#folds[pair.place] = made;
    return made;
  }

  #tellFold(sink: IntakeSink, fold: Fold, nowMs: number): void {
    this.#causeRow = fold.row;
    sink.wentWell(fold.pair, fold, this.#cause, nowMs);
  }

  #inOrderOfTime(): readonly number[] {
    const order = Array.from({ length: this.#goodCount }, (_, at) => at);
    return order.sort((a, b) => (this.#atMs[a] as number) - (this.#atMs[b] as number));
  }

  #tellOneByOne(sink: IntakeSink, nowMs: number): void {
    const all = [...this.#others];
    for (let at = 0; at < this.#goodCount; at++) {
      const [row, atMs] = [this.#rows[at] as number, this.#atMs[at] as number];
      all.push({ row, atMs, observation: undefined, pair: this.#pairs[at] });
    }
    // At one time in order of their ids, so that the order of delivery decides nothing.
    all.sort((a, b) => a.atMs - b.atMs || this.#inOrder(a.row, b.row));
    for (const { row, atMs, observation, pair } of all) {
      this.#causeRow = row;
      if (observation) sink.observed(observation, atMs, nowMs);
      else if (pair) sink.wentWell(pair, { count: 1, firstMs: atMs, lastMs: atMs }, this.#cause, nowMs);
    }
  }
}
