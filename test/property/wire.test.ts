// SPDX-License-Identifier: Apache-2.0
/**
 * Whatever bytes arrive, a decoder returns a batch or throws a `PanoramaError`, soon and in little memory; and whatever
 * spans are sent arrive as they were, the same from either encoding.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonReader } from '../../src/engine/wire/json-reader.js';
import { decodeTracesJson } from '../../src/engine/wire/otlp-json.js';
import { decodeTracesProtobuf } from '../../src/engine/wire/otlp-protobuf.js';
import type { TraceBatch } from '../../src/engine/wire/trace-batch.js';
import { READ_ATTRIBUTES } from '../../src/model/attributes.js';
import { PanoramaError } from '../../src/model/errors.js';
import { LINK_COUNT_MAX } from '../../src/model/limits.js';
import {
  type AnyValue,
  flatten,
  jsonBytes,
  type KeyValue,
  tag,
  toJson,
  toProtobuf,
  varint,
  type WireResource,
  type WireSpan,
  wireRequest,
  wireSpan,
} from '../engine/wire/otlp-writer.js';

const DECODERS: readonly [
  string,
  (bytes: Uint8Array) => TraceBatch,
  (request: readonly WireResource[]) => Uint8Array,
][] = [
  ['protobuf', decodeTracesProtobuf, toProtobuf],
  ['JSON', decodeTracesJson, toJson],
];

const hex = (byteCount: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: byteCount, maxLength: byteCount })
    .filter((bytes) => bytes.some((byte) => byte !== 0))
    .map((bytes) => Buffer.from(bytes).toString('hex'));
const text = fc.string({ unit: 'binary', maxLength: 80 }).map((value) => Buffer.from(value).toString());
const int64 = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-300n, 300n));
const uint64 = fc.oneof(
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.bigInt(1_700_000_000_000_000_000n, 1_700_000_100_000_000_000n),
);
// JSON writes -0 as 0, so it is the one double that cannot make the trip.
const double = fc.double().map((value) => (Object.is(value, -0) ? 0 : value));
const scalar: fc.Arbitrary<AnyValue> = fc.oneof(
  text.map((value) => ({ string: value })),
  fc.boolean().map((value) => ({ bool: value })),
  int64.map((value) => ({ int: value })),
  double.map((value) => ({ double: value })),
);
const anyValue = fc.letrec<{ value: AnyValue; keyValue: KeyValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.constant({}),
    fc.array(fc.nat(255), { maxLength: 5 }).map((bytes) => ({ bytes })),
    fc.array(tie('value'), { maxLength: 5 }).map((array) => ({ array })),
    fc.array(tie('keyValue'), { maxLength: 3 }).map((kvlist) => ({ kvlist })),
  ),
  keyValue: fc.record({ key: text, value: tie('value') }),
}));
const key = fc.oneof(
  fc.constantFrom(...READ_ATTRIBUTES),
  text,
  fc.constantFrom('__proto__', 'constructor', 'http.rout'),
);
const attributes = fc.array(fc.record({ key, value: anyValue.value }), { maxLength: 6 });
const event = fc.record({ name: fc.constantFrom('exception', 'message', ''), attributes });
const span: fc.Arbitrary<WireSpan> = fc.record({
  traceId: fc.oneof({ weight: 9, arbitrary: hex(16) }, hex(15), fc.constant('')),
  spanId: fc.oneof({ weight: 9, arbitrary: hex(8) }, fc.constant('0'.repeat(16))),
  parentSpanId: fc.oneof({ weight: 9, arbitrary: hex(8) }, fc.constant(''), hex(3)),
  name: text,
  kind: fc.integer({ min: -1, max: 7 }),
  start: uint64,
  end: uint64,
  attributes,
  events: fc.array(event, { maxLength: 3 }),
  links: fc.array(fc.record({ traceId: hex(16), spanId: fc.oneof(hex(8), fc.constant('')) }), { maxLength: 6 }),
  statusCode: fc.integer({ min: -1, max: 4 }),
  statusMessage: text,
});
const request: fc.Arbitrary<WireResource[]> = fc.array(
  fc.record({ attributes, spans: fc.array(span, { maxLength: 4 }) }),
  { maxLength: 3 },
);

/** Decodes, and fails unless that ends in a batch or in a `PanoramaError` that says where. */
function outcome(decode: (bytes: Uint8Array) => TraceBatch, bytes: Uint8Array): TraceBatch | PanoramaError {
  try {
    const batch = decode(bytes);
    expect(batch.spanCount).toBe(batch.resources.reduce((sum, { spans }) => sum + spans.length, 0));
    expect(batch.rejectedMessage === '').toBe(batch.rejectedSpans === 0);
    return batch;
  } catch (error) {
    expect(error).toBeInstanceOf(PanoramaError);
    expect((error as PanoramaError).code).toMatch(/^PANO_WIRE_(MALFORMED|LIMIT)$/);
    expect((error as PanoramaError).message).toMatch(/ at byte \d+: .*; send |; (make|flatten) /);
    return error as PanoramaError;
  }
}

