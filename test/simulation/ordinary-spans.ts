// SPDX-License-Identifier: Apache-2.0
/**
 * The ordinary spans of a process, in batches as OpenTelemetry's batch processor sends them. A stock SDK's are all that is
 * heard of it; a guest's are marked as accounted for, only those of sampled traces go, and they serve for identity.
 */
import { SpanKind, type SpanRecord, SpanStatusCode } from '../../src/model/span.js';
import { HealthStatus } from '../../src/model/status.js';
import type { Calendar } from './calendar.js';
import type { EndedCall, Served } from './calls.js';
import { hex, resourceOf, type Send, spanRecord, type Told } from './parcels.js';
import type { Routes } from './routes.js';
import type { Instance } from './topology.js';

/** Spans in one batch at the most, OpenTelemetry's default; a batch that is full goes at once. */
const BATCH_SPAN_COUNT_MAX = 512;

export class OrdinarySpans {
  readonly #instance: Instance;
  readonly #calendar: Calendar;
  readonly #routes: Routes;
  readonly #send: Send;
  readonly #isGuest: boolean;
  readonly #periodMs: number;
  #spans: SpanRecord[] = [];
  #told: Told[] = [];

  /** @param periodMs how long a span waits for its batch at the most: 5 s by default of the SDK, 1 s by ours */
  constructor(instance: Instance, calendar: Calendar, routes: Routes, send: Send, periodMs: number) {
    this.#instance = instance;
    this.#calendar = calendar;
    this.#routes = routes;
    this.#send = send;
    this.#isGuest = instance.service.telemetry === 'guest';
    this.#periodMs = periodMs;
  }

  /** Sends what there is, every so often from some time on. */
  start(atMs: number): void {
    this.#calendar.at(atMs, () => {
      this.#flush();
      this.start(atMs + this.#periodMs);
    });
  }

  called(call: EndedCall): void {
    if (this.#isGuest && !call.trace.sampled) return;
    this.#calendar.at(call.endMs, () => {
      const route = this.#routes.of(call.edge, this.#instance.service, call.callee);
      const { attributes, accounted, statusCode, outcome } = route.endings[call.ending];
      const { startMs, endMs, cause, parentSpanId, spanId, trace } = call;
      this.#push({
        traceId: hex(trace.id, 32),
        spanId: hex(spanId, 16),
        parentSpanId: hex(parentSpanId, 16),
        name: route.spanName,
        kind: SpanKind.CLIENT,
        attributes: this.#isGuest ? accounted : attributes,
        statusCode,
        startMs,
        endMs,
      });
      if (this.#isGuest) return;
      this.#told.push({
        place: route.place,
        subject: route.asked.subject.text,
        observer: this.#instance,
        operation: route.operation,
        news: outcome.status === HealthStatus.HEALTHY ? 'well' : 'failing',
        count: 1,
        cause,
        fromMs: endMs,
        atMs: endMs,
        latencyMs: endMs - startMs,
      });
    });
  }

  served({ trace, spanId, parentSpanId, operation, startMs, finishMs, failed }: Served): void {
    if (this.#isGuest && !trace.sampled) return;
    this.#calendar.at(finishMs, () =>
      this.#push({
        traceId: hex(trace.id, 32),
        spanId: hex(spanId, 16),
        parentSpanId: parentSpanId === 0 ? '' : hex(parentSpanId, 16),
        name: 'GET',
        kind: SpanKind.SERVER,
        attributes: failed ? failedOf(operation.name) : wellOf(operation.name),
        statusCode: failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET,
        startMs,
        endMs: finishMs,
      }),
    );
  }

  #push(span: Parameters<typeof spanRecord>[1]): void {
    this.#spans.push(spanRecord(this.#instance, span));
    if (this.#spans.length >= BATCH_SPAN_COUNT_MAX) this.#flush();
  }

  #flush(): void {
    if (this.#spans.length === 0) return;
    const [spans, told] = [this.#spans, this.#told];
    this.#spans = [];
    this.#told = [];
    this.#send({ from: this.#instance, resource: resourceOf(this.#instance), spans, told });
  }
}

function wellOf(operation: string): SpanRecord['attributes'] {
  return { 'http.request.method': 'GET', 'http.route': `/${operation}`, 'http.response.status_code': 200 };
}

function failedOf(operation: string): SpanRecord['attributes'] {
  return { 'http.request.method': 'GET', 'http.route': `/${operation}`, 'http.response.status_code': 500 };
}
