// SPDX-License-Identifier: Apache-2.0
/** What a thread says of its forms is understood as it was meant, and what it has forgotten is forgotten. */
import { describe, expect, it } from 'vitest';
import { BodyDecoder } from '../../../src/engine/decoding/body-decoder.js';
import type { DecodedSpans } from '../../../src/engine/decoding/decoder-messages.js';
import { CommonForms, FormMirror } from '../../../src/engine/decoding/form-mirror.js';
import { RECORD_FORMS_MAX } from '../../../src/engine/wire/record-batch.js';
import type { SpanBatch } from '../../../src/engine/wire/span-batch.js';
import { toJson, toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';

const SETTINGS = { seed: 7, hasOwnRules: false };
const ROOM_BYTES = 1024;

/** A body as it lies in memory, with so much room behind it. */
function inMemory(body: Uint8Array, room: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(body.length + room);
  new Uint8Array(memory).set(body);
  return memory;
}

/** A thread's decoder and its mirror, with what is said between them copied as between threads. */
class Pair {
  readonly mirror: FormMirror;
  readonly #decoder = new BodyDecoder(SETTINGS);

  constructor(common: CommonForms = new CommonForms()) {
    this.mirror = new FormMirror(common);
  }

  read(encoding: 'protobuf' | 'json', body: Uint8Array, room: number = ROOM_BYTES): SpanBatch {
    const memory = inMemory(body, room);
    const said = this.#decoder.decode({ encoding, memory, length: body.length });
    return this.mirror.batchOf(structuredClone<DecodedSpans>(said), memory, body.length);
  }
}

/** Spans of forms that nobody has seen, and one that everybody has. */
function newForms(from: number, count: number): ReturnType<typeof wireRequest> {
  const spans = Array.from({ length: count }, (_, index) => wireSpan({ name: `operation ${from + index}` }));
  return wireRequest(...spans, wireSpan({ name: 'the same' }));
}

const namesIn = ({ forms, count }: SpanBatch): string[] => forms.slice(0, count).map(({ name }) => name);
const namesOf = (from: number, count: number): string[] => [
  ...Array.from({ length: count }, (_, index) => `operation ${from + index}`),
  'the same',
];

describe('the mirror of a thread’s forms', () => {
  it.each([
    ['many requests with some new forms each', 30, 4000],
    ['requests with more new forms than are ever kept', 3, 45_000],
  ])('is bounded, and right, for %s', { timeout: 120_000 }, (_, requests, perRequest) => {
    const pair = new Pair();
    let most = 0;
    for (let number = 0; number < requests; number++) {
      const batch = pair.read('json', toJson(newForms(number * perRequest, perRequest)));
      expect(namesIn(batch)).toEqual(namesOf(number * perRequest, perRequest));
      expect(batch.resources).toMatchObject([{ resource: { attributes: { 'service.name': 'nn1' } }, from: 0 }]);
      most = Math.max(most, pair.mirror.count);
    }
    expect(requests * perRequest).toBeGreaterThan(2 * RECORD_FORMS_MAX);
    expect(most).toBeGreaterThan(RECORD_FORMS_MAX / 2);
    expect(most).toBeLessThanOrEqual(2 * RECORD_FORMS_MAX);
  });

  it('has one form for what two threads have met', () => {
    const common = new CommonForms();
    const body = toProtobuf(newForms(0, 3));
    const [one, other] = [new Pair(common), new Pair(common)];
    const first = [...one.read('protobuf', body).forms.slice(0, 4)];
    const second = other.read('protobuf', body).forms;
    for (const [row, form] of first.entries()) expect(second[row]).toBe(form);
  });

  it.each(['protobuf', 'json'] as const)(
    'reads a failing span in full, from %s, wherever the columns are',
    (encoding) => {
      const failing = wireSpan({ statusCode: 2, statusMessage: 'connection refused', attributes: [] });
      const request = wireRequest(wireSpan({ name: 'GET' }), failing);
      const body = encoding === 'json' ? toJson(request) : toProtobuf(request);
      for (const room of [0, ROOM_BYTES]) {
        const batch = new Pair().read(encoding, body, room);
        expect(batch.recordOf(1)).toMatchObject({ statusMessage: 'connection refused', spanId: failing.spanId });
        expect([...batch.durationMs.slice(0, 2)]).toEqual([12.5, 12.5]);
      }
    },
  );
});
