// SPDX-License-Identifier: Apache-2.0
/**
 * What a request shows of how its senders are set up, taken from what the intake counts anyway: the counts before the spans of
 * a resource and after them are the resource's. So a span costs nothing more, but for a look at whose parents came.
 */
import { SpanKind, type SpanRecord } from '../../model/span.js';
import type { ObserveRules } from '../../observe/rules.js';
import { type ServiceNote, SetUpSample } from '../doctor/set-up-sample.js';
import { ID_WORDS, type ResourceRows, type SpanBatch } from '../wire/span-batch.js';
import type { SpanForm } from '../wire/span-form.js';
import type { IntakeCounts } from './intake-sink.js';
import { SpanSite } from './span-site.js';

/** Places of the parent's id among a row's words. */
const PARENT_HIGH = 6;
const PARENT_LOW = 7;

type RecordOf = (row: number) => SpanRecord | string;

export class SetUpNotes {
  readonly sample: SetUpSample = new SetUpSample();
  readonly #rules: ObserveRules;
  readonly #counts: Readonly<IntakeCounts>;
  #calls = 0;
  #accounted = 0;
  #observations = 0;
  #served = 0;
  #unidentified = 0;

  /** @param counts the intake's own, as they grow */
  constructor(counts: Readonly<IntakeCounts>, rules: ObserveRules) {
    this.#counts = counts;
    this.#rules = rules;
  }

  /** Before the spans of a resource are read. */
  begin(): void {
    const { calls, accounted, observations, served, unidentified } = this.#counts;
    this.#calls = calls;
    this.#accounted = accounted;
    this.#observations = observations;
    this.#served = served;
    this.#unidentified = unidentified;
  }

  /** After they are read. @param recordOf all of a span, or what is wrong with it */
  end(batch: SpanBatch, rows: ResourceRows, correctionMs: number, nowMs: number, recordOf: RecordOf): void {
    const { calls, accounted, observations, served, unidentified } = this.#counts;
    const { environment, observer } = SpanSite.of(batch.forms[rows.from] as SpanForm, this.#rules).speaker;
    const isGuest = observations > this.#observations;
    const block = { environment, observer, spanCount: rows.to - rows.from, isGuest, correctionMs };
    const note = this.sample.noteBlock(block, nowMs);
    note.calls += calls - this.#calls;
    note.accounted += accounted - this.#accounted;
    note.observations += observations - this.#observations;
    note.served += served - this.#served;
    note.unidentified += unidentified - this.#unidentified;
    if (served > this.#served) note.answers += this.#answersIn(batch, rows);
    if (unidentified > this.#unidentified && this.sample.wantsExample(note))
      this.#showUnidentified(batch, rows, note, recordOf);
  }

  /** Server spans with a parent. */
  #answersIn({ forms, ids }: SpanBatch, { from, to }: ResourceRows): number {
    let count = 0;
    for (let row = from; row < to; row++) {
      if ((forms[row] as SpanForm).kind !== SpanKind.SERVER) continue;
      if (ids[row * ID_WORDS + PARENT_HIGH] || ids[row * ID_WORDS + PARENT_LOW]) count++;
    }
    return count;
  }

  #showUnidentified(batch: SpanBatch, { from, to }: ResourceRows, note: ServiceNote, recordOf: RecordOf): void {
    for (let row = from; row < to; row++) {
      const form = batch.forms[row] as SpanForm;
      const { isCall, isAccounted, unasked } = SpanSite.of(form, this.#rules);
      if (!isCall || isAccounted || unasked !== undefined || !this.sample.isNewExample(note, form.name)) continue;
      const record = recordOf(row);
      if (typeof record !== 'string') this.sample.addExample(note, form.name, record.attributes);
    }
  }
}
