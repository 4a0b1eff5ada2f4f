// SPDX-License-Identifier: Apache-2.0
/**
 * The SDK that we start where the application has none yet. It holds its place for whoever may come: when the application
 * starts an SDK of its own, everything of this one is taken back, and tracers that were handed out before make their spans
 * with the other one. What it has recorded until then would not exist without us, and is exported to nobody.
 */
import type { Tracer, TracerProvider } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { registered, registeredTracerProvider, release, type Slot, type Slots } from './api-globals.js';
import { say } from './diagnostics.js';
import type { OwnInstrumentations } from './own-instrumentations.js';

export class OwnSdk {
  readonly sdk: NodeSDK;
  readonly #instrumentations: OwnInstrumentations;
  readonly #place: Place;
  #ours: Slots = {};

  constructor(configuration: Partial<NodeSDKConfiguration>, instrumentations: OwnInstrumentations, place: Place) {
    this.sdk = new NodeSDK({ ...configuration, instrumentations: [...instrumentations.all] });
    this.#instrumentations = instrumentations;
    this.#place = place;
  }

  start(): void {
    const before = registered();
    this.sdk.start();
    for (const [slot, value] of Object.entries(registered()) as [Slot, unknown][]) {
      if (before[slot] !== value) this.#ours[slot] = value;
    }
    const provider = registeredTracerProvider();
    if (this.#ours.trace !== undefined && provider) this.#place.lendTracers(provider as TracerProvider);
  }

  /** Lets somebody else register one thing. */
  release(slot: Slot): void {
    release(slot, this.#ours);
    // In one of the ways to start an SDK logs come before traces, and nothing tells of them.
    release('logs', this.#ours);
  }

  /** Takes everything back, for a tracer provider of the application's is about to be registered. */
  makeWay(): void {
    for (const slot of Object.keys(this.#ours) as Slot[]) release(slot, this.#ours);
    this.#ours = {};
    this.#instrumentations.takeBack();
    this.#place.leave();
    this.sdk.shutdown().catch((error: unknown) => say('error', () => 'shutdown failed', error));
  }
}

/** What was handed out, and works on when the place has been left. */
export class Place {
  #left = false;
  #successor: TracerProvider | undefined;

  leave(): void {
    this.#left = true;
  }

  giveTo(successor: TracerProvider): void {
    this.#successor ??= successor;
  }

  /** Our processor for the time being: it goes on when the provider that it was lent to is shut down. */
  lent(processor: SpanProcessor): SpanProcessor {
    return {
      onStart: (span, context) => processor.onStart(span, context),
      onEnding: (span) => processor.onEnding?.(span),
      onEnd: (span) => processor.onEnd(span),
      forceFlush: () => processor.forceFlush(),
      shutdown: async () => void (this.#left || (await processor.shutdown())),
    };
  }

  /** An exporter that gets nothing more once the place has been left. */
  gated(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans: ReadableSpan[], done: (result: ExportResult) => void) => {
        if (this.#left) done({ code: ExportResultCode.SUCCESS });
        else exporter.export(spans, done);
      },
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    };
  }

  /** Has a provider's tracers make their spans with its successor, once there is one. */
  lendTracers(provider: TracerProvider): void {
    const getTracer = provider.getTracer.bind(provider);
    provider.getTracer = (...asked) => this.#lentTracer(getTracer(...asked), asked);
  }

  #lentTracer(own: Tracer, asked: Parameters<TracerProvider['getTracer']>): Tracer {
    let successors: Tracer | undefined;
    const now = (): Tracer => {
      if (this.#successor) successors ??= this.#successor.getTracer(...asked);
      return successors ?? own;
    };
    const lent = Object.create(own) as Tracer;
    lent.startSpan = (...args) => now().startSpan(...args);
    lent.startActiveSpan = (...args: unknown[]) => (now().startActiveSpan as (...args: unknown[]) => never)(...args);
    return lent;
  }
}
