// SPDX-License-Identifier: Apache-2.0
/** The table "What an exporter is told" of docs/errors.md: each row is made to happen, for each signal and transport. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { Door, openDoor } from '../../../src/engine/access/door.js';
import { TokenTable } from '../../../src/engine/access/token-table.js';
import { encodeStatus } from '../../../src/engine/ingest/export-response.js';
import type { Signal } from '../../../src/engine/ingest/export-sink.js';
import { SIGNAL_ROUTES } from '../../../src/engine/ingest/signals.js';
import { PanoramaError } from '../../../src/model/errors.js';
import { ROOT } from '../../support/imports.js';
import { field, flatten } from '../wire/otlp-writer.js';
import { call } from './grpc-client.js';
import { type Bench, BODY_BYTES_MAX, send, startGrpc, startHttp } from './receivers.js';

interface Row {
  readonly what: string;
  readonly http: number;
  readonly isPartial: boolean;
  /** `undefined` where the table has a dash. */
  readonly grpc: keyof typeof status | undefined;
  readonly againSeconds: number | undefined;
}

const page = readFileSync(path.join(ROOT, 'docs/errors.md'), 'utf8');
const ROWS: readonly Row[] = (page.split('## What an exporter is told')[1]?.split('\n## ')[0] ?? '')
  .split('\n')
  .filter((line) => /^\| [^-]/.test(line))
  .slice(1)
  .map((line) => {
    const [what = '', http = '', grpc = '', again = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return {
      what,
      http: Number(http.split(',')[0]),
      isPartial: http.includes('partialSuccess'),
      grpc: grpc === '–' ? undefined : (grpc.split(',')[0] as keyof typeof status),
      againSeconds: again === 'no' ? undefined : Number(/^after (\d+) s$/.exec(again)?.[1]),
    };
  });

/** One good and one bad of each signal, in JSON for HTTP; gRPC is given what the sink refuses. */
const HALF_GOOD: Readonly<Record<Signal, object>> = {
  traces: {
    resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '1'.repeat(32), spanId: '1'.repeat(16) }, {}] }] }],
  },
  logs: { resourceLogs: [{ scopeLogs: [{ logRecords: [{}, { severityNumber: [] }] }] }] },
  metrics: {
    resourceMetrics: [
      {
        scopeMetrics: [
          { metrics: [{ name: 'process.cpu.utilization', gauge: { dataPoints: [{}, { asDouble: {} }] } }] },
        ],
      },
    ],
  },
};

const EMPTY = Buffer.alloc(0);
const TOO_MANY = flatten(
  field(
    1,
    field(
      2,
      Array.from({ length: 65_537 }, () => field(2, [])),
    ),
  ),
);

interface Happening {
  readonly body?: Uint8Array;
  readonly json?: (signal: Signal) => object;
  /** Announced over HTTP; over gRPC the client compresses by itself what it is given as `unpacked`. */
  readonly encoding?: string;
  readonly unpacked?: Uint8Array;
  readonly path?: string;
  readonly bodyBytesMax?: number;
  readonly arrange?: (bench: Bench) => unknown;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly door?: Door;
  /** What the client of gRPC would not send. */
  readonly only?: 'http';
  /** Metrics have no such bound: nothing is kept of a point. */
  readonly signals?: readonly Signal[];
}

const SENDER = 'token-of-a-collector';
const READER = 'token-of-a-dashboard';
const TOKENS = TokenTable.parse(`ingest ${SENDER}\nread ${READER}`);
const LOCKED = new Door({ scope: 'ingest', host: '127.0.0.1', tokens: () => TOKENS });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const fail = (error: Error) => (bench: Bench) => {
  bench.sink.take = () => {
    throw error;
  };
};

