// SPDX-License-Identifier: Apache-2.0
/**
 * What was observed in one request, until it is told in order of time. Where nothing but good calls was, their order does not
 * matter, and those of one pair are told together.
 */
import type { Observation } from '../../model/observation.js';
import type { Cause, GoodCalls, IntakeSink } from './intake-sink.js';
import type { KnownPair } from './known-pair.js';

interface Other {
  readonly observation: Observation;
  readonly atMs: number;
}

type Together = { -readonly [Key in keyof GoodCalls]: GoodCalls[Key] };

export class Observed {
  readonly #idOf: (row: number) => string;
  /** Good calls: their rows, pairs and times. */
  readonly #rows: number[] = [];
  readonly #pairs: KnownPair[] = [];
  readonly #atMs: number[] = [];
  #goodCount = 0;
  /** Good calls of one pair, by its place. */
  readonly #together: Together[] = [];
  #others: Other[] = [];
  #causeRow = 0;
  readonly #cause: Cause = () => this.#idOf(this.#causeRow);

  /** @param idOf the id of the observation that a row is */
  constructor(idOf: (row: number) => string) {
    this.#idOf = idOf;
  }

  good(pair: KnownPair, row: number, atMs: number): void {
    this.#rows[this.#goodCount] = row;
    this.#pairs[this.#goodCount] = pair;
    this.#atMs[this.#goodCount++] = atMs;
  }

  other(observation: Observation, atMs: number): void {
    this.#others.push({ observation, atMs });
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
    const goods = Array.from({ length: this.#goodCount }, (_, at) => ({ at, atMs: this.#atMs[at] as number }));
    const all: (Other | { readonly at: number; readonly atMs: number })[] = [...goods, ...this.#others];
    all.sort((a, b) => a.atMs - b.atMs || (this.#nameOf(a) < this.#nameOf(b) ? -1 : 1));
    for (const each of all) {
      if ('observation' in each) {
        sink.observed(each.observation, each.atMs, nowMs);
        continue;
      }
      this.#causeRow = this.#rows[each.at] as number;
      const calls = { count: 1, firstMs: each.atMs, lastMs: each.atMs };
      sink.wentWell(this.#pairs[each.at] as KnownPair, calls, this.#cause, nowMs);
    }
  }

  /** Orders what was seen at one time, so that the order of delivery decides nothing. */
  #nameOf(one: Other | { readonly at: number }): string {
    return 'observation' in one ? one.observation.id : this.#idOf(this.#rows[one.at] as number);
  }
}
