// SPDX-License-Identifier: Apache-2.0
/** A process of a test: the real SDK with our processor, on a clock that the test owns, before an exporter that keeps all. */
import { type Attributes, diag, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  type ReadableSpan,
  type SpanExporter,
  TracerProvider,
  type TracerProviderOptions,
} from '@opentelemetry/sdk-trace';
import { vi } from 'vitest';
import type { Random } from '../../src/model/clock.js';
import type { PanoramaSpanProcessorOptions } from '../../src/processor/options.js';
import { PanoramaSpanProcessor } from '../../src/processor/panorama-span-processor.js';
import { BreakableClock } from '../support/breakable-clock.js';
import { FakeClock } from '../support/fake-clock.js';

export type Resource = ReadableSpan['resource'];
type Done = (result: ExportResult) => void;

/** Keeps what it is given; `answer` says how it responds, by default with success and at once. */
export class KeepingExporter implements SpanExporter {
  readonly batches: ReadableSpan[][] = [];
  answer: (done: Done) => unknown = (done) => done({ code: ExportResultCode.SUCCESS });
  shutdown: () => Promise<void> = vi.fn(async () => undefined);

  readonly export = (spans: ReadableSpan[], done: Done): unknown => {
    this.batches.push(spans);
    return this.answer(done);
  };

  get spans(): ReadableSpan[] {
    return this.batches.flat();
  }
}

/** Chance that counts: every id differs from the one before, and a test can be run again. */
export function countingRandom(): Random {
  let count = 0;
  return (bytes) => {
    count++;
    bytes.fill(0);
    new DataView(bytes.buffer).setUint32(bytes.length - 4, count);
  };
}

export const CLIENT_1 = { 'service.name': 'client', 'service.instance.id': 'c1' };

export interface Guest {
  readonly clock: FakeClock;
  readonly exporter: KeepingExporter;
  readonly processor: PanoramaSpanProcessor;
  readonly tracer: Tracer;
  readonly provider: TracerProvider;
  /** One call that ends now: `said` in short, `GET web:80 503`; with an `error.type` in place of a code it failed. */
  call(
    said: string,
    given?: { readonly latencyMs?: number; readonly attributes?: Attributes; readonly kind?: SpanKind },
  ): ReadableSpan;
  /** What was exported so far, in short: `GET web:80 unhealthy server_error 1`. Forgets it. */
  told(): string[];
  /** Lets the exporter's turn come, without time passing. */
  yield(): void;
}

export function startGuest(
  options: Partial<PanoramaSpanProcessorOptions> = {},
  provider: TracerProviderOptions = {},
): Guest {
  const clock = clockOf(options);
  const exporter = (options.exporter as KeepingExporter | undefined) ?? new KeepingExporter();
  const processor = new PanoramaSpanProcessor({ clock, random: countingRandom(), ...options, exporter });
  const sdk = new TracerProvider({
    resource: resourceFromAttributes(CLIENT_1),
    ...provider,
    spanProcessors: [processor, ...(provider.spanProcessors ?? [])],
  });
  const tracer = sdk.getTracer('test');
  let toldCount = 0;
  return {
    clock,
    exporter,
    processor,
    tracer,
    provider: sdk,
    call: (said, { latencyMs = 5, attributes = {}, kind = SpanKind.CLIENT } = {}) => {
      const [method = 'GET', server = 'web:80', outcome = '200'] = said.split(' ');
      const [host, port] = server.split(':');
      const code = Number(outcome);
      const span = tracer.startSpan(method, {
        kind,
        startTime: clock.nowMs() - latencyMs,
        attributes: {
          'http.request.method': method,
          'server.address': host,
          'server.port': Number(port ?? 80),
          ...(Number.isNaN(code) ? { 'error.type': outcome } : { 'http.response.status_code': code }),
          ...attributes,
        },
      });
      if (!(code < 400)) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(clock.nowMs());
      return span as unknown as ReadableSpan;
    },
    told: () => {
      const fresh = exporter.spans.slice(toldCount);
      toldCount += fresh.length;
      return fresh.map(({ attributes }) =>
        ['operation', 'subject', 'status', 'reason', 'count'].map((name) => attributes[`panorama.${name}`]).join(' '),
      );
    },
    yield: () => clock.advance(0),
  };
}

function clockOf({ clock }: Partial<PanoramaSpanProcessorOptions>): FakeClock {
  if (clock instanceof BreakableClock) return clock.whole;
  return clock instanceof FakeClock ? clock : new FakeClock();
}

/** Listens to the diagnostics of OpenTelemetry. `stop` in an `afterEach`. */
export function listenToDiagnostics() {
  const heard = { error: vi.fn(), warn: vi.fn(), info: vi.fn(), debug: vi.fn(), verbose: vi.fn() };
  diag.setLogger(heard, { suppressOverrideMessage: true });
  return { ...heard, stop: () => diag.disable() };
}
