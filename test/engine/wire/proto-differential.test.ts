// SPDX-License-Identifier: Apache-2.0
/**
 * The decoders against the protocol's own definition: whatever request of every field and kind of value is drawn, encoded by
 * somebody else's protobuf and then written in any order with fields that nobody knows, is read as it was meant, and the
 * same from JSON and by scanning.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTracesJson } from '../../../src/engine/wire/otlp-json.js';
import { decodeTracesProtobuf } from '../../../src/engine/wire/otlp-protobuf.js';
import { SpanScanner } from '../../../src/engine/wire/span-scanner.js';
import { WIRE_LIMITS } from '../../../src/engine/wire/wire-limits.js';
import { READ_ATTRIBUTES } from '../../../src/model/attributes.js';
import type { ResourceSpans, SpanRecord } from '../../../src/model/span.js';
import { Chance } from '../../fuzz/chance.js';
import { parseMessage, shuffled, writeMessage } from '../../fuzz/message-tree.js';
import { Scratch } from '../../fuzz/scratch.js';
import { decodeByLibrary, encodeByLibrary } from './otlp-proto.js';
import { jsonBytes } from './otlp-writer.js';

/** Text that might be a message of protobuf is ASCII, and so it stays when it is shuffled like one. */
const text = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }).map((value) => `\0${Buffer.from(value)}`),
);
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const uint64 = fc
  .oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.constantFrom(0n, 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n))
  .map(String);
const int64 = fc
  .oneof(
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    fc.constantFrom(-1n, 0n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n),
  )
  .map(String);
const id = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .filter((bytes) => bytes.some((byte) => byte !== 0))
    .map(hexOf);
const double = fc.double().map((value) => (Object.is(value, -0) ? 0 : value));
const scalar = fc.oneof(
  text.map((stringValue) => ({ stringValue })),
  fc.boolean().map((boolValue) => ({ boolValue })),
  int64.map((intValue) => ({ intValue })),
  double.map((doubleValue) => ({ doubleValue })),
);
type Json = Record<string, unknown>;
const { value, keyValue } = fc.letrec<{ value: Json; keyValue: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.constant({}),
    fc.uint8Array({ maxLength: 5 }).map((bytes) => ({ bytesValue: Buffer.from(bytes).toString('base64') })),
    fc.array(tie('value'), { maxLength: 4 }).map((values) => ({ arrayValue: { values } })),
    fc.array(tie('keyValue'), { maxLength: 3 }).map((values) => ({ kvlistValue: { values } })),
  ),
  keyValue: fc.record({ key: text, value: tie('value') }),
}));
const READ = [...READ_ATTRIBUTES];
/** Each name once: of names that come twice `otlp-protobuf.test.ts` says what counts. */
const attributes = fc
  .tuple(
    fc.uniqueArray(fc.record({ key: fc.constantFrom(...READ), value }), { maxLength: 6, selector: ({ key }) => key }),
    fc.array(keyValue, { maxLength: 2 }),
  )
  .map(([read, others]) => [...read, ...others.filter((each) => !READ_ATTRIBUTES.has(each['key'] as string))]);
const dropped = { droppedAttributesCount: uint32 };
const event = fc.record({
  timeUnixNano: uint64,
  name: fc.constantFrom('exception', 'message', ''),
  attributes,
  ...dropped,
});
const link = fc.record({ traceId: id(16), spanId: id(8), traceState: text, attributes, ...dropped, flags: uint32 });
const span = fc.record({
  ...{ traceId: id(16), spanId: id(8), traceState: text, parentSpanId: fc.oneof(id(8), fc.constant('')), name: text },
  kind: fc.integer({ min: 0, max: 5 }),
  ...{ startTimeUnixNano: uint64, endTimeUnixNano: uint64, attributes, droppedAttributesCount: uint32 },
  ...{ events: fc.array(event, { maxLength: 3 }), droppedEventsCount: uint32 },
  ...{ links: fc.array(link, { maxLength: WIRE_LIMITS.linkCountMax }), droppedLinksCount: uint32 },
  status: fc.record({ message: text, code: fc.integer({ min: 0, max: 2 }) }),
  flags: uint32,
});
const scope = fc.record({ name: text, version: text, attributes, ...dropped });
const entityRef = fc.record({ schemaUrl: text, type: text, idKeys: fc.array(text), descriptionKeys: fc.array(text) });
const scopeSpans = fc.record({ scope, spans: fc.array(span, { minLength: 1, maxLength: 3 }), schemaUrl: text });
const resourceSpans = fc.record({
  resource: fc.record({ attributes, ...dropped, entityRefs: fc.array(entityRef, { maxLength: 2 }) }),
  scopeSpans: fc.array(scopeSpans, { minLength: 1, maxLength: 2 }),
  schemaUrl: text,
});
const request = fc.record({ resourceSpans: fc.array(resourceSpans, { maxLength: 3 }) });
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;
type SpanJson = Request['resourceSpans'][number]['scopeSpans'][number]['spans'][number];

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const IDS = ['traceId', 'spanId', 'parentSpanId'];

/** The same with each id spelled otherwise: the library takes base64 where OTLP's JSON has hex. */
function respelled(each: unknown, from: BufferEncoding, to: BufferEncoding): unknown {
  if (Array.isArray(each)) return each.map((item) => respelled(item, from, to));
  if (typeof each !== 'object' || each === null) return each;
  return Object.fromEntries(
    Object.entries(each).map(([key, item]) => [
      key,
      IDS.includes(key) ? Buffer.from(item as string, from).toString(to) : respelled(item, from, to),
    ]),
  );
}

