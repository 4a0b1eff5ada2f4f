// SPDX-License-Identifier: Apache-2.0
/** Spans as the real SDK makes them. */
import { type Attributes, SpanKind, type SpanOptions, type SpanStatus } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

export interface SdkSpan {
  readonly name: string;
  readonly options?: SpanOptions;
  readonly status?: SpanStatus;
  readonly exceptions?: readonly Error[];
  /** When it ends, epoch milliseconds. */
  readonly endMs?: number;
}

/** The spans, started and ended by a tracer of their own with the given resource. */
export function makeSdkSpans(resource: Attributes, ...spans: readonly SdkSpan[]): ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('test');
  for (const { name, options, status, exceptions = [], endMs } of spans) {
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, ...options });
    for (const exception of exceptions) span.recordException(exception);
    if (status) span.setStatus(status);
    span.end(endMs);
  }
  return exporter.getFinishedSpans();
}