const HAPPENINGS: Readonly<Record<string, Happening>> = {
  'all of it was taken': { body: flatten(field(1, [])) },
  'some spans, log records or data points were refused': { json: (signal) => HALF_GOOD[signal], body: EMPTY },
  'the request is empty': { body: EMPTY },
  'the body cannot be decoded': { body: Uint8Array.of(0x0a, 0x05, 0x01) },
  'the body exceeds a bound of the decoder': { body: TOO_MANY, bodyBytesMax: 1_000_000, signals: ['traces', 'logs'] },
  'the body is not compressed as announced': { body: Buffer.from('no gzip'), encoding: 'gzip', only: 'http' },
  'the body is too large as sent': { body: Buffer.alloc(BODY_BYTES_MAX + 1) },
  'the body is too large after decompression': {
    body: gzipSync(Buffer.alloc(1_000_000)),
    encoding: 'gzip',
    unpacked: Buffer.alloc(1_000_000),
  },
  'the compression is not known': { body: EMPTY, encoding: 'br', only: 'http' },
  'the content type is not known': { body: EMPTY, headers: { 'content-type': 'text/plain' }, only: 'http' },
  'the path is not known': { body: EMPTY, path: '/v1development/profiles' },
  'the method is not POST': { body: EMPTY, method: 'PUT', only: 'http' },
  'the request shows no token': { body: EMPTY, door: LOCKED },
  'the token is not valid': { body: EMPTY, door: LOCKED, headers: bearer(`${SENDER}x`) },
  'the token does not allow sending': { body: EMPTY, door: LOCKED, headers: bearer(READER) },
  "the request is for another host's name": {
    body: EMPTY,
    door: openDoor('ingest'),
    headers: { host: 'evil.example' },
    only: 'http',
  },
  'the engine holds as many bytes as it may': {
    body: flatten(field(1, [])),
    arrange: ({ admission }) => admission.tryEnter(admission.bytesMax),
  },
  'the thread that decoded the body is gone': {
    body: EMPTY,
    arrange: fail(new PanoramaError('PANO_DECODER_LOST', 'it is; send it again')),
  },
  'the engine is stopping': { body: EMPTY, arrange: fail(new PanoramaError('PANO_STOPPING', 'it is; come back')) },
  'the engine failed': { body: EMPTY, arrange: fail(new TypeError('a fault')) },
};

it('the table has a row for each of these, and no other', () => {
  expect(ROWS.map(({ what }) => what)).toEqual(Object.keys(HAPPENINGS));
});

describe.each(ROWS)('when $what', ({ what, http, isPartial, grpc, againSeconds }) => {
  const happening = HAPPENINGS[what] as Happening;
  const signals = happening.signals ?? (Object.keys(SIGNAL_ROUTES) as Signal[]);
  const { body = EMPTY, encoding, unpacked, json, arrange, door, method, bodyBytesMax = BODY_BYTES_MAX } = happening;

  it.each(signals)(`%s over HTTP are answered ${http}`, async (signal) => {
    const bench = await startHttp({ bodyBytesMax, door });
    arrange?.(bench);
    const { httpPath, rejectedField } = SIGNAL_ROUTES[signal];
    const type = json ? 'application/json' : 'application/x-protobuf';
    const answer = await send(bench.receiver, json ? JSON.stringify(json(signal)) : body, {
      path: happening.path ?? httpPath,
      ...(method && { method }),
      headers: { 'content-type': type, ...(encoding && { 'content-encoding': encoding }), ...happening.headers },
    });
    expect(answer.status).toBe(http);
    expect(answer.headers['content-type']).toBe(happening.headers?.['content-type'] ? 'application/json' : type);
    expect(answer.headers['retry-after']).toBe(againSeconds === undefined ? undefined : String(againSeconds));
    if (isPartial) {
      expect(JSON.parse(answer.body.toString())).toEqual({
        partialSuccess: { [rejectedField]: '1', errorMessage: expect.stringContaining('refused') },
      });
    } else if (http === 200) expect(answer.body).toHaveLength(0);
  });

  if (grpc === undefined) {
    it('has no answer over gRPC, for it does not happen there', () => expect(happening.only).toBe('http'));
  }
  if (happening.only === 'http') return;
  it.each(signals)(`%s over gRPC are answered ${grpc}`, async (signal) => {
    const bench = await startGrpc({ bodyBytesMax, door });
    arrange?.(bench);
    if (isPartial) bench.sink.take = () => ({ rejected: 1, message: 'one was refused' });
    const answer = await call(bench.receiver, unpacked ?? body, {
      path: happening.path ?? SIGNAL_ROUTES[signal].grpcPath,
      gzip: unpacked !== undefined,
      headers: happening.headers,
    });
    expect(status[answer.code]).toBe(grpc);
    expect(answer.statusDetails).toEqual(
      againSeconds === undefined ? undefined : encodeStatus(answer.code, answer.details, 'protobuf', againSeconds),
    );
    expect(answer.body.length > 0).toBe(isPartial);
  });
});
