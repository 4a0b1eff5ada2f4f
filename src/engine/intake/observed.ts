// SPDX-License-Identifier: Apache-2.0
/**
 * What was observed in one request, until it is told in order of time. Where nothing but good calls was, their order does not
 * matter, and those of one pair are told together.
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

type Together = { -readonly [Key in keyof GoodCalls]: GoodCalls[Key] };

export class Observed {
  readonly #idOf: (row: number) => string;
  readonly #inOrder: (row: number, other: number) => number;
  /** Good calls: their rows, pairs and times. */
  readonly #rows: number[] = [];
  readonly #pairs: KnownPair[] = [];
  readonly #atMs: number[] = [];
  #goodCount = 0;
  /** Good calls of one pair, by its place. */
  readonly #together: Together[] = [];
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
  }

  other(observation: Observation, row: number, atMs: number): void {
    this.#others.push({ row, atMs, observation, pair: undefined });
  }

  /** Tells all, and forgets it. */
  tell(sink: IntakeSink, nowMs: number): void {
    if (this.#others.length === 0) this.#tellTogether(sink, nowMs);
    else this.#tellOneByOne(sink, nowMs);
    this.#goodCount = 0;
    this.#others = [];
  }

  #tellTogether(sink: IntakeSink, nowMs: number): void {
    let pairCount = 0;
    for (let at = 0; at < this.#goodCount; at++) {
      const pair = this.#pairs[at] as KnownPair;
      const atMs = this.#atMs[at] as number;
      if (pair.place < 0) {
        pair.place = pairCount++;
        this.#together[pair.place] = { count: 1, firstMs: atMs, lastMs: atMs };
        continue;
      }
      const calls = this.#together[pair.place] as Together;
      calls.count++;
      calls.firstMs = Math.min(calls.firstMs, atMs);
      calls.lastMs = Math.max(calls.lastMs, atMs);
    }
    for (let at = 0; at < this.#goodCount; at++) {
      const pair = this.#pairs[at] as KnownPair;
      if (pair.place < 0) continue;
      this.#causeRow = this.#rows[at] as number;
      sink.wentWell(pair, this.#together[pair.place] as Together, this.#cause, nowMs);
      pair.place = -1;
    }
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
