// SPDX-License-Identifier: Apache-2.0
/** Spans that were read in full, as the columns that scanned ones come in: the same forms, found by what the records say. */
import type { Attributes } from '../../model/attributes.js';
import { Fingerprint } from '../../model/fingerprint.js';
import { FingerprintTable } from '../../model/fingerprint-table.js';
import { writeHex } from '../../model/hex.js';
import type { SpanRecord } from '../../model/span.js';
import { type FormKeeping, KEPT_HERE } from './form-keeping.js';
import { ID_WORDS } from './span-batch.js';
import { SpanColumns } from './span-columns.js';
import { ResourceForm, SpanForm } from './span-form.js';
import { isServedKind, Role, roleOf } from './steady-attributes.js';
import type { TraceBatch } from './trace-batch.js';
import { urlForm } from './url-form.js';

/** Forms in a generation: records come where few spans do, or odd ones. */
export const RECORD_FORMS_MAX = 20_000;
const RESOURCE_FORMS_MAX = 5_000;

export class RecordForms {
  readonly #seed: number;
  readonly #spanForms: FingerprintTable<SpanForm>;
  readonly #resourceForms: FingerprintTable<ResourceForm>;
  readonly #fingerprint = new Fingerprint();
  readonly #columns = new SpanColumns();

  constructor({ seed, onSpanForm, onResourceForm }: FormKeeping = KEPT_HERE) {
    this.#seed = seed;
    this.#spanForms = new FingerprintTable(RECORD_FORMS_MAX, onSpanForm);
    this.#resourceForms = new FingerprintTable(RESOURCE_FORMS_MAX, onResourceForm);
  }

  /** The spans of a request, good until the next call. */
  batchOf({ resources, rejectedSpans, rejectedMessage }: TraceBatch): SpanColumns {
    const columns = this.#columns;
    const records: SpanRecord[] = [];
    columns.begin((row) => records[row] as SpanRecord, false);
    columns.rejectedSpans = rejectedSpans;
    columns.rejectedMessage = rejectedMessage;
    for (const { resource, spans } of resources) {
      const form = this.#resourceForm(resource);
      for (const span of spans) {
        const row = columns.next();
        writeHex(columns.ids, row * ID_WORDS, span.traceId.padEnd(32, '0'));
        writeHex(columns.ids, row * ID_WORDS + 4, span.spanId);
        writeHex(columns.ids, row * ID_WORDS + 6, span.parentSpanId.padEnd(16, '0'));
        columns.endMs[row] = Number(span.endUnixNano) / 1e6;
        columns.durationMs[row] = span.durationMs;
        records.push(span);
        columns.keep(this.#spanForm(form, span));
      }
      columns.endResource(form);
    }
    return columns;
  }

  #resourceForm(attributes: Attributes): ResourceForm {
    this.#fingerprint.begin(this.#seed, ~this.#seed);
    for (const [name, value] of Object.entries(attributes)) this.#note(name, value);
    const { high, low } = this.#fingerprint;
    const known = this.#resourceForms.find(high, low);
    if (known) return known;
    const made = new ResourceForm(high, low, attributes);
    this.#resourceForms.set(high, low, made);
    return made;
  }

  #spanForm(resource: ResourceForm, span: SpanRecord): SpanForm {
    const fingerprint = this.#fingerprint;
    const isServed = isServedKind(span.kind);
    fingerprint.begin(resource.high, resource.low);
    fingerprint.word(span.kind);
    fingerprint.word(~span.statusCode);
    fingerprint.text(span.name);
    for (const name of Object.keys(span.attributes)) {
      const value = span.attributes[name];
      const role = roleOf(name, isServed);
      if (role === Role.STEADY) this.#note(name, value);
      else if (role !== Role.ELSEWHERE) {
        this.#note(name, typeof value === 'string' ? urlForm(value, role === Role.WHOLE_URL) : value);
      }
    }
    const { high, low } = fingerprint;
    const known = this.#spanForms.find(high, low);
    if (known) return known;
    const made = new SpanForm(high, low, resource, span);
    this.#spanForms.set(high, low, made);
    return made;
  }

  #note(name: string, value: Attributes[string]): void {
    if (value === undefined) return;
    this.#fingerprint.text(name);
    // What is text is another value than what is spelled like it.
    this.#fingerprint.word(typeof value === 'string' ? 1 : 0);
    this.#fingerprint.text(typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
}
