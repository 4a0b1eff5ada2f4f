// SPDX-License-Identifier: Apache-2.0
/**
 * What a request shows of how its senders are set up, taken from what the intake counts anyway: the counts before the spans of
 * a resource and after them are the resource's. So a span costs nothing more, but for a look at whose parents came.
 */
import { SpanKind, type SpanRecord } from '../../model/span.js';
import { type ServiceNote, SetUpSample } from '../doctor/set-up-sample.js';
import { ID_WORDS, type ResourceRows, type SpanBatch } from '../wire/span-batch.js';
import type { SpanForm } from '../wire/span-form.js';
import type { IntakeCounts } from './intake-sink.js';
import type { SpanSites } from './span-site.js';

/** Places of the parent's id among a row's words. */
const PARENT_HIGH = 6;
const PARENT_LOW = 7;

type RecordOf = (row: number) => SpanRecord | string;

export class SetUpNotes {
  readonly sample: SetUpSample = new SetUpSample();
  readonly #sites: SpanSites;
  readonly #counts: Readonly<IntakeCounts>;
  #calls = 0;
  #accounted = 0;
  #observations = 0;
  #served = 0;
  #unidentified = 0;
  #late = 0;

  /** @param counts the intake's own, as they grow */
  constructor(counts: Readonly<IntakeCounts>, sites: SpanSites) {
    this.#counts = counts;
    this.#sites = sites;
  }

  /** Before the spans of a resource are read. */
  begin(): void {
    const { calls, accounted, observations, served, unidentified, late } = this.#counts;
    this.#calls = calls;
    this.#accounted = accounted;
    this.#observations = observations;
    this.#served = served;
    this.#unidentified = unidentified;
    this.#late = late;
  }

  /** After they are read. @param recordOf all of a span, or what is wrong with it */
  end(batch: SpanBatch, rows: ResourceRows, correctionMs: number, nowMs: number, recordOf: RecordOf): void {
    const { calls, accounted, observations, served, unidentified, late } = this.#counts;
    const { environment, observer } = this.#sites.of(batch.forms[rows.from] as SpanForm).speaker;
    const isGuest = observations > this.#observations;
    const block = { environment, observer, spanCount: rows.to - rows.from, isGuest, correctionMs };
    const note = this.sample.noteBlock(block, nowMs);
    note.calls += calls - this.#calls;
    note.accounted += accounted - this.#accounted;
    note.observations += observations - this.#observations;
    note.served += served - this.#served;
    note.unidentified += unidentified - this.#unidentified;
    if (late > this.#late) {
      note.late += late - this.#late;
      note.latestMs = Math.max(note.latestMs, this.#latestMs(batch, rows, correctionMs, nowMs));
    }
    if (served > this.#served) note.answers += this.#answersIn(batch, rows);
    if (unidentified > this.#unidentified && this.sample.wantsExample(note))
      this.#showUnidentified(batch, rows, note, recordOf);
  }

  /** How long after its end the latest span came of those that say something. */
  #latestMs(batch: SpanBatch, { from, to }: ResourceRows, correctionMs: number, nowMs: number): number {
    let latestMs = 0;
    for (let row = from; row < to; row++) {
      const { isCall, isServed, isObservation } = this.#sites.of(batch.forms[row] as SpanForm);
      if (!isCall && !isServed && !isObservation) continue;
      latestMs = Math.max(latestMs, nowMs - (batch.endMs[row] as number) - correctionMs);
    }
    return latestMs;
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
      const { isCall, isAccounted, peer } = this.#sites.of(form);
      if (!isCall || isAccounted || peer?.unasked !== undefined || !this.sample.isNewExample(note, form.name)) continue;
      const record = recordOf(row);
      if (typeof record !== 'string') this.sample.addExample(note, form.name, record.attributes);
    }
  }
}
