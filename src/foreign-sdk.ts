// SPDX-License-Identifier: Apache-2.0
/**
 * Panorama beside an SDK that the application has set up itself. OpenTelemetry JS has no public way to add a span
 * processor to a provider that exists, so its parts are looked for where both living lines (2.x and 3.x) have them, and
 * what has another shape is left alone and said.
 *
 * Nothing of the application's is taken away: its processors see the spans that its sampler records, in their order.
 */
import type { TextMapPropagator } from '@opentelemetry/api';
import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace';
import { behindProxies } from './api-globals.js';
import { allowedDestinations } from './baggage/transport/destinations.js';
import { PanoramaPropagator } from './baggage/transport/propagator.js';
import { complain } from './complaint.js';
import { PanoramaSpanProcessor } from './processor/panorama-span-processor.js';
import { EveryCall } from './sampling.js';

/** What is attached. */
export interface Attachment {
  readonly processor: PanoramaSpanProcessor;
  readonly everyCall: boolean;
  readonly destinations: readonly string[] | undefined;
}

/** A tracer provider, as far as it is known here. The names are those of `sdk-trace` and `sdk-trace-base`. */
interface ProviderParts {
  readonly _activeSpanProcessor?: { _spanProcessors?: SpanProcessor[]; readonly onEnding?: unknown };
  readonly _tracerOptions?: { sampler?: Sampler };
  readonly _config?: { sampler?: Sampler };
  readonly _tracers?: Map<string, { _sampler?: Sampler }>;
}

/** Providers that have been seen. */
const seen = new WeakSet<object>();

/** Attaches the processor to a provider, once. What cannot be attached is said. Never throws. */
export function attachTo(provider: unknown, attachment: Attachment): void {
  const found = behindProxies(provider);
  if (!found || seen.has(found)) return;
  seen.add(found);
  const name = String(found.constructor?.name);
  try {
    attach(found as ProviderParts, name, attachment);
  } catch (error) {
    complain(`the tracer provider ${name} took no span processor (${String(error)}); ${INSTEAD}`);
  }
}

const INSTEAD =
  'add a PanoramaSpanProcessor to the spanProcessors, and a PanoramaPropagator to the textMapPropagator, of the SDK that the application starts, and leave out panorama-otel/register';

function attach(provider: ProviderParts, name: string, { processor, everyCall }: Attachment): void {
  const multi = provider._activeSpanProcessor;
  const theirs = multi?._spanProcessors;
  // Without `onEnding` a call could not be marked as accounted for, and the engine would count its span again.
  if (!multi || !Array.isArray(theirs) || typeof multi.onEnding !== 'function') {
    complain(
      `the tracer provider ${name} is not of a kind that is known here, so none of its calls is observed; ${INSTEAD}`,
    );
    return;
  }
  if (theirs.some(isOurs)) return;
  const every = everyCall ? recordingAll(provider) : undefined;
  if (everyCall && !every) {
    complain(
      `the sampler of the tracer provider ${name} was not found, so that calls which it does not record are not observed; wrap it in createAlwaysRecordSampler of @opentelemetry/sdk-trace`,
    );
  }
  multi._spanProcessors = every ? [every.processor(processor, theirs)] : [processor, ...theirs];
}

/** A processor of ours that the application has set up itself: it observes already. */
function isOurs(processor: unknown): boolean {
  return (
    processor instanceof PanoramaSpanProcessor ||
    (processor as object | undefined)?.constructor?.name === 'PanoramaSpanProcessor'
  );
}

/** Puts ours round the sampler of a provider, and of the tracers that it has made already. */
function recordingAll(provider: ProviderParts): EveryCall | undefined {
  const options = provider._tracerOptions ?? provider._config;
  const theirs = options?.sampler;
  if (!options || typeof theirs?.shouldSample !== 'function') return undefined;
  const every = new EveryCall();
  const sampler = every.sampler(theirs);
  options.sampler = sampler;
  for (const tracer of provider._tracers?.values() ?? []) if (tracer._sampler === theirs) tracer._sampler = sampler;
  return every;
}

/** Propagators that need nothing round them: ours, and those that have been said to carry no baggage. */
const settled = new WeakSet<object>();

/** The application's propagator, with ours round it; itself where it has ours within, or carries no baggage. */
export function carrying(theirs: unknown, { destinations }: Attachment): unknown {
  if (typeof theirs !== 'object' || theirs === null || settled.has(theirs) || hasOurs(theirs)) return theirs;
  const delegate = theirs as TextMapPropagator;
  if (!fieldsOf(delegate).includes('baggage')) {
    settled.add(theirs);
    complain(
      "the application's propagator carries no baggage, so neither who asks nor for how long is told; add baggage to its propagators (OTEL_PROPAGATORS)",
    );
    return theirs;
  }
  const around = new PanoramaPropagator({ delegate, destinations: allowedDestinations(destinations) });
  settled.add(around);
  return around;
}

/** What a propagator writes; nothing where it does not say, as one need not that is written by hand. */
function fieldsOf(propagator: Partial<TextMapPropagator>): readonly unknown[] {
  const fields: unknown = propagator.fields?.();
  return Array.isArray(fields) ? fields : [];
}

/** Ours, or a composite one that has it. */
function hasOurs(propagator: object): boolean {
  const { _propagators: parts } = propagator as { readonly _propagators?: unknown };
  return (
    propagator instanceof PanoramaPropagator ||
    (Array.isArray(parts) && parts.some((part) => typeof part === 'object' && part !== null && hasOurs(part)))
  );
}
