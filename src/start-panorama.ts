// SPDX-License-Identifier: Apache-2.0
/**
 * OpenTelemetry's Node SDK with Panorama, in one call. It exists because the obvious way is a trap: giving `NodeSDK` a
 * `spanProcessors` list silently switches off its own exporter, and the traces a team already has disappear. Here both
 * are always there: ordinary spans go where they went before, observations go to the engine.
 */
import { randomUUID } from 'node:crypto';
import { register } from 'node:module';
import type { TextMapPropagator, TracerProvider } from '@opentelemetry/api';
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import type { NodeSDK, NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { listenToRegistrations, registered, registeredTracerProvider, replace } from './api-globals.js';
import { loadUnseen } from './app-modules.js';
import { allowedDestinations } from './baggage/transport/destinations.js';
import { PanoramaPropagator } from './baggage/transport/propagator.js';
import { complain } from './complaint.js';
import { guestEnvironment } from './environment.js';
import { type Attachment, attachTo, carrying } from './foreign-sdk.js';
import { SEMCONV } from './model/attributes.js';
import { ordinaryProcessors } from './ordinary-spans.js';
import { type Instrumentations, OwnInstrumentations } from './own-instrumentations.js';
import { OwnSdk, Place } from './own-sdk.js';
import type { PanoramaSpanProcessorOptions } from './processor/options.js';
import { PanoramaSpanProcessor } from './processor/panorama-span-processor.js';
import { EveryCall, samplerOfEnvironment } from './sampling.js';

/** Where the engine listens for OTLP over gRPC unless told otherwise: the port that OTLP reserves. */
export const DEFAULT_ENGINE_URL = 'http://127.0.0.1:4317';

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
  /** The SDK that was started; `undefined` where Panorama is switched off or beside an SDK of the application's. */
  readonly sdk: NodeSDK | undefined;
  /** Sends what waits and stops. Call it where your process ends in an orderly way. */
  shutdown(): Promise<void>;
}

/**
 * Starts the SDK with the Panorama processor and propagator beside everything it would have had without them. Call it
 * before the instrumented modules are loaded: in a file given to `node --import`.
 *
 * Where the application has an SDK already, or starts one later, Panorama goes beside that one.
 */
export function startPanorama(options: StartPanoramaOptions = {}): Panorama {
  return startWith(options, () => {
    const instrumentations = options.instrumentations ?? options.sdk?.instrumentations ?? [];
    if (instrumentations.flat().length === 0) {
      complain(
        'startPanorama was given no instrumentations, so that only calls are seen for which your own code makes client spans; pass instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation(), …]',
      );
    }
    return instrumentations;
  });
}

/** Two copies of the package in one process know of each other too. */
const STARTED = Symbol.for('panorama-otel.started');

let secondStartSaid = false;

/** The same, with instrumentations that are made only where they are needed. */
export function startWith(options: StartPanoramaOptions, instrumentations: () => Instrumentations): Panorama {
  const started = globalThis as typeof globalThis & { [STARTED]?: Panorama };
  if (started[STARTED]) {
    if (!secondStartSaid)
      complain('Panorama is started already in this process; the first start holds, and its options');
    secondStartSaid = true;
    return started[STARTED];
  }
  const environment = guestEnvironment();
  if (!environment.enabled) return switchedOff();
  // The exporter would load it with its first observation, and instrumentations of the application would patch what it loads.
  loadUnseen('@grpc/grpc-js');
  const processor = new PanoramaSpanProcessor({
    ...environment.processor,
    ...given(options.processor),
    exporter: new OTLPTraceExporter({ url: engineUrlOf(options.engineUrl ?? environment.engineUrl) }),
  });
  const attachment: Attachment = {
    processor,
    everyCall: options.everyCall ?? environment.everyCall,
    destinations: options.baggageDestinations ?? environment.baggageDestinations,
  };
  started[STARTED] = registeredTracerProvider()
    ? besideForeignSdk(attachment)
    : withOwnSdk(options, attachment, instrumentations);
  return started[STARTED];
}

/** Attaches to the SDK that is there, and to what is registered after it. */
function besideForeignSdk(attachment: Attachment): Panorama {
  const { trace, propagation } = registered();
  attachTo(trace, attachment);
  if (propagation !== undefined) replace('propagation', carrying(propagation, attachment));
  listenToRegistrations({
    before: (slot, candidate) => (slot === 'propagation' ? carrying(candidate, attachment) : candidate),
    after: (slot, candidate, accepted) => {
      if (slot === 'trace' && accepted) attachTo(candidate, attachment);
    },
  });
  return { processor: attachment.processor, sdk: undefined, shutdown: () => attachment.processor.shutdown() };
}

/** Starts an SDK, which makes way for one that the application starts. */
function withOwnSdk(
  options: StartPanoramaOptions,
  attachment: Attachment,
  instrumentations: () => Instrumentations,
): Panorama {
  registerModuleHook();
  const { processor } = attachment;
  const place = new Place();
  const ours = new OwnInstrumentations(instrumentations());
  let own: OwnSdk | undefined = new OwnSdk(configurationOf(options, attachment, place), ours, place);
  own.start();
  listenToRegistrations({
    before: (slot, candidate) => {
      if (slot === 'trace') {
        own?.makeWay();
        own = undefined;
      } else {
        own?.release(slot);
      }
      return slot === 'propagation' ? carrying(candidate, attachment) : candidate;
    },
    tracerAsked: (name) => ours.takeBackKind(String(name)),
    after: (slot, candidate, accepted) => {
      if (slot !== 'trace') return;
      if (accepted) {
        place.giveTo(candidate as TracerProvider);
        attachTo(candidate, attachment);
      } else if (!registeredTracerProvider()) {
        complain(
          "the application's tracer provider was turned away by OpenTelemetry's API; let there be one version of @opentelemetry/api in the process",
        );
      }
    },
  });
  return {
    processor,
    get sdk() {
      return own?.sdk;
    },
    shutdown: async () => void (await Promise.all([own?.sdk.shutdown(), processor.shutdown()])),
  };
}

function configurationOf(
  options: StartPanoramaOptions,
  { processor, everyCall, destinations }: Attachment,
  place: Place,
): Partial<NodeSDKConfiguration> {
  const ours = place.lent(processor);
  const others = [
    ...ordinaryProcessors(options.traceExporter, (exporter) => place.gated(exporter)),
    ...(options.spanProcessors ?? []),
  ];
  const every = everyCall ? new EveryCall() : undefined;
  const sampler = options.sdk?.sampler ?? samplerOfEnvironment();
  return {
    ...options.sdk,
    ...(options.serviceName !== undefined && { serviceName: options.serviceName }),
    resource: defaultResource()
      .merge(resourceFromAttributes({ [SEMCONV.SERVICE_INSTANCE_ID]: options.serviceInstanceId ?? randomUUID() }))
      .merge(options.sdk?.resource ?? null),
    textMapPropagator: options.sdk?.textMapPropagator ?? propagatorTo(destinations),
    sampler: every?.sampler(sampler) ?? sampler,
    spanProcessors: every ? [every.processor(ours, others)] : [ours, ...others],
  };
}

/** Stands where a Panorama would, and does nothing: neither spans nor observations are made. */
function switchedOff(): Panorama {
  const exporter: SpanExporter = { export: () => undefined, shutdown: async () => undefined };
  const processor = new PanoramaSpanProcessor({ exporter });
  void processor.shutdown();
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
