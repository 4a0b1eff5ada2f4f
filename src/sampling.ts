// SPDX-License-Identifier: Apache-2.0
/**
 * Every call counts, sampled or not. A sampler is there to keep traces cheap, and one that keeps 1 % of them would hide
 * 99 % of the calls from us. So what it would not record is recorded for our processor alone: no other processor ever
 * sees those spans, they are not sampled, and what is propagated says so.
 *
 * Spans of kind INTERNAL are left as the sampler has them. Nobody observes them, and of some applications they are most.
 */
import { type Context, SpanKind, TraceFlags } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  createAlwaysRecordSampler,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  type Span,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { complain } from './complaint.js';
import { variable } from './environment.js';

/** By the value of `OTEL_TRACES_SAMPLER`. */
const SAMPLERS: Readonly<Record<string, () => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: () => new TraceIdRatioBasedSampler(ratio()),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: () => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio()) }),
};

const SAMPLER_BY_DEFAULT = 'parentbased_always_on';

/**
 * The sampler of `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, as `NodeSDK` makes it where it is given none; it
 * keeps its own to itself.
 *
 * Source: OpenTelemetry specification, "Environment Variables", general SDK configuration.
 */
export function samplerOfEnvironment(): Sampler {
  const name = variable('OTEL_TRACES_SAMPLER') ?? SAMPLER_BY_DEFAULT;
  const make = Object.hasOwn(SAMPLERS, name) ? SAMPLERS[name] : undefined;
  if (make) return make();
  complain(`OTEL_TRACES_SAMPLER=${name} is none of ${Object.keys(SAMPLERS).join(', ')}; using ${SAMPLER_BY_DEFAULT}`);
  return new ParentBasedSampler({ root: new AlwaysOnSampler() });
}

function ratio(): number {
  const text = variable('OTEL_TRACES_SAMPLER_ARG');
  const value = Number(text);
  if (text !== undefined && value >= 0 && value <= 1) return value;
  complain(`OTEL_TRACES_SAMPLER_ARG=${text ?? ''} is no ratio from 0 to 1; using 1`);
  return 1;
}

/** Where a span keeps that nobody but us has it recorded. A property, since a `WeakSet` takes longer than all the rest. */
const OURS_ALONE = Symbol('panorama.ours-alone');

type MarkedSpan = object & { [OURS_ALONE]?: true };

/** One provider's sampler and processors, both of which must be of the same object. */
export class EveryCall {
  /** Of the sampler's last answer; the SDK makes the span, and tells its processors, before it asks for another. */
  #wouldBeHidden = false;

  /** The sampler, with calls that it would not record recorded and not sampled. */
  sampler(delegate: Sampler): Sampler {
    let last: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
    const recording = createAlwaysRecordSampler({ shouldSample: () => last, toString: () => delegate.toString() });
    return {
      // Asked for every span of the host, and hardly ever with another answer than the delegate's.
      shouldSample: (context, traceId, name, kind, attributes, links) => {
        last = delegate.shouldSample(context, traceId, name, kind, attributes, links);
        this.#wouldBeHidden = last.decision === SamplingDecision.NOT_RECORD;
        if (!this.#wouldBeHidden || kind === SpanKind.INTERNAL) return last;
        return recording.shouldSample(context, traceId, name, kind, attributes, links);
      },
      toString: () => `EveryCall{${delegate.toString()}}`,
    };
  }

  /** One processor in the place of several: ours sees every span, the others those that the sampler would record. */
  processor(ours: SpanProcessor, others: readonly SpanProcessor[]): SpanProcessor {
    const all = [ours, ...others];
    const theirs = (span: Span | ReadableSpan) => ((span as MarkedSpan)[OURS_ALONE] ? NOBODY : others);
    return {
      onStart: (span: Span, context: Context) => {
        // A span that is sampled is the application's, whoever made it without asking us.
        if (this.#wouldBeHidden && !isSampled(span)) (span as MarkedSpan)[OURS_ALONE] = true;
        ours.onStart(span, context);
        for (const each of theirs(span)) each.onStart(span, context);
      },
      onEnding: (span) => {
        ours.onEnding?.(span);
        for (const each of theirs(span)) each.onEnding?.(span);
      },
      onEnd: (span) => {
        ours.onEnd(span);
        for (const each of theirs(span)) each.onEnd(span);
      },
      forceFlush: async () => void (await Promise.all(all.map((each) => each.forceFlush()))),
      shutdown: async () => void (await Promise.all(all.map((each) => each.shutdown()))),
    };
  }
}

const NOBODY: readonly SpanProcessor[] = [];

function isSampled(span: Span): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}
