// SPDX-License-Identifier: Apache-2.0
/**
 * A body of traces → its spans as columns, whatever it is encoded in. Most bodies are scanned; JSON, and what is written in no
 * usual way, is read in full.
 */
import { type FormKeeping, KEPT_HERE } from './form-keeping.js';
import { decodeTracesJson } from './otlp-json.js';
import { decodeTracesProtobuf } from './otlp-protobuf.js';
import { RecordForms } from './record-batch.js';
import type { SpanColumns } from './span-columns.js';
import { SpanScanner } from './span-scanner.js';
import { WIRE_LIMITS } from './wire-limits.js';

export class TraceDecoder {
  readonly #scanner: SpanScanner;
  readonly #records: RecordForms;

  constructor(keeping: FormKeeping = KEPT_HERE) {
    this.#scanner = new SpanScanner(WIRE_LIMITS, keeping);
    this.#records = new RecordForms(keeping);
  }

  /**
   * @returns its spans, good until the next call, and what was refused of it
   * @throws PanoramaError PANO_WIRE_MALFORMED where the body is no such request, PANO_WIRE_LIMIT past a bound
   */
  decode(body: Uint8Array, encoding: 'protobuf' | 'json'): SpanColumns {
    if (encoding === 'json') return this.#records.batchOf(decodeTracesJson(body));
    return this.#scanner.scan(body) ?? this.#records.batchOf(decodeTracesProtobuf(body));
  }
}
