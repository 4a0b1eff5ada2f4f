// SPDX-License-Identifier: Apache-2.0
/** Spans that were read in full stand in rows as scanned ones do, whatever stood there before. */
import { describe, expect, it } from 'vitest';
import { decodeTracesProtobuf } from '../../../src/engine/wire/otlp-protobuf.js';
import { RecordForms } from '../../../src/engine/wire/record-batch.js';
import { SpanScanner } from '../../../src/engine/wire/span-scanner.js';
import { batchOf, spanOf } from '../../support/spans.js';
import { toProtobuf, wireRequest, wireSpan } from './otlp-writer.js';

const idsOf = (forms: RecordForms, ...spans: Parameters<typeof spanOf>) =>
  [...forms.batchOf(batchOf({ resource: {}, spans: [spanOf(...spans)] })).ids].slice(0, 8);

describe('a row', () => {
  it('has nothing of an earlier request where an id is missing: a log record needs no trace', () => {
    const forms = new RecordForms();
    const ids = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), parentSpanId: '3'.repeat(16) };
    const [one, two, three] = [0x11111111, 0x22222222, 0x33333333];
    expect(idsOf(forms, ids)).toEqual([one, one, one, one, two, two, three, three]);
    expect(idsOf(forms, { ...ids, traceId: '', parentSpanId: '' })).toEqual([0, 0, 0, 0, two, two, 0, 0]);
  });

  it('is the same whether its span was read or scanned, and any word of an id may be all that is in it', () => {
    const spans = Array.from({ length: 8 }, (_, word) => {
      const only = (words: number, at: number) =>
        `${'00000000'.repeat(at)}0000000a${'00000000'.repeat(words - 1 - at)}`;
      const ids = {
        traceId: only(4, word % 4),
        spanId: only(2, word % 2),
        parentSpanId: word < 4 ? '' : only(2, word % 2),
      };
      return wireSpan({ ...ids, end: 1_700_000_000_123_456_789n + BigInt(word), start: 1_699_999_999_999_999_999n });
    });
    const body = toProtobuf(wireRequest(...spans));
    const [scanned, read] = [new SpanScanner().scan(body), new RecordForms().batchOf(decodeTracesProtobuf(body))];
    const rows = ({ ids, endMs, durationMs, count }: typeof read) => [
      [...ids.subarray(0, 8 * count)],
      [...endMs.subarray(0, count)],
      [...durationMs.subarray(0, count)],
    ];
    expect(scanned && rows(scanned)).toEqual(rows(read));
    expect(read.count).toBe(8);
  });
});
