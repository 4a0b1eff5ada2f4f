// SPDX-License-Identifier: Apache-2.0
/**
 * Turns the process into a failure detector: it watches the client spans that OpenTelemetry makes anyway and tells the
 * engine what they say of each callee. Failures go at once, healthy calls as one count a second.
 *
 * It is a guest. It never throws into its host, never blocks it, never grows without bound, keeps no process alive, and
 * traces none of its own work.
 *
 * Source: Panorama (OSDI 2018), section 4: observability as a by-product of the requests a component makes anyway.
 */
import { type Context, diag, propagation } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import { remainingMs } from '../baggage/deadline.js';
import { readIdentity } from '../baggage/identity-entries.js';
import { blamed, ended, servedBy } from '../baggage/transport/told-by-processor.js';
import { type Attributes, PANORAMA, SEMCONV, textOf } from '../model/attributes.js';
import type { Timer } from '../model/clock.js';
import { OPERATION_OTHER } from '../model/limits.js';
import { HealthStatus } from '../model/status.js';
import { attributesOfResource, componentOf } from '../observe/component.js';
import { evidenceOf, isCall, isServed, observeCall, type Sighting, type SkipReason } from '../observe/observe.js';
import { OperationCap } from '../observe/operation-cap.js';
import { knowsNoAddress, subjectOf } from '../observe/subject.js';
import { UsualLatency } from '../observe/usual-latency.js';
import { observationSpan } from './observation-spans.js';
import { type FoldedSighting, ObservationWindow } from './observation-window.js';
import { type PanoramaSpanProcessorOptions, type ProcessorSettings, settingsOf } from './options.js';
import { Outbox } from './outbox.js';
import { kindOf, millisecondsOf, observable } from './sdk-span.js';

/** What the guest did so far. Calls, unless the name says otherwise. */
export interface ProcessorCounts {
  readonly observed: number;
  /** Skipped, by reason. */
  readonly unidentified: number;
  readonly abandoned: number;
  readonly ignored: number;
  /** Folded into the operation `other`. */
  readonly folded: number;
  /** Lost because more pairs were met at one time than `pairCountMax`. */
  readonly droppedCalls: number;
  /** Observations lost to a full queue, lost to a failed export, and delivered. */
  readonly droppedObservations: number;
  readonly failedObservations: number;
  readonly exportedObservations: number;
  /** Faults of our own that the host was spared. */
  readonly faults: number;
}

export class PanoramaSpanProcessor implements SpanProcessor {
  readonly #settings: ProcessorSettings;
  readonly #window: ObservationWindow;
  readonly #outbox: Outbox;
  readonly #operations: OperationCap;
  readonly #context: { readonly resolveAddress: typeof knowsNoAddress; readonly usualLatency: UsualLatency };
  readonly #counts = { observed: 0, unidentified: 0, abandoned: 0, ignored: 0, faults: 0 };
  /** Stands in for `service.instance.id` where the resource has none: two replicas must not be one observer. */
  readonly #ownInstance: string;
  readonly #observers = new WeakMap<ReadableSpan['resource'], string>();
  #resource: ReadableSpan['resource'] | undefined;
  #windowTimer: Timer | undefined;
  #lossCount = 0;
  #inLossEpisode = false;
  #shutdown: Promise<void> | undefined;

  constructor(options: PanoramaSpanProcessorOptions) {
    this.#settings = settingsOf(options);
    this.#window = new ObservationWindow(this.#settings.pairCountMax);
    this.#outbox = new Outbox(this.#settings);
    this.#operations = new OperationCap(this.#settings.pairCountMax);
    this.#context = {
      resolveAddress: knowsNoAddress,
      usualLatency: new UsualLatency(this.#settings.pairCountMax),
    };
    const bytes = new Uint8Array(8);
    this.#settings.random(bytes);
    this.#ownInstance = Buffer.from(bytes).toString('hex');
  }

