// SPDX-License-Identifier: Apache-2.0
/** What the receivers' tests share: a sink that remembers, raw requests, and receivers that are closed after each test. */
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { ExportIntake } from '../../../src/engine/export-intake.js';
import { Admission } from '../../../src/engine/ingest/admission.js';
import type { ExportRequest, ExportResult, ExportSink } from '../../../src/engine/ingest/export-sink.js';
import { startGrpcReceiver } from '../../../src/engine/ingest/grpc-receiver.js';
import { startHttpReceiver } from '../../../src/engine/ingest/http-receiver.js';
import type { Receiver, ReceiverOptions } from '../../../src/engine/ingest/receiver.js';
import type { SignalCounts } from '../../../src/engine/signal-counts.js';
import type { TraceBatch } from '../../../src/engine/wire/trace-batch.js';
import type { Clock } from '../../../src/model/clock.js';
import type { PanoramaError } from '../../../src/model/errors.js';
import type { LogRecord } from '../../../src/model/log-record.js';
import type { SpanRecord } from '../../../src/model/span.js';
import { recordsOf } from '../../support/records.js';

/** Decodes as the engine does, and keeps the spans. `answer` replaces the engine's answer, or throws; `gate` delays it. */
export class RecordingSink implements ExportSink {
  readonly batches: TraceBatch[] = [];
  readonly errors: LogRecord[] = [];
  answer: (batch: TraceBatch) => ExportResult = () => ({ rejected: 0, message: '' });
  gate: Promise<void> | undefined;
  readonly #intake = new ExportIntake({
    accept: (batch) => this.#accept(batch),
    take: (batch) => this.#accept(recordsOf(batch)),
    noteError: (record) => void this.errors.push(record),
  });

  take(request: ExportRequest): ExportResult | Promise<ExportResult> {
    return this.gate ? this.gate.then(() => this.#intake.take(request)) : this.#intake.take(request);
  }

  #accept(batch: TraceBatch): ExportResult {
    const result = this.answer(batch);
    this.batches.push(batch);
    return result;
  }

  get counts(): SignalCounts {
    return this.#intake.counts;
  }

  get spans(): SpanRecord[] {
    return this.batches.flatMap(({ resources }) => resources.flatMap(({ spans }) => spans));
  }
}

/** A receiver under test and everything around it. */
export interface Bench {
  readonly receiver: Receiver;
  readonly sink: RecordingSink;
  readonly admission: Admission;
  readonly errors: PanoramaError[];
  readonly peers: string[];
}

export const BODY_BYTES_MAX = 64 * 1024;

const open: Receiver[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((receiver) => receiver.close()));
});

export function startHttp(options: Partial<ReceiverOptions> = {}): Promise<Bench> {
  return start(startHttpReceiver, options);
}

export function startGrpc(options: Partial<ReceiverOptions> = {}): Promise<Bench> {
  return start(startGrpcReceiver, options);
}

async function start(
  startReceiver: (options: ReceiverOptions) => Promise<Receiver>,
  options: Partial<ReceiverOptions>,
): Promise<Bench> {
  const sink = new RecordingSink();
  const admission = options.admission ?? new Admission();
  const errors: PanoramaError[] = [];
  const peers: string[] = [];
  const receiver = await startReceiver({
    host: '127.0.0.1',
    port: 0,
    sink,
    bodyBytesMax: BODY_BYTES_MAX,
    onError: (error, peer) => {
      errors.push(error);
      peers.push(peer);
    },
    ...options,
    admission,
  });
  open.push(receiver);
  return { receiver, sink, admission, errors, peers };
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends one request; by default a `POST /v1/traces` of protobuf. */
export function send(receiver: Receiver, body: Uint8Array | string, options: RequestOptions = {}): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: receiver.host,
      port: receiver.port,
      method: 'POST',
      path: '/v1/traces',
      agent: false,
      ...options,
      headers: { 'content-type': 'application/x-protobuf', ...options.headers },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    request.end(body);
  });
}

/** A plain socket to the receiver, and all that it received until the receiver closed it. */
export async function openSocket(receiver: Receiver): Promise<{ socket: Socket; closed: Promise<string> }> {
  const socket = connect(receiver.port, receiver.host);
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('error', () => {});
  const closed = new Promise<string>((resolve) => {
    socket.once('close', () => resolve(Buffer.concat(parts).toString()));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return { socket, closed };
}

/** A promise that another place resolves. */
export function signal(): { readonly done: Promise<void>; readonly fire: () => void } {
  let fire = (): void => {};
  const done = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { done, fire };
}

/** A clock whose timers run only when told to. */
export function manualClock(): Clock & { readonly timers: { readonly delayMs: number; readonly run: () => void }[] } {
  const timers: { delayMs: number; run: () => void }[] = [];
  return {
    timers,
    nowMs: () => 0,
    monotonicMs: () => 0,
    setTimer: (delayMs, run) => {
      const timer = { delayMs, run };
      timers.push(timer);
      return { cancel: () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1)) };
    },
  };
}