describe.each(DECODERS)('any bytes sent as %s', (_, decode, encode) => {
  it('end in a batch or a typed error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void outcome(decode, bytes)));
  });

  it('end so when a valid request is cut off at any offset', () => {
    fc.assert(
      fc.property(request, (resources) => {
        const bytes = encode(resources);
        for (let length = 0; length < bytes.length; length += 1 + (bytes.length >> 8)) {
          outcome(decode, bytes.subarray(0, length));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('end so when bytes of a valid request are changed', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff, 0x22)) });
    fc.assert(
      fc.property(request, fc.array(change, { minLength: 1, maxLength: 8 }), (resources, changes) => {
        const bytes = encode(resources);
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        outcome(decode, bytes);
      }),
      { numRuns: 300 },
    );
  });

  it('end so when parts of two valid requests are spliced', () => {
    fc.assert(
      fc.property(request, request, fc.nat(), fc.nat(), fc.nat(), (one, other, from, at, length) => {
        const into = encode(one);
        const donor = encode(other);
        const start = from % (donor.length + 1);
        const part = donor.subarray(start, start + (length % 200));
        const cut = at % (into.length + 1);
        outcome(decode, Uint8Array.from([...into.subarray(0, cut), ...part, ...into.subarray(cut)]));
      }),
      { numRuns: 200 },
    );
  });

  it('decode to the same twice, and are not changed by it', () => {
    fc.assert(
      fc.property(request, (resources) => {
        const bytes = encode(resources);
        const before = bytes.slice();
        expect(decode(bytes)).toEqual(decode(bytes));
        expect(bytes).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });
});

it('a length prefix of any size, anywhere, is met with a typed error or is within the message', () => {
  const bytes = toProtobuf(wireRequest(wireSpan({ attributes: [{ key: 'http.route', value: { string: '/a' } }] })));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.bigInt(0n, 2n ** 64n - 1n), fc.nat(20), (at, length, fieldNumber) => {
      const prefix = flatten([tag(fieldNumber + 1, 2), varint(length)]);
      outcome(decodeTracesProtobuf, Uint8Array.from([...bytes.subarray(0, at), ...prefix, ...bytes.subarray(at)]));
    }),
    { numRuns: 500 },
  );
});

it('any spans arrive the same from either encoding', () => {
  fc.assert(
    fc.property(request, (resources) => {
      expect(decodeTracesJson(toJson(resources))).toEqual(decodeTracesProtobuf(toProtobuf(resources)));
    }),
    { numRuns: 300 },
  );
});

it('valid spans arrive as they were sent', () => {
  const scalars = fc.array(fc.record({ key: fc.constantFrom(...READ_ATTRIBUTES), value: scalar }), { maxLength: 6 });
  const valid = fc.record({ valid: hex(16), span: hex(8), times: fc.tuple(uint64, uint64), rest: span, scalars });
  fc.assert(
    fc.property(fc.array(valid, { minLength: 1, maxLength: 5 }), (drafts) => {
      const sent = drafts.map(
        (draft): WireSpan => ({
          ...draft.rest,
          traceId: draft.valid,
          spanId: draft.span,
          parentSpanId: '',
          attributes: draft.scalars,
          start: draft.times[0],
          end: draft.times[1],
        }),
      );
      const batch = decodeTracesProtobuf(toProtobuf(wireRequest(...sent)));
      expect(batch.rejectedSpans).toBe(0);
      expect(batch.resources[0]?.spans).toEqual(
        sent.map((one) => ({
          traceId: one.traceId,
          spanId: one.spanId,
          parentSpanId: '',
          name: one.name,
          kind: one.kind >= 0 && one.kind <= 5 ? one.kind : 0,
          startUnixNano: one.start,
          endUnixNano: one.end,
          durationMs: one.start > 0n && one.end > one.start ? Number(one.end - one.start) / 1e6 : 0,
          attributes: Object.fromEntries(one.attributes.map(({ key, value }) => [key, plain(value)])),
          exception: exceptionOf(one),
          links: one.links.filter((link) => link.spanId !== '').slice(0, LINK_COUNT_MAX),
          statusCode: one.statusCode >= 0 && one.statusCode <= 2 ? one.statusCode : 0,
          statusMessage: one.statusMessage,
        })),
      );
    }),
    { numRuns: 200 },
  );
});

it('the JSON reader takes exactly the documents that JSON.parse takes', () => {
  const document = fc.oneof(
    fc.json(),
    fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([json, at, inserted]) => {
      const cut = at % (json.length + 1);
      return json.slice(0, cut) + inserted + json.slice(cut);
    }),
    fc
      .array(fc.constantFrom(...'{}[]:,"\\u0e1+-. tn', 'true', 'null'), { maxLength: 12 })
      .map((parts) => parts.join('')),
  );
  const takes = (read: () => void): boolean => {
    try {
      read();
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(document, (json) => {
      const taken = takes(() => {
        const reader = new JsonReader(jsonBytes(json), 1000);
        reader.skip();
        reader.finish();
      });
      expect(taken).toBe(takes(() => JSON.parse(Buffer.from(json).toString())));
    }),
    { numRuns: 3000 },
  );
});

function plain(value: AnyValue): unknown {
  if (!('int' in value)) return Object.values(value)[0];
  const number = Number(value.int);
  return Number.isSafeInteger(number) ? number : String(value.int);
}

function exceptionOf(span: WireSpan): unknown {
  const last = span.events.findLast((event) => event.name === 'exception');
  if (last === undefined) return undefined;
  const textOf = (name: string): unknown => {
    const named = last.attributes.filter(({ key, value }) => key === name && isKept(value)).at(-1)?.value ?? {};
    return 'bool' in named || 'array' in named ? '' : String(Object.values(named)[0] ?? '');
  };
  return { type: textOf('exception.type'), message: textOf('exception.message') };
}

/** Whether a value replaces an earlier one of its name: maps, bytes and nothing do not. */
function isKept(value: AnyValue): boolean {
  return !('kvlist' in value || 'bytes' in value) && Object.keys(value).length > 0;
}
