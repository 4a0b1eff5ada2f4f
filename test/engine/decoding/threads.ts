// SPDX-License-Identifier: Apache-2.0
/** Decoding threads for tests, of the built program, and requests as bytes for them. */
import { afterEach } from 'vitest';
import { DecoderThreads, type DecoderThreadsOptions } from '../../../src/engine/decoding/decoder-threads.js';
import type { Attributes } from '../../../src/model/attributes.js';
import { systemClock } from '../../../src/model/clock.js';
import type { SpanRecord } from '../../../src/model/span.js';
import type { AnyValue, KeyValue, WireSpan } from '../wire/otlp-writer.js';

/** A thread knows no TypeScript. */
export const PROGRAM = new URL('../../../dist/engine/decoding/decoder-program.js', import.meta.url);

const BYTES_PER_MIB = 1024 * 1024;

const running: DecoderThreads[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((threads) => threads.close()));
});

/** Threads to which every body is worth the way. They end with the test. */
export async function startThreads(given: Partial<DecoderThreadsOptions> = {}): Promise<DecoderThreads> {
  const threads = await DecoderThreads.start({
    count: 1,
    hasOwnRules: false,
    bodyBytesMax: 4 * BYTES_PER_MIB,
    bytesInFlightMax: 64 * BYTES_PER_MIB,
    clock: systemClock,
    program: PROGRAM,
    worthwhileBytes: 0,
    ...given,
  });
  running.push(threads);
  return threads;
}

/** A span as it is written to the wire. */
export function wireSpanOf(span: SpanRecord): WireSpan {
  const { traceId, spanId, parentSpanId, name, kind, statusCode, statusMessage, links } = span;
  return {
    ...{ traceId, spanId, parentSpanId, name, kind, statusCode, statusMessage, links },
    start: span.startUnixNano,
    end: span.endUnixNano,
    attributes: keyValuesOf(span.attributes),
    events: [],
  };
}

export function keyValuesOf(attributes: Attributes): KeyValue[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValueOf(value) }],
  );
}

function anyValueOf(value: NonNullable<Attributes[string]>): AnyValue {
  if (typeof value === 'string') return { string: value };
  if (typeof value === 'boolean') return { bool: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { int: BigInt(value) } : { double: value };
  return { array: value.map((each) => anyValueOf(each as NonNullable<Attributes[string]>)) };
}
