// SPDX-License-Identifier: Apache-2.0
/**
 * Carries the identity entries with each call, inside the W3C `baggage` header that OpenTelemetry's own propagator
 * writes. It stands in that propagator's place, not beside it: both would write the same header.
 *
 * Everything it must know is on the span of the call itself: the resource says who calls, the attributes whom. So it
 * needs no configuration, and a call without a recording span carries no identity.
 */
import {
  type Baggage,
  type Context,
  diag,
  propagation,
  SpanKind,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import { type Attributes, SEMCONV, textOf } from '../model/attributes.js';
import { attributesOfResource, componentOf, type ResourceLike } from '../observe/component.js';
import { subjectOf } from '../observe/subject.js';
import { allowedDestinations, type DestinationPolicy } from './destinations.js';
import { type IdentityEntries, readIdentity, removeIdentity, writeIdentity } from './identity-entries.js';

export interface PanoramaPropagatorOptions {
  /** To which hosts identity may go. Default: `allowedDestinations()`, private ones only. */
  readonly destinations?: DestinationPolicy | undefined;
  /** What writes and reads the `baggage` header. Default: OpenTelemetry's W3C baggage propagator. */
  readonly delegate?: TextMapPropagator | undefined;
}

/** A span that the SDK records, as far as it is read here. */
interface RecordedSpan {
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly resource: ResourceLike;
}

export class PanoramaPropagator implements TextMapPropagator {
  readonly #allows: DestinationPolicy;
  readonly #delegate: TextMapPropagator;
  readonly #observers = new WeakMap<ResourceLike, string>();
  #faultSaid = false;

  constructor(options: PanoramaPropagatorOptions = {}) {
    this.#allows = options.destinations ?? allowedDestinations();
    this.#delegate = options.delegate ?? new W3CBaggagePropagator();
  }

  /** Writes the baggage of the context, with our entries where the destination may have them. Never throws. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    try {
      this.#delegate.inject(this.#outgoing(context), carrier, setter);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** Reads the baggage; identity entries of the wrong shape are dropped. Never throws. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      const extracted = this.#delegate.extract(context, carrier, getter);
      const baggage = propagation.getBaggage(extracted);
      if (!baggage) return extracted;
      return propagation.setBaggage(extracted, writeIdentity(baggage, readIdentity(baggage)));
    } catch (error) {
      this.#fault(error);
      return context;
    }
  }

  fields(): string[] {
    return this.#delegate.fields();
  }

  #outgoing(context: Context): Context {
    const baggage = propagation.getBaggage(context);
    const entries = this.#entriesFor(context, baggage);
    if (!entries) return baggage ? propagation.setBaggage(context, removeIdentity(baggage)) : context;
    return propagation.setBaggage(context, writeIdentity(baggage, entries));
  }

  /**
   * The entries for the call that the context's span stands for; `undefined` where none may go. A server span stands
   * for no call: its `server.address` is its own, and says nothing of where the baggage goes.
   */
  #entriesFor(context: Context, baggage: Baggage | undefined): IdentityEntries | undefined {
    try {
      const span = trace.getSpan(context) as Partial<RecordedSpan> | undefined;
      if (!span?.attributes || !span.resource) return undefined;
      if (span.kind !== SpanKind.CLIENT && span.kind !== SpanKind.PRODUCER) return undefined;
      const host = textOf(span.attributes, SEMCONV.SERVER_ADDRESS, SEMCONV.NET_PEER_NAME, SEMCONV.NETWORK_PEER_ADDRESS);
      if (host === undefined || !this.#allows(host)) return undefined;
      const observer = this.#observerOf(span.resource);
      return { observer, origin: readIdentity(baggage).origin ?? observer, subject: subjectOf(span.attributes)?.text };
    } catch (error) {
      // A foreign span or a policy that throws must cost the host neither its request nor its own baggage.
      this.#fault(error);
      return undefined;
    }
  }

  /** Said once: a fault on the way of every request repeats with every request. */
  #fault(error: unknown): void {
    if (this.#faultSaid) return;
    this.#faultSaid = true;
    diag.error('panorama: a fault of the baggage propagator was contained', error);
  }

  #observerOf(resource: ResourceLike): string {
    const known = this.#observers.get(resource);
    if (known !== undefined) return known;
    const observer = componentOf(attributesOfResource(resource)).text;
    if (!resource.asyncAttributesPending) this.#observers.set(resource, observer);
    return observer;
  }
}
