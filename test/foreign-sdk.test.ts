// SPDX-License-Identifier: Apache-2.0
/** Panorama beside an SDK of the application's: what it attaches to, what it leaves alone, and what it says. */
import { SpanKind, type TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { PanoramaPropagator } from '../src/baggage/transport/propagator.js';
import { type Attachment, attachTo, carrying } from '../src/foreign-sdk.js';
import { PanoramaSpanProcessor } from '../src/processor/panorama-span-processor.js';
import { KeepingExporter } from './processor/guest.js';

const CALL = { kind: SpanKind.CLIENT, attributes: { 'server.address': 'web', 'server.port': 80 } };

let said: MockInstance<typeof process.emitWarning>;
let attachment: Attachment;
const observed = () => attachment.processor.counts().observed;

beforeEach(() => {
  said = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const processor = new PanoramaSpanProcessor({ exporter: new KeepingExporter() });
  attachment = { processor, everyCall: true, destinations: undefined };
});
afterEach(() => said.mockRestore());

describe('a tracer provider of the application', () => {
  it('keeps its processors, and every call is observed once, however often it is attached to', () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    attachTo(provider, attachment);
    attachTo(provider, attachment);
    attachTo({ getDelegate: () => provider }, attachment);
    provider.getTracer('test').startSpan('GET', CALL).end();
    expect(observed()).toBe(1);
    expect(exporter.getFinishedSpans().map(({ attributes }) => attributes['panorama.observed'])).toEqual([true]);
    expect(said).not.toHaveBeenCalled();
  });

  it('keeps its sampler, and calls that it does not record are observed, also of tracers made before', () => {
    const theirs: SpanProcessor = { ...noProcessor(), onStart: vi.fn(), onEnd: vi.fn() };
    const provider = new TracerProvider({ sampler: new AlwaysOffSampler(), spanProcessors: [theirs] });
    const early = provider.getTracer('early');
    attachTo(provider, attachment);
    for (const tracer of [early, provider.getTracer('late')]) {
      const span = tracer.startSpan('GET', CALL);
      expect(span.spanContext().traceFlags).toBe(0);
      span.end();
    }
    expect(observed()).toBe(2);
    expect(theirs.onStart).not.toHaveBeenCalled();
    expect(theirs.onEnd).not.toHaveBeenCalled();
  });

  it('has its sampler left alone where only recorded calls are asked for', () => {
    const provider = new TracerProvider({ sampler: new AlwaysOffSampler() });
    attachTo(provider, { ...attachment, everyCall: false });
    expect(provider.getTracer('test').startSpan('GET', CALL).isRecording()).toBe(false);
    expect(said).not.toHaveBeenCalled();
  });

  it('that has a Panorama processor of its own gets no second one', () => {
    const own = new PanoramaSpanProcessor({ exporter: new KeepingExporter() });
    const provider = new TracerProvider({ spanProcessors: [own] });
    attachTo(provider, attachment);
    provider.getTracer('test').startSpan('GET', CALL).end();
    expect([observed(), own.counts().observed]).toEqual([0, 1]);
  });

  it('whose sampler is nowhere to be found is attached to, and that is said', () => {
    const multi = { _spanProcessors: [] as SpanProcessor[], onEnding: () => undefined };
    attachTo({ _activeSpanProcessor: multi }, attachment);
    expect(multi._spanProcessors).toEqual([attachment.processor]);
    expect(said).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('createAlwaysRecordSampler'),
      'PanoramaWarning',
    );
  });

  class AgentProvider {}
  it.each<[string, object]>([
    ['of another make', new AgentProvider()],
    ['of OpenTelemetry 1.x', { activeSpanProcessor: { _spanProcessors: [] }, addSpanProcessor: () => undefined }],
    ['that cannot mark a span that ends', { _activeSpanProcessor: { _spanProcessors: [] } }],
    ['that is frozen', { _activeSpanProcessor: Object.freeze({ _spanProcessors: [], onEnding: () => undefined }) }],
    [
      'that throws',
      Object.defineProperty({}, '_activeSpanProcessor', {
        get: () => {
          throw new Error('private');
        },
      }),
    ],
  ])('%s is left alone, and it is said what to write instead', (_what, provider) => {
    attachTo(provider, { ...attachment, everyCall: false });
    expect(said).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('add a PanoramaSpanProcessor to the spanProcessors'),
      'PanoramaWarning',
    );
  });

  it('without a prototype is said to be of no known kind', () => {
    attachTo(Object.create(null), attachment);
    expect(said).toHaveBeenCalledTimes(1);
  });

  it.each([undefined, null, 7])('(%j) that is none is nothing to attach to', (provider) => {
    attachTo(provider, attachment);
    expect(said).not.toHaveBeenCalled();
  });
});

describe('a propagator of the application', () => {
  const composite = (...propagators: TextMapPropagator[]) => new CompositePropagator({ propagators });

  it('that carries baggage gets ours round it', () => {
    const theirs = composite(new W3CTraceContextPropagator(), new W3CBaggagePropagator());
    const ours = carrying(theirs, attachment);
    expect(ours).toBeInstanceOf(PanoramaPropagator);
    expect((ours as TextMapPropagator).fields()).toEqual(theirs.fields());
    expect(carrying(ours, attachment)).toBe(ours);
    expect(said).not.toHaveBeenCalled();
  });

  it('that has ours within is left alone', () => {
    const theirs = composite(new W3CTraceContextPropagator(), composite(new PanoramaPropagator()));
    expect(carrying(theirs, attachment)).toBe(theirs);
  });

  it('that does not say what it writes is left alone, and does no harm', () => {
    const byHand = { inject: () => undefined, extract: (context: unknown) => context };
    expect(carrying(byHand, attachment)).toBe(byHand);
    expect(said).toHaveBeenCalledTimes(1);
  });

  it('that carries no baggage is left alone, and that is said once', () => {
    const theirs = new W3CTraceContextPropagator();
    expect(carrying(theirs, attachment)).toBe(theirs);
    expect(carrying(theirs, attachment)).toBe(theirs);
    expect(said).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('OTEL_PROPAGATORS'), 'PanoramaWarning');
  });
});

function noProcessor(): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd: () => undefined,
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
}
