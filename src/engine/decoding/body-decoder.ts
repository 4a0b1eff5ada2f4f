// SPDX-License-Identifier: Apache-2.0
/** A decoding thread's work on one body: its spans into columns behind it, and what is new in them into a message. */

import { ID_WORDS } from '../wire/span-batch.js';
import type { SpanColumns } from '../wire/span-columns.js';
import type { SpanForm } from '../wire/span-form.js';
import { TraceDecoder } from '../wire/trace-decoder.js';
import type { DecodedSpans, DecoderSettings, NumberedRecord, ToDecoder } from './decoder-messages.js';
import { FormNumbers } from './form-numbers.js';
import { columnsAt, columnsStart, ROW_BYTES, type SharedColumns } from './shared-columns.js';

export class BodyDecoder {
  readonly #numbers: FormNumbers;
  readonly #decoder: TraceDecoder;

  constructor({ seed, hasOwnRules }: DecoderSettings) {
    const numbers = new FormNumbers(hasOwnRules);
    this.#numbers = numbers;
    this.#decoder = new TraceDecoder({
      seed,
      onSpanForm: (form) => numbers.drop(form),
      onResourceForm: (form) => numbers.dropResource(form),
    });
  }

  /** @throws PanoramaError PANO_WIRE_MALFORMED, PANO_WIRE_LIMIT */
  decode({ encoding, memory, length }: ToDecoder): DecodedSpans {
    const columns = this.#decoder.decode(new Uint8Array(memory, 0, length), encoding);
    const { count, isScanned, rejectedSpans, rejectedMessage } = columns;
    const start = columnsStart(length);
    const fits = start + count * ROW_BYTES <= memory.byteLength;
    const elsewhere = fits ? undefined : new ArrayBuffer(count * ROW_BYTES);
    const into = elsewhere ? columnsAt(elsewhere, 0, count) : columnsAt(memory, start, count);
    const records = this.#fill(into, columns);
    const resources = columns.resources.flatMap(({ resource, from, to }) => [
      this.#numbers.ofResource(resource),
      from,
      to,
    ]);
    return { count, elsewhere, isScanned, records, resources, ...this.#numbers.news(), rejectedSpans, rejectedMessage };
  }

  /** @returns the spans that may be wanted in full, where they cannot be read in the body */
  #fill(into: SharedColumns, columns: SpanColumns): NumberedRecord[] {
    const { count, forms } = columns;
    const records: NumberedRecord[] = [];
    into.endMs.set(columns.endMs.subarray(0, count));
    into.durationMs.set(columns.durationMs.subarray(0, count));
    into.ids.set(columns.ids.subarray(0, count * ID_WORDS));
    into.from.set(columns.from.subarray(0, count));
    into.to.set(columns.to.subarray(0, count));
    for (let row = 0; row < count; row++) {
      const { number, isReadInFull } = this.#numbers.of(forms[row] as SpanForm);
      into.forms[row] = number;
      if (isReadInFull && !columns.isScanned) records.push({ row, record: columns.recordOf(row) });
    }
    return records;
  }
}
