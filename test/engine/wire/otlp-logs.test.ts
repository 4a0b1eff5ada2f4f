// SPDX-License-Identifier: Apache-2.0
/** Logs in both encodings, written by hand and by the SDK: the same records are kept of either. */
import { SeverityNumber } from '@opentelemetry/api-logs';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { describe, expect, it } from 'vitest';
import type { LogBatch } from '../../../src/engine/wire/log-batch.js';
import { decodeLogsJson } from '../../../src/engine/wire/otlp-logs-json.js';
import { decodeLogsProtobuf } from '../../../src/engine/wire/otlp-logs-protobuf.js';
import { WIRE_LIMITS } from '../../../src/engine/wire/wire-limits.js';
import { anyValueBytes, type Bytes, field, fixed64, flatten, hexBytes, keyValues, tag, varint } from './otlp-writer.js';

const TRACE = '0102030405060708090a0b0c0d0e0f10';
const SPAN = 'a1a2a3a4a5a6a7a8';
const SERVICE = [{ key: 'service.name', value: { string: 'nn1' } }] as const;

interface Log {
  readonly trace?: string;
  readonly span?: string;
  readonly severity?: number;
  readonly event?: string;
  readonly attributes?: readonly { readonly key: string; readonly value: { readonly string: string } }[];
  readonly body?: string;
  readonly time?: bigint;
  readonly observed?: bigint;
}

function recordBytes(log: Log): Bytes {
  const { trace = TRACE, span = SPAN, severity = 17, event, attributes = [], body, time = 5n, observed = 7n } = log;
  return [
    // Every field out of order, and some that nobody reads.
    event === undefined ? [] : field(12, event),
    field(10, hexBytes(span)),
    field(9, hexBytes(trace)),
    [tag(8, 5), 1, 0, 0, 0],
    keyValues(6, attributes),
    body === undefined ? [] : field(5, anyValueBytes({ string: body })),
    field(3, 'ERROR'),
    [tag(2, 0), varint(severity)],
    [tag(11, 1), fixed64(observed)],
    [tag(1, 1), fixed64(time)],
  ];
}

function recordJson(log: Log): object {
  const { trace = TRACE, span = SPAN, severity = 17, event, attributes = [], body, time = 5n, observed = 7n } = log;
  return {
    timeUnixNano: String(time),
    observedTimeUnixNano: String(observed),
    severityNumber: severity,
    severityText: 'ERROR',
    traceId: trace,
    spanId: span,
    eventName: event,
    body: body === undefined ? undefined : { stringValue: body },
    attributes: attributes.map(({ key, value }) => ({ key, value: { stringValue: value.string } })),
  };
}

const ENCODINGS: readonly (readonly [string, (logs: readonly Log[], limits?: typeof WIRE_LIMITS) => LogBatch])[] = [
  [
    'protobuf',
    (logs, limits) =>
      decodeLogsProtobuf(
        flatten(
          field(1, [field(1, keyValues(1, SERVICE)), field(2, [logs.map((log) => field(2, recordBytes(log)))].flat())]),
        ),
        limits,
      ),
  ],
  [
    'JSON',
    (logs, limits) => {
      const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'nn1' } }] };
      const resourceLogs = [{ resource, scopeLogs: [{ logRecords: logs.map(recordJson) }] }];
      return decodeLogsJson(Buffer.from(JSON.stringify({ resourceLogs })), limits);
    },
  ],
];

