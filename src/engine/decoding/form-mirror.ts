// SPDX-License-Identifier: Apache-2.0
/**
 * The engine's side of one decoding thread's forms. What a thread says is applied in the order in which it was said, and when
 * its turn comes, so a number means here what it meant there. Forms are found by their fingerprints first: what several
 * threads have met is one form here, of which everything is worked out once.
 */
import { FingerprintTable } from '../../model/fingerprint-table.js';
import { readSpanAt } from '../wire/span-at.js';
import type { SpanBatch } from '../wire/span-batch.js';
import { SpanColumns } from '../wire/span-columns.js';
import { ResourceForm, SpanForm } from '../wire/span-form.js';
import { RESOURCE_FORMS_MAX, SPAN_FORMS_MAX } from '../wire/span-scanner.js';
import type { DecodedSpans, NewForm, NewResource, NumberedRecord } from './decoder-messages.js';
import { columnsAt, columnsStart } from './shared-columns.js';

/** The forms that the mirrors of all threads have in common: as many as one thread holds, so that what all of them hold is found. */
export class CommonForms {
  readonly spans: FingerprintTable<SpanForm> = new FingerprintTable(SPAN_FORMS_MAX);
  readonly resources: FingerprintTable<ResourceForm> = new FingerprintTable(RESOURCE_FORMS_MAX);
  /** One batch is read at a time, so one serves all mirrors. */
  readonly columns: SpanColumns = new SpanColumns();
}

export class FormMirror {
  readonly #common: CommonForms;
  readonly #forms: (SpanForm | undefined)[] = [];
  readonly #resources: (ResourceForm | undefined)[] = [];
  #count = 0;

  constructor(common: CommonForms) {
    this.#common = common;
  }

  /** Forms held. */
  get count(): number {
    return this.#count;
  }

  /** The spans of a body that lies in `memory`, good until the next ones of any mirror. */
  batchOf(spans: DecodedSpans, memory: SharedArrayBuffer, length: number): SpanBatch {
    for (const each of spans.newResources) this.#resources[each.number] = this.#resourceOf(each);
    for (const each of spans.newForms) this.#forms[each.number] = this.#formOf(each);
    this.#count += spans.newForms.length - spans.goneForms.length;
    const { count, elsewhere, resources } = spans;
    const seen = elsewhere ? columnsAt(elsewhere, 0, count) : columnsAt(memory, columnsStart(length), count);
    const { columns } = this.#common;
    columns.begin(readerOf(spans, new Uint8Array(memory, 0, length), seen), spans.isScanned);
    const { endMs, durationMs, ids, from, to } = seen;
    Object.assign(columns, { count, endMs, durationMs, ids, from, to });
    columns.rejectedSpans = spans.rejectedSpans;
    columns.rejectedMessage = spans.rejectedMessage;
    for (let row = 0; row < count; row++) columns.forms[row] = this.#forms[seen.forms[row] as number] as SpanForm;
    for (let at = 0; at < resources.length; at += 3) {
      const [number, first, end] = resources.slice(at, at + 3) as [number, number, number];
      columns.resources.push({ resource: this.#resources[number] as ResourceForm, from: first, to: end });
    }
    for (const number of spans.goneForms) this.#forms[number] = undefined;
    for (const number of spans.goneResources) this.#resources[number] = undefined;
    return columns;
  }

  #resourceOf({ high, low, attributes }: NewResource): ResourceForm {
    const known = this.#common.resources.find(high, low);
    if (known) return known;
    const made = new ResourceForm(high, low, attributes);
    this.#common.resources.set(high, low, made);
    return made;
  }

  #formOf(told: NewForm): SpanForm {
    const { high, low } = told;
    const known = this.#common.spans.find(high, low);
    if (known) return known;
    const made = new SpanForm(high, low, this.#resources[told.resource] as ResourceForm, told);
    this.#common.spans.set(high, low, made);
    return made;
  }
}

/** How one span is read in full. */
function readerOf(
  { isScanned, records }: { readonly isScanned: boolean; readonly records: readonly NumberedRecord[] },
  body: Uint8Array,
  { from, to }: { readonly from: Uint32Array; readonly to: Uint32Array },
): SpanBatch['recordOf'] {
  if (isScanned) return (row) => readSpanAt(body, from[row] as number, to[row] as number);
  let known: ReadonlyMap<number, NumberedRecord['record']> | undefined;
  return (row) => {
    known ??= new Map(records.map((each) => [each.row, each.record]));
    const record = known.get(row);
    if (!record) throw new Error(`span ${row + 1} of a request was not expected to be read in full`);
    return record;
  };
}
