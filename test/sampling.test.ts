// SPDX-License-Identifier: Apache-2.0
/** The user's sampler decides what is exported, and nothing of what is observed. */
import { type Context, context, ROOT_CONTEXT, SpanKind, TraceFlags, type Tracer, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  type IdGenerator,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EveryCall, samplerOfEnvironment } from '../src/sampling.js';

/** Keeps the names of what it is told, in order. */
function keeping(): SpanProcessor & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    onStart: (span) => void told.push(`start ${span.name}`),
    onEnding: (span) => void told.push(`ending ${span.name}`),
    onEnd: (span) => void told.push(`end ${span.name}`),
    forceFlush: async () => void told.push('flush'),
    shutdown: async () => void told.push('shutdown'),
  };
}

function provided(sampler: Sampler) {
  const everyCall = new EveryCall();
  const ours = keeping();
  const theirs = keeping();
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    sampler: everyCall.sampler(sampler),
    spanProcessors: [everyCall.processor(ours, [theirs, new SimpleSpanProcessor({ exporter })])],
  });
  return { ours, theirs, exporter, provider, tracer: provider.getTracer('test') };
}

const EVENTS = ['start call', 'ending call', 'end call'];

describe('a call that the sampler would not record', () => {
  it('is seen by our processor alone, from its start to its end', () => {
    const { ours, theirs, exporter, tracer } = provided(new AlwaysOffSampler());
    tracer.startSpan('call', { kind: SpanKind.CLIENT }).end();
    expect(ours.told).toEqual(EVENTS);
    expect(theirs.told).toEqual([]);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('is propagated as not sampled, and so are the calls below it', () => {
    const { ours, tracer } = provided(new ParentBasedSampler({ root: new AlwaysOffSampler() }));
    const parent = tracer.startSpan('parent', { kind: SpanKind.SERVER });
    const child = tracer.startSpan('child', { kind: SpanKind.CLIENT }, trace.setSpan(ROOT_CONTEXT, parent));
    expect([parent, child].map((span) => span.spanContext().traceFlags)).toEqual([TraceFlags.NONE, TraceFlags.NONE]);
    expect(child.spanContext().traceId).toBe(parent.spanContext().traceId);
    expect(ours.told).toEqual(['start parent', 'start child']);
  });

  it('is not sampled either where a caller far away has not sampled', () => {
    const { tracer, exporter } = provided(new ParentBasedSampler({ root: new AlwaysOnSampler() }));
    const far = trace.wrapSpanContext({
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      traceFlags: 0,
      isRemote: true,
    });
    const span = tracer.startSpan('call', { kind: SpanKind.SERVER }, trace.setSpan(ROOT_CONTEXT, far));
    span.end();
    expect(span.spanContext()).toMatchObject({ traceId: 'a'.repeat(32), traceFlags: TraceFlags.NONE });
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('ends for our processor alone also when another span starts meanwhile', () => {
    let decision = SamplingDecision.NOT_RECORD;
    const { ours, theirs, tracer } = provided({ shouldSample: () => ({ decision }) });
    const hidden = tracer.startSpan('call', { kind: SpanKind.CLIENT });
    decision = SamplingDecision.RECORD_AND_SAMPLED;
    const shown = tracer.startSpan('other', { kind: SpanKind.CLIENT });
    hidden.end();
    shown.end();
    expect(theirs.told).toEqual(['start other', 'ending other', 'end other']);
    expect(ours.told).toHaveLength(6);
  });
});

describe('what happens within a process', () => {
  it('is left as the sampler has it: nobody observes it', () => {
    const { ours, tracer } = provided(new AlwaysOffSampler());
    const span = tracer.startSpan('inside', { kind: SpanKind.INTERNAL });
    expect(span.isRecording()).toBe(false);
    tracer.startSpan('call', { kind: SpanKind.CLIENT }).end();
    expect(ours.told).toEqual(EVENTS);
  });
});

describe('a call that the sampler records', () => {
  it.each([
    ['and samples', SamplingDecision.RECORD_AND_SAMPLED, 1],
    ['without sampling it', SamplingDecision.RECORD, 0],
  ])('%s is seen by everybody, with what the sampler adds', (_how, decision, exported) => {
    const { ours, theirs, exporter, tracer } = provided({
      shouldSample: () => ({ decision, attributes: { 'sampled.by': 'rule 7' } }),
    });
    const span = tracer.startSpan('call', { kind: SpanKind.CLIENT });
    span.end();
    expect(ours.told).toEqual(EVENTS);
    expect(theirs.told).toEqual(EVENTS);
    expect((span as unknown as ReadableSpan).attributes['sampled.by']).toBe('rule 7');
    expect(exporter.getFinishedSpans()).toHaveLength(exported);
  });
});

describe('the processors', () => {
  it('are flushed and shut down together', async () => {
    const { ours, theirs, provider } = provided(new AlwaysOffSampler());
    await provider.forceFlush();
    await provider.shutdown();
    expect([ours.told, theirs.told]).toEqual([
      ['flush', 'shutdown'],
      ['flush', 'shutdown'],
    ]);
  });
});

describe('the sampler of the environment', () => {
  let said: ReturnType<typeof vi.spyOn>;
  beforeEach(() => {
    said = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    said.mockRestore();
    context.disable();
    trace.disable();
  });

  /** Ids spread evenly, whichever part of them a sampler reads. */
  function evenIds(): IdGenerator {
    let count = 0;
    const next = () => Math.floor(((count++ % 400) + 0.5) * (2 ** 32 / 400));
    const hex = (value: number) => value.toString(16).padStart(8, '0');
    return { generateTraceId: () => hex(next()).repeat(4), generateSpanId: () => 'b'.repeat(16) };
  }

  /** Of 400 traces: how many are sampled that begin here, under a sampled parent far away, and under one that is not. */
  function sampledBy(tracer: Tracer): number[] {
    const spans = (parent: () => Context) =>
      Array.from({ length: 400 }, () => tracer.startSpan('call', { kind: SpanKind.CLIENT }, parent()));
    const ids = evenIds();
    const under = (traceFlags: TraceFlags) =>
      spans(() => {
        const far = { traceId: ids.generateTraceId(), spanId: ids.generateSpanId(), traceFlags, isRemote: true };
        return trace.setSpanContext(ROOT_CONTEXT, far);
      });
    return [spans(() => ROOT_CONTEXT), under(TraceFlags.SAMPLED), under(TraceFlags.NONE)].map(
      (each) => each.filter((span) => span.spanContext().traceFlags === TraceFlags.SAMPLED).length,
    );
  }

  function sampledByNodeSdk(): number[] {
    const sdk = new NodeSDK({
      idGenerator: evenIds(),
      spanProcessors: [keeping()],
      metricReaders: [],
      logRecordProcessors: [],
    });
    sdk.start();
    return sampledBy(trace.getTracer('test'));
  }

  function sampledHere(): number[] {
    const sampler = new EveryCall().sampler(samplerOfEnvironment());
    return sampledBy(new TracerProvider({ idGenerator: evenIds(), sampler }).getTracer('test'));
  }

  it.each([
    ['always_on', undefined],
    ['always_off', undefined],
    ['traceidratio', '0.25'],
    ['parentbased_always_on', undefined],
    ['parentbased_always_off', undefined],
    ['parentbased_traceidratio', '0.25'],
    ['parentbased_traceidratio', '0'],
    ['traceidratio', undefined],
    ['traceidratio', '1.5'],
    ['traceidratio', 'much'],
    ['sometimes', undefined],
    [undefined, undefined],
    ['', '0.1'],
  ])('%s (%s) is the one that NodeSDK would have', (name, ratio) => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', name);
    vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', ratio);
    expect(sampledHere()).toEqual(sampledByNodeSdk());
  });

  it.each([
    ['sometimes', undefined, 'OTEL_TRACES_SAMPLER=sometimes is none of'],
    ['traceidratio', '1.5', 'OTEL_TRACES_SAMPLER_ARG=1.5 is no ratio'],
    ['traceidratio', undefined, 'OTEL_TRACES_SAMPLER_ARG= is no ratio'],
  ])('%s (%s) is wrong, and said', (name, ratio, message) => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', name);
    vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', ratio);
    samplerOfEnvironment();
    expect(said).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(message), 'PanoramaWarning');
  });
});