  /** Writes on a call how long its caller can wait, and on the callee's server span who called, where baggage says so. */
  onStart(span: Span, parentContext: Context): void {
    this.#guard(() => {
      const kind = kindOf(span);
      if (isCall(kind)) {
        const budgetMs = remainingMs(parentContext);
        if (budgetMs !== undefined) span.setAttribute(PANORAMA.DEADLINE_REMAINING, budgetMs / 1000);
      }
      if (!isServed(kind)) return;
      servedBy(parentContext, this.#observerOf(span.resource));
      const { observer, origin } = readIdentity(propagation.getBaggage(parentContext));
      if (observer !== undefined) span.setAttribute(PANORAMA.OBSERVER, observer);
      if (origin !== undefined) span.setAttribute(PANORAMA.ORIGIN, origin);
    });
  }

  /** Marks the calls that will be accounted for, so that the engine does not count their raw spans again. */
  onEnding(span: Span): void {
    this.#guard(() => {
      if (this.#shutdown || !isCall(kindOf(span))) return;
      const subject = subjectOf(span.attributes as Attributes, knowsNoAddress, this.#settings.rules.subjects);
      if (subject) span.setAttribute(PANORAMA.OBSERVED, true);
    });
  }

  onEnd(span: ReadableSpan): void {
    this.#guard(() => {
      try {
        if (!this.#shutdown && isCall(kindOf(span))) this.#observe(span);
      } finally {
        ended(span as ReadableSpan & Span);
      }
    });
  }

  /** Sends what waits; resolves when it has been sent or given up. Never rejects. */
  async forceFlush(): Promise<void> {
    this.#guard(() => this.#endWindow());
    await this.#outbox.flush();
  }

  /** Sends what waits, then shuts the exporter down. Later spans are ignored; a second call is the first again. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#shutDownOnce();
    return this.#shutdown;
  }

  /** What was done and what was lost so far. */
  counts(): ProcessorCounts {
    return {
      ...this.#counts,
      folded: this.#operations.foldedCount,
      droppedCalls: this.#window.droppedCount,
      droppedObservations: this.#outbox.droppedCount,
      failedObservations: this.#outbox.failedCount,
      exportedObservations: this.#outbox.exportedCount,
    };
  }

  #observe(span: ReadableSpan): void {
    const seen = observable(span);
    const sighting = observeCall(seen, this.#context, this.#settings.rules);
    if (typeof sighting === 'string') {
      this.#counts[sighting satisfies SkipReason]++;
      return;
    }
    this.#counts.observed++;
    this.#resource = span.resource;
    const operation = this.#operations.admit(sighting.subject.text, sighting.operation);
    const evidence = sighting.status === HealthStatus.HEALTHY ? undefined : evidenceOf(seen, span.spanContext());
    if (sighting.status === HealthStatus.UNHEALTHY) this.#blame(span, sighting, operation);
    const endMs = millisecondsOf(span.endTime);
    this.#send(this.#window.add({ ...sighting, operation }, endMs, seen.durationMs, evidence));
    this.#windowTimer ??= this.#settings.clock.setTimer(this.#settings.windowMs, () =>
      this.#guard(() => this.#endWindow()),
    );
  }

  /** The failure that a request met goes back with its response. */
  #blame(span: ReadableSpan, { subject, reason }: Sighting, operation: string): void {
    // The SDK hands over the very span that it made.
    blamed(span as ReadableSpan & Span, {
      observer: this.#observerOf(span.resource),
      subject: subject.text,
      operation,
      reason,
    });
  }

  #endWindow(): void {
    this.#windowTimer?.cancel();
    this.#windowTimer = undefined;
    this.#send(this.#window.drain());
    this.#sayLosses();
  }

  /** One warning when a bound is first reached; the next comes only after a window in which none was. */
  #sayLosses(): void {
    const { droppedCount } = this.#window;
    const { foldedCount } = this.#operations;
    const lossCount = droppedCount + foldedCount;
    if (lossCount > this.#lossCount && !this.#inLossEpisode) {
      diag.warn(
        `panorama: a bound was reached: ${droppedCount} calls dropped past pairCountMax, ${foldedCount} folded into the operation "${OPERATION_OTHER}" so far`,
      );
    }
    this.#inLossEpisode = lossCount > this.#lossCount;
    this.#lossCount = lossCount;
  }

  #send(folded: readonly FoldedSighting[]): void {
    const resource = this.#resource;
    if (folded.length === 0 || !resource) return;
    const { random } = this.#settings;
    this.#outbox.push(
      folded.map((each) => ({
        resource,
        make: () => observationSpan(each, this.#observerOf(resource), resource, random),
      })),
    );
  }

  /** The observer is whoever made the span. Detectors may still be at work at the first spans, so it is asked late. */
  #observerOf(resource: ReadableSpan['resource']): string {
    const known = this.#observers.get(resource);
    if (known !== undefined) return known;
    const attributes = attributesOfResource(resource);
    const instance = textOf(attributes[SEMCONV.SERVICE_INSTANCE_ID]) ?? this.#ownInstance;
    const observer = componentOf({ ...attributes, [SEMCONV.SERVICE_INSTANCE_ID]: instance }).text;
    if (!resource.asyncAttributesPending) this.#observers.set(resource, observer);
    return observer;
  }

  async #shutDownOnce(): Promise<void> {
    await this.forceFlush();
    const { clock, exporter, exportTimeoutMs } = this.#settings;
    let timer: Timer | undefined;
    try {
      const givenUp = new Promise<void>((resolve) => {
        timer = clock.setTimer(exportTimeoutMs, resolve);
      });
      await Promise.race([exporter.shutdown(), givenUp]);
    } catch (error) {
      this.#fault(error);
    } finally {
      timer?.cancel();
    }
  }

  /** Whatever goes wrong here stays here. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    this.#counts.faults++;
    // Said once: a fault in a hot path repeats with every call.
    if (this.#counts.faults === 1) diag.error('panorama: a fault of the span processor was contained', error);
  }
}
