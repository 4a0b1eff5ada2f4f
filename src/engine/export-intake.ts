// SPDX-License-Identifier: Apache-2.0
/**
 * What stands behind the receivers: a body → a batch → the engine, in the receivers' own thread. An answer adds up what
 * the decoder refused and what the engine did.
 */
import type { Engine } from './engine.js';
import type { ExportRequest, ExportResult, ExportSink } from './ingest/export-sink.js';
import { decodeTracesJson } from './wire/otlp-json.js';
import { decodeTracesProtobuf } from './wire/otlp-protobuf.js';

export class ExportIntake implements ExportSink {
  readonly #engine: Pick<Engine, 'accept'>;

  constructor(engine: Pick<Engine, 'accept'>) {
    this.#engine = engine;
  }

  take({ encoding, body }: ExportRequest): ExportResult {
    const batch = encoding === 'json' ? decodeTracesJson(body) : decodeTracesProtobuf(body);
    const { rejected, message } = this.#engine.accept(batch);
    return {
      rejected: batch.rejectedSpans + rejected,
      message: [batch.rejectedMessage, message].filter((each) => each !== '').join('; '),
    };
  }
}
