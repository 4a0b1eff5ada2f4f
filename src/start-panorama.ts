// SPDX-License-Identifier: Apache-2.0
/**
 * OpenTelemetry's Node SDK with Panorama, in one call. It exists because the obvious way is a trap: giving `NodeSDK` a
 * `spanProcessors` list silently switches off its own exporter, and the traces a team already has disappear. Here both
 * are always there: ordinary spans go where they went before, observations go to the engine.
 */
import { randomUUID } from 'node:crypto';
import { register } from 'node:module';
import type { TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { allowedDestinations } from './baggage/transport/destinations.js';
import { PanoramaPropagator } from './baggage/transport/propagator.js';
import { withResponses } from './baggage/transport/response-hooks.js';
import { complain } from './complaint.js';
import { guestEnvironment } from './environment.js';
import { SEMCONV } from './model/attributes.js';
import { ordinaryProcessors } from './ordinary-spans.js';
import type { PanoramaSpanProcessorOptions } from './processor/options.js';
import { PanoramaSpanProcessor } from './processor/panorama-span-processor.js';
import { EveryCall, samplerOfEnvironment } from './sampling.js';

/** Where the engine listens for OTLP over gRPC unless told otherwise: the port that OTLP reserves. */
export const DEFAULT_ENGINE_URL = 'http://127.0.0.1:4317';

export type Instrumentations = NodeSDKConfiguration['instrumentations'];

export interface StartPanoramaOptions {
  /** `service.name`. Default: `OTEL_SERVICE_NAME`, or what the resource detectors find. */
  readonly serviceName?: string | undefined;
  /** `service.instance.id`. Default: from `OTEL_RESOURCE_ATTRIBUTES`, else a random UUID. The variable wins over both. */
  readonly serviceInstanceId?: string | undefined;
  /** The engine's OTLP/gRPC address. Default: `PANORAMA_ENDPOINT`, else `http://127.0.0.1:4317`. */
  readonly engineUrl?: string | undefined;
  /**
   * Where ordinary spans go. Default: where `NodeSDK` would send them by `OTEL_TRACES_EXPORTER` and
   * `OTEL_EXPORTER_OTLP_*`, OTLP over HTTP unless they say otherwise; `null` sends them nowhere. The engine learns which
   * instance serves an address from them, so let them reach it, directly or through a Collector.
   */
  readonly traceExporter?: SpanExporter | null | undefined;
  /** Instrumentations to load: those of HTTP, gRPC and your database drivers make the client spans. */
  readonly instrumentations?: Instrumentations | undefined;
  /**
   * DNS suffixes beside private addresses to which identities may travel as baggage. Default:
   * `PANORAMA_BAGGAGE_DESTINATIONS`, else none.
   */
  readonly baggageDestinations?: readonly string[] | undefined;
  /**
   * Whether calls are observed that the sampler would not record. Default: `PANORAMA_EVERY_CALL`, else true. The sampler
   * decides what is exported either way.
   */
  readonly everyCall?: boolean | undefined;
  /** Further span processors of your own. */
  readonly spanProcessors?: readonly SpanProcessor[] | undefined;
  /** Options of the Panorama processor other than its exporter; some have variables, which these go before. */
  readonly processor?: Omit<PanoramaSpanProcessorOptions, 'exporter'> | undefined;
  /** Anything else for `NodeSDK`: sampler, metric readers, resource detectors, … */
  readonly sdk?: Partial<Omit<NodeSDKConfiguration, 'spanProcessors' | 'spanProcessor' | 'traceExporter'>> | undefined;
}

export interface Panorama {
  readonly processor: PanoramaSpanProcessor;
  /** The SDK that was started; `undefined` where Panorama is switched off. */
  readonly sdk: NodeSDK | undefined;
  /** Sends what waits and stops. Call it where your process ends in an orderly way. */
  shutdown(): Promise<void>;
}

/**
 * Starts the SDK with the Panorama processor and propagator beside everything it would have had without them. Call it
 * before the instrumented modules are loaded: in a file given to `node --import`.
 */
export function startPanorama(options: StartPanoramaOptions = {}): Panorama {
  return startWith(options, () => options.instrumentations ?? options.sdk?.instrumentations ?? []);
}

/** The same, with instrumentations that are made only where they are needed. */
export function startWith(options: StartPanoramaOptions, instrumentations: () => Instrumentations): Panorama {
  const environment = guestEnvironment();
  if (!environment.enabled) return switchedOff();
  registerModuleHook();
  const processor = new PanoramaSpanProcessor({
    ...environment.processor,
    ...given(options.processor),
    exporter: new OTLPTraceExporter({ url: engineUrlOf(options.engineUrl ?? environment.engineUrl) }),
  });
  const ordinary = [...ordinaryProcessors(options.traceExporter), ...(options.spanProcessors ?? [])];
  const everyCall = (options.everyCall ?? environment.everyCall) ? new EveryCall() : undefined;
  const sampler = options.sdk?.sampler ?? samplerOfEnvironment();
  const destinations = options.baggageDestinations ?? environment.baggageDestinations;
  const sdk = new NodeSDK({
    ...options.sdk,
    ...(options.serviceName !== undefined && { serviceName: options.serviceName }),
    resource: defaultResource()
      .merge(resourceFromAttributes({ [SEMCONV.SERVICE_INSTANCE_ID]: options.serviceInstanceId ?? randomUUID() }))
      .merge(options.sdk?.resource ?? null),
    instrumentations: withResponses(instrumentations()),
    textMapPropagator: options.sdk?.textMapPropagator ?? propagatorTo(destinations),
    sampler: everyCall?.sampler(sampler) ?? sampler,
    spanProcessors: everyCall ? [everyCall.processor(processor, ordinary)] : [processor, ...ordinary],
  });
  sdk.start();
  return { processor, sdk, shutdown: () => sdk.shutdown() };
}

/** Stands where a Panorama would, and does nothing: neither spans nor observations are made. */
function switchedOff(): Panorama {
  const exporter: SpanExporter = { export: () => undefined, shutdown: async () => undefined };
  const processor = new PanoramaSpanProcessor({ exporter });
  return { processor, sdk: undefined, shutdown: () => processor.shutdown() };
}

/** Options that are there; one that is `undefined` is none, and a variable may stand in for it. */
function given<T extends object>(options: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** `host:port` will do. A wrong address must not stop the host: it is said, and the default stands in. */
function engineUrlOf(given: string | undefined): string {
  const text = given?.trim();
  if (!text) return DEFAULT_ENGINE_URL;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.canParse(url) && /^https?:/i.test(url)) return url;
  complain(`${JSON.stringify(text)} is no address of an engine, such as ${DEFAULT_ENGINE_URL}; using that`);
  return DEFAULT_ENGINE_URL;
}

function propagatorTo(destinations: readonly string[] | undefined): TextMapPropagator {
  return new CompositePropagator({
    propagators: [
      new W3CTraceContextPropagator(),
      new PanoramaPropagator({ destinations: allowedDestinations(destinations) }),
    ],
  });
}

let hookRegistered = false;

/** Lets instrumentations reach modules that are loaded by `import`; those loaded by `require` need no hook. */
function registerModuleHook(): void {
  if (hookRegistered) return;
  hookRegistered = true;
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
}