const encode = (drawn: Request): Uint8Array => encodeByLibrary(respelled(drawn, 'hex', 'base64') as object);

/** OTLP's JSON: what is not finite is a word. */
function toJson(requestJson: Request): Uint8Array {
  return jsonBytes(
    JSON.stringify(requestJson, (key, each) => (key === 'doubleValue' && !Number.isFinite(each) ? String(each) : each)),
  );
}

/** What should be read, from the fields as they were drawn. */
function expected({ resourceSpans: all }: Request): ResourceSpans[] {
  return all.map((each) => ({
    resource: plainOf(each.resource.attributes, READ_ATTRIBUTES),
    spans: each.scopeSpans.flatMap(({ spans }) => spans.map(recordOf)),
  }));
}

function recordOf(one: SpanJson): SpanRecord {
  const start = BigInt(one.startTimeUnixNano);
  const end = BigInt(one.endTimeUnixNano);
  const exception = one.events.findLast(({ name }) => name === 'exception');
  return {
    ...{ traceId: one.traceId, spanId: one.spanId, parentSpanId: one.parentSpanId, name: one.name },
    kind: one.kind as SpanRecord['kind'],
    attributes: plainOf(one.attributes, READ_ATTRIBUTES),
    statusCode: one.status.code as SpanRecord['statusCode'],
    statusMessage: one.status.message,
    exception: exception && {
      type: wordOf(plainOf(exception.attributes, READ_ATTRIBUTES)['exception.type']),
      message: wordOf(plainOf(exception.attributes, READ_ATTRIBUTES)['exception.message']),
    },
    durationMs: start > 0n && end > start ? Number(end - start) / 1e6 : 0,
    ...{ startUnixNano: start, endUnixNano: end },
    links: one.links.map(({ traceId, spanId }) => ({ traceId, spanId })),
  };
}

const wordOf = (each: unknown): string =>
  typeof each === 'string' ? each : typeof each === 'number' && Number.isFinite(each) ? String(each) : '';

function plainOf(all: readonly Json[], names: ReadonlySet<string>): SpanRecord['attributes'] {
  const kept = all.map((each) => [each['key'] as string, plain(each['value'] as Json, true)] as const);
  return Object.fromEntries(
    kept.filter(([key, each]) => names.has(key) && each !== undefined),
  ) as SpanRecord['attributes'];
}

function plain(each: Json, arrays: boolean): unknown {
  if ('intValue' in each) {
    const number = Number(each['intValue']);
    return Number.isSafeInteger(number) ? number : each['intValue'];
  }
  if ('arrayValue' in each && arrays) {
    return (each['arrayValue'] as { values: Json[] }).values.map((item) => plain(item, false) ?? null);
  }
  return each['stringValue'] ?? each['boolValue'] ?? each['doubleValue'];
}

describe('a request of every field that the protocol has', () => {
  it('is read as it was meant, from both encodings', () => {
    fc.assert(
      fc.property(request, (drawn) => {
        const batch = decodeTracesProtobuf(encode(drawn));
        expect(batch.resources).toEqual(expected(drawn));
        expect(batch.rejectedSpans).toBe(0);
        expect(decodeTracesJson(toJson(drawn))).toEqual(batch);
      }),
      { numRuns: 300 },
    );
  });

  it('is the same in whatever order its fields come, and with fields that nobody knows', () => {
    const chance = new Chance();
    const scratch = new Scratch();
    fc.assert(
      fc.property(request, fc.nat(), (drawn, seed) => {
        const bytes = encode(drawn);
        chance.restart(seed, 0);
        scratch.length = 0;
        const unknown = { number: 100 + chance.below(1000), varint: BigInt(seed), inner: undefined, asRead: undefined };
        const fields = [
          ...shuffled(parseMessage(bytes) ?? [], chance),
          { ...unknown, wireType: 0, bytes: new Uint8Array() },
          { ...unknown, wireType: 1, bytes: new Uint8Array(8) },
          { ...unknown, wireType: 5, bytes: new Uint8Array(4) },
          { ...unknown, wireType: 2, bytes: new Uint8Array(3) },
        ];
        writeMessage(scratch, fields, { of: new Map(), within: new Set() });
        const shuffledBytes = scratch.view();
        // Order of repeated fields counts, so the library is asked what the bytes now say.
        const said = respelled(decodeByLibrary(shuffledBytes), 'base64', 'hex') as Request;
        expect(decodeTracesProtobuf(shuffledBytes).resources).toEqual(expected(said));
      }),
      { numRuns: 300 },
    );
  });

  it('is read by scanning as in full, where it is scanned at all', () => {
    const scanner = new SpanScanner();
    let scanned = 0;
    fc.assert(
      fc.property(request, (drawn) => {
        const batch = scanner.scan(encode(drawn));
        if (!batch) return;
        scanned++;
        const records = Array.from({ length: batch.count }, (_, row) => batch.recordOf(row));
        expect(records).toEqual(expected(drawn).flatMap(({ spans }) => spans));
        expect(batch.resources.map(({ resource }) => resource.attributes)).toEqual(
          expected(drawn).map(({ resource }) => resource),
        );
      }),
      { numRuns: 300 },
    );
    expect(scanned).toBeGreaterThan(10);
  });
});
