// SPDX-License-Identifier: Apache-2.0
/** What the real SDK made and its own serializers wrote must be what both decoders read. */
import { context, type SpanContext, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { decodeTracesJson } from '../../../src/engine/wire/otlp-json.js';
import { decodeTracesProtobuf } from '../../../src/engine/wire/otlp-protobuf.js';
import type { TraceBatch } from '../../../src/engine/wire/trace-batch.js';
import { READ_ATTRIBUTES } from '../../../src/model/attributes.js';
import type { SpanRecord } from '../../../src/model/span.js';
import { makeSdkSpans } from './sdk-spans.js';

const RESOURCE = { 'service.name': 'nn1', 'service.instance.id': 'nn1-0', 'process.command': 'unread' };

function decodeBoth(spans: ReadableSpan[]): TraceBatch {
  const batch = decodeTracesProtobuf(ProtobufTraceSerializer.serializeRequest(spans) as Uint8Array);
  expect(decodeTracesJson(JsonTraceSerializer.serializeRequest(spans) as Uint8Array)).toEqual(batch);
  return batch;
}

const nanoseconds = ([seconds, rest]: readonly [number, number]): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(rest);

/** What should be read of an SDK span, from its own accessors. */
function expected(span: ReadableSpan): SpanRecord {
  const start = nanoseconds(span.startTime);
  const end = nanoseconds(span.endTime);
  const exception = span.events.findLast((event) => event.name === 'exception')?.attributes;
  return {
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? '',
    name: span.name,
    kind: (span.kind + 1) as SpanRecord['kind'],
    attributes: Object.fromEntries(
      Object.entries(span.attributes).filter(([name]) => READ_ATTRIBUTES.has(name)),
    ) as SpanRecord['attributes'],
    statusCode: span.status.code,
    statusMessage: span.status.message ?? '',
    exception: exception && {
      type: String(exception['exception.type'] ?? ''),
      message: String(exception['exception.message'] ?? ''),
    },
    durationMs: Number(end - start) / 1e6,
    startUnixNano: start,
    endUnixNano: end,
    links: span.links.map(({ context }) => ({ traceId: context.traceId, spanId: context.spanId })),
  };
}

describe('spans of the real SDK', () => {
  it('are read from both of its encodings as they were made', () => {
    const parent: SpanContext = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: TraceFlags.SAMPLED };
    const link: SpanContext = { ...parent, spanId: 'ef'.repeat(8) };
    const spans = makeSdkSpans(
      RESOURCE,
      { name: 'GET /blocks' },
      {
        name: 'POST /blocks — ünïcode 😀',
        options: {
          startTime: 1_700_000_000_123.456,
          links: [{ context: link, attributes: { a: 1 } }],
          attributes: {
            'http.request.method': 'POST',
            'url.full': `http://dn2:9864/${'long/'.repeat(100)}`,
            'http.response.status_code': 503,
            'panorama.observed': true,
            'panorama.latency.mean': 0.1 + 0.2,
            'panorama.count': -3,
            'error.type': ['a', 'b', '😀'],
            'server.port': [1, 2.5, -3],
            'unread.attribute': 'unread',
          },
        },
        status: { code: SpanStatusCode.ERROR, message: 'socket hang up' },
        exceptions: [new Error('first'), new TypeError('fetch failed')],
        endMs: 1_700_000_000_999.001,
      },
      ...Object.values(SpanKind)
        .filter((kind) => typeof kind === 'number')
        .map((kind) => ({ name: `kind ${kind}`, options: { kind } })),
    );
    const batch = decodeBoth(spans);
    expect(batch).toMatchObject({ spanCount: spans.length, rejectedSpans: 0, rejectedMessage: '' });
    expect(batch.resources).toEqual([
      { resource: { 'service.name': 'nn1', 'service.instance.id': 'nn1-0' }, spans: spans.map(expected) },
    ]);
  });

  it('keep their parent', () => {
    const parent: SpanContext = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: TraceFlags.SAMPLED };
    const [span] = makeSdkSpans(RESOURCE, { name: 'child' });
    const child = Object.create(span as ReadableSpan, { parentSpanContext: { value: parent } }) as ReadableSpan;
    expect(trace.getSpanContext(context.active())).toBeUndefined();
    expect(decodeBoth([child]).resources[0]?.spans[0]?.parentSpanId).toBe(parent.spanId);
  });
});
