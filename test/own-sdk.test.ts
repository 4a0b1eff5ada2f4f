// SPDX-License-Identifier: Apache-2.0
/** The SDK that we start, and how it makes way when the application starts its own. In this order: it happens once a process. */
import { context, metrics, propagation, SpanKind, trace } from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it, type MockInstance, vi } from 'vitest';
import { registered, registeredTracerProvider } from '../src/api-globals.js';
import { type Panorama, startPanorama } from '../src/start-panorama.js';

const CALL = { kind: SpanKind.CLIENT, attributes: { 'server.address': '127.0.0.1', 'server.port': 80 } };
const early = trace.getTracer('early');
const exporter = new InMemorySpanExporter();
const exported = vi.spyOn(exporter, 'export');
const shutDown = vi.spyOn(exporter, 'shutdown');

let said: MockInstance<typeof process.emitWarning>;
let panorama: Panorama;
let ours: ReturnType<typeof registered>;

beforeAll(() => {
  vi.stubEnv('OTEL_METRICS_EXPORTER', 'console');
  vi.stubEnv('OTEL_LOGS_EXPORTER', 'console');
  said = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  panorama = startPanorama({ serviceName: 'client', engineUrl: 'http://127.0.0.1:9', traceExporter: exporter });
  ours = registered();
});
afterAll(() => {
  vi.unstubAllEnvs();
  said.mockRestore();
});

describe('while the application has no SDK', () => {
  it('ours is registered for everything, and says that it was given no instrumentations', () => {
    expect(Object.keys(ours).sort()).toEqual(['context', 'logs', 'metrics', 'propagation', 'trace']);
    expect(panorama.sdk).toBeInstanceOf(NodeSDK);
    expect(said).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('startPanorama was given no instrumentations'),
      'PanoramaWarning',
    );
  });

  it('calls are observed, of tracers that were there before too', () => {
    early.startSpan('GET', CALL).end();
    trace.getTracer('test').startSpan('GET', CALL).end();
    expect(panorama.processor.counts().observed).toBe(2);
  });

  it('a second start is the first, and said once', () => {
    said.mockClear();
    expect(startPanorama({ serviceName: 'other' })).toBe(panorama);
    expect(startPanorama()).toBe(panorama);
    expect(said).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('started already'), 'PanoramaWarning');
  });

  it('a propagator that it registers alone is taken, with ours round it', () => {
    expect(propagation.setGlobalPropagator(new W3CBaggagePropagator())).toBe(true);
    const carrier: Record<string, string> = {};
    const span = trace.getTracer('test').startSpan('GET', CALL);
    propagation.inject(trace.setSpan(context.active(), span), carrier);
    expect(Object.keys(carrier)).toEqual(['baggage']);
    expect(carrier['baggage']).toContain('panorama.observer=client');
    expect(registered().trace).toBe(ours.trace);
  });
});

describe('when the application starts an SDK', () => {
  const theirs = new InMemorySpanExporter();
  const lent = trace.getTracer('lent');

  it('that one is registered for everything, and ours for nothing', () => {
    propagation.disable();
    const reader = new NodeSDK({
      serviceName: 'shop',
      spanProcessors: [new SimpleSpanProcessor({ exporter: theirs })],
      instrumentations: [],
    });
    said.mockClear();
    reader.start();
    const now = registered();
    for (const slot of ['context', 'logs', 'metrics', 'propagation'] as const) {
      expect(now[slot], slot).toBeDefined();
      expect(now[slot], slot).not.toBe(ours[slot]);
    }
    expect(metrics.getMeterProvider()).toBe(now.metrics);
    expect(registeredTracerProvider()).not.toBe(undefined);
    expect(panorama.sdk).toBeUndefined();
    expect(said).not.toHaveBeenCalled();
  });

  it('its spans go where it sends them, of whatever tracer, and calls go on being observed, each once', async () => {
    const before = panorama.processor.counts().observed;
    for (const tracer of [early, lent, trace.getTracer('late')]) tracer.startSpan('GET', CALL).end();
    lent.startActiveSpan('inside', (span) => {
      expect(trace.getActiveSpan()).toBe(span);
      span.end();
    });
    await vi.waitFor(() =>
      expect(theirs.getFinishedSpans().map(({ resource }) => resource.attributes['service.name'])).toEqual(
        Array(4).fill('shop'),
      ),
    );
    expect(panorama.processor.counts().observed - before).toBe(3);
  });

  it('requests carry what it sends, and who asks', () => {
    const carrier: Record<string, string> = {};
    const span = trace.getTracer('test').startSpan('GET', CALL);
    propagation.inject(trace.setSpan(context.active(), span), carrier);
    expect(Object.keys(carrier).sort()).toEqual(['baggage', 'traceparent']);
    expect(carrier['baggage']).toContain('panorama.observer=shop');
  });

  it('nobody is sent what ours had recorded', async () => {
    await vi.waitFor(() => expect(shutDown).toHaveBeenCalled());
    expect(exported).not.toHaveBeenCalled();
  });

  it('a further one is turned away, as it would be without us', () => {
    const now = registeredTracerProvider();
    const third = new NodeSDK({
      serviceName: 'third',
      spanProcessors: [new SimpleSpanProcessor({ exporter: theirs })],
    });
    third.start();
    expect(registeredTracerProvider()).toBe(now);
  });
});
