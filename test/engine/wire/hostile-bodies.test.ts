// SPDX-License-Identifier: Apache-2.0
/**
 * Bodies of 4 MiB made to cost more than they weigh. Each must be done with in linear time, and leave little behind. The
 * time allowed is a hundred times what is measured: only work that grows faster than the body exceeds it.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { decodeTracesJson } from '../../../src/engine/wire/otlp-json.js';
import { decodeTracesProtobuf } from '../../../src/engine/wire/otlp-protobuf.js';
import type { TraceBatch } from '../../../src/engine/wire/trace-batch.js';
import { anyValueBytes, field, flatten, hexBytes, jsonBytes, tag, varint } from './otlp-writer.js';

const BODY_BYTES = 4 * 1024 * 1024;
const DECODE_MS_MAX = 8000;
/** Measured at most 4.5 times the body: 65,536 spans of the least size. */
const RETAINED_BYTES_MAX = 10 * BODY_BYTES;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const TRACE_ID = '01'.repeat(16);
const SPAN_ID = '02'.repeat(8);
const IDS = Buffer.from(flatten([field(1, hexBytes(TRACE_ID)), field(2, hexBytes(SPAN_ID))]));

function repeat(unit: Uint8Array | string, bytes: number): Buffer {
  return Buffer.alloc(Math.floor(bytes / unit.length) * unit.length, unit);
}

function within(fieldNumber: number, ...content: readonly Buffer[]): Buffer {
  const all = Buffer.concat(content);
  return Buffer.concat([Buffer.from([...tag(fieldNumber, 2), ...varint(all.length)]), all]);
}

/** A request of one span with this after its ids. */
const span = (...content: readonly Buffer[]): Buffer => within(1, within(2, within(2, IDS, ...content)));
const attribute = (key: string, text: string): Buffer =>
  Buffer.from(flatten(field(9, [field(1, key), field(2, anyValueBytes({ string: text }))])));

const PROTOBUF: Readonly<Record<string, () => Buffer>> = {
  'empty resources': () => repeat(Uint8Array.of(0x0a, 0), BODY_BYTES),
  'the smallest spans': () => within(1, within(2, repeat(within(2, IDS), 65_536 * (IDS.length + 2)))),
  'the smallest spans, each in a resource of its own': () =>
    repeat(within(1, within(2, within(2, IDS))), BODY_BYTES / 2),
  'spans that keep two texts': () =>
    within(1, within(2, repeat(within(2, IDS, attribute('db.system', 'é'), attribute('http.url', 'ü')), BODY_BYTES))),
  'one attribute over and over': () => span(repeat(attribute('db.system', 'é'), BODY_BYTES)),
  'an array of nothing': () =>
    span(
      within(9, within(1, Buffer.from('db.system')), within(2, within(5, repeat(Uint8Array.of(0x0a, 0), BODY_BYTES)))),
    ),
  'one link over and over': () => span(repeat(within(13, IDS), BODY_BYTES)),
  'a name of the whole body': () => span(within(5, repeat('é', BODY_BYTES))),
};

const SPANS = '{"resourceSpans":[{"scopeSpans":[{"spans":[';
const ENDS = ']}]}]}';
const SPAN = `{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}"`;
const json = (head: string, unit: string, tail: string): Buffer =>
  Buffer.concat([jsonBytes(head), repeat(unit, BODY_BYTES), jsonBytes(tail)]);

const JSON_BODIES: Readonly<Record<string, () => Buffer>> = {
  'empty objects that are passed over': () => json('{"x":[', '{},', '0]}'),
  'empty resources': () => json('{"resourceSpans":[', '{},', '{}]}'),
  'small spans': () => json(SPANS, `${SPAN}},`, `{}${ENDS}`),
  'a name of escapes': () => json(`${SPANS}${SPAN},"name":"`, '\\u00e9', `"}${ENDS}`),
  'a key of escapes': () => json('{"', '\\"', '":1}'),
  'a number of the whole body': () => json(`${SPANS}${SPAN},"startTimeUnixNano":1`, '1', `}${ENDS}`),
  'text that might be a number': () => json(`${SPANS}${SPAN},"startTimeUnixNano":"1`, '1', `"}${ENDS}`),
};

function checkCost(decode: (bytes: Uint8Array) => TraceBatch, body: Buffer): void {
  collectGarbage();
  const heapBytes = process.memoryUsage().heapUsed;
  const started = performance.now();
  const batch = decode(body);
  expect(performance.now() - started).toBeLessThan(DECODE_MS_MAX);
  collectGarbage();
  expect(process.memoryUsage().heapUsed - heapBytes).toBeLessThan(RETAINED_BYTES_MAX);
  expect(batch.spanCount + batch.rejectedSpans).toBeLessThanOrEqual(65_536);
}

describe('a body of protobuf', () => {
  it.each(Object.keys(PROTOBUF))('of %s is cheap', (name) => {
    checkCost(decodeTracesProtobuf, PROTOBUF[name]?.() as Buffer);
  });
});

describe('a body of JSON', () => {
  it.each(Object.keys(JSON_BODIES))('of %s is cheap', (name) => {
    checkCost(decodeTracesJson, JSON_BODIES[name]?.() as Buffer);
  });
});