describe.each(ENCODINGS)('logs in %s', (_, decode) => {
  it('keep the errors of spans and observations, and count the rest', () => {
    const batch = decode([
      { body: 'disk gone' },
      { severity: 16, body: 'only a warning' },
      { span: '', body: 'of no span' },
      { trace: TRACE.slice(2), body: 'a broken reference is none' },
      { span: '0'.repeat(16), body: 'nor is zero one' },
      { severity: 24, attributes: [{ key: 'exception.message', value: { string: 'EIO' } }], time: 0n },
      {
        severity: 9,
        event: 'panorama.observation',
        attributes: [{ key: 'panorama.subject', value: { string: 'dn2' } }],
      },
      {
        severity: 0,
        span: '',
        attributes: [{ key: 'event.name', value: { string: 'panorama.observation' } }],
      },
      { severity: 9, event: 'user.login' },
      { event: 'panorama.verdict.changed', body: 'dn2 is unhealthy' },
      { attributes: [{ key: 'event.name', value: { string: 'panorama.verdict.changed' } }], body: 'dn2 is unhealthy' },
    ]);
    expect(batch).toMatchObject({ recordCount: 11, rejectedRecords: 0, rejectedMessage: '' });
    expect(batch.resources).toMatchObject([
      {
        resource: { 'service.name': 'nn1' },
        errors: [
          { traceId: TRACE, spanId: SPAN, body: 'disk gone', timeUnixNano: 5n },
          { attributes: { 'exception.message': 'EIO' }, body: '', timeUnixNano: 7n },
        ],
        observations: [
          { attributes: { 'panorama.subject': 'dn2' }, traceId: TRACE },
          { traceId: '', spanId: '' },
        ],
      },
    ]);
    expect(batch.resources[0]?.errors).toHaveLength(2);
  });

  it('have as many records as the bound and not one more', () => {
    const limits = { ...WIRE_LIMITS, spanCountMax: 2 };
    expect(decode([{}, {}], limits).recordCount).toBe(2);
    expect(() => decode([{}, {}, {}], limits)).toThrow(expect.objectContaining({ code: 'PANO_WIRE_LIMIT' }));
  });

  it('have texts as long as the bound', () => {
    expect(decode([{ body: 'x'.repeat(5000) }]).resources[0]?.errors[0]?.body).toHaveLength(
      WIRE_LIMITS.stringLengthMax,
    );
  });
});

it('logs that the SDK wrote are the same in both encodings', () => {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'cart' }),
    processors: [new SimpleLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger('test');
  logger.emit({
    eventName: 'panorama.observation',
    severityNumber: SeverityNumber.INFO,
    timestamp: 1_700_000_000_123,
    attributes: { 'panorama.subject': 'web/1', 'panorama.count': 3, 'panorama.latency.mean': 0.5 },
  });
  const records = exporter.getFinishedLogRecords();
  const binary = decodeLogsProtobuf(ProtobufLogsSerializer.serializeRequest(records) as Uint8Array);
  const json = decodeLogsJson(JsonLogsSerializer.serializeRequest(records) as Uint8Array);
  expect(binary).toEqual(json);
  expect(binary.resources).toMatchObject([
    {
      resource: { 'service.name': 'cart' },
      observations: [
        {
          timeUnixNano: 1_700_000_000_123_000_000n,
          attributes: { 'panorama.subject': 'web/1', 'panorama.count': 3, 'panorama.latency.mean': 0.5 },
        },
      ],
    },
  ]);
});

it('a JSON record with a value of the wrong type is refused alone', () => {
  const logRecords = [{ severityNumber: {} }, recordJson({ body: 'kept' }), { attributes: 7 }];
  const batch = decodeLogsJson(Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })));
  expect(batch).toMatchObject({ recordCount: 1, rejectedRecords: 2 });
  expect(batch.rejectedMessage).toMatch(/^log record 1 of the request was refused: severityNumber is an object/);
});

it.each([
  [Uint8Array.of(0x0a, 0x05, 0x01)],
  [flatten(field(1, field(2, field(2, [tag(1, 1), 1, 2]))))],
  [flatten(field(1, field(2, field(2, [0]))))],
])('bytes that are no logs are malformed', (bytes) => {
  expect(() => decodeLogsProtobuf(bytes)).toThrow(expect.objectContaining({ code: 'PANO_WIRE_MALFORMED' }));
  expect(() => decodeLogsJson(bytes)).toThrow(expect.objectContaining({ code: 'PANO_WIRE_MALFORMED' }));
});
