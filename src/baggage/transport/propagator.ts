// SPDX-License-Identifier: Apache-2.0
/**
 * Carries identity, deadline and bag with each call, inside the W3C `baggage` header that OpenTelemetry's own propagator
 * writes. It stands in that propagator's place, not beside it: both would write the same header.
 *
 * Everything it must know is on the span of the call itself: the resource says who calls, the attributes whom. So it
 * needs no configuration, and a call without a span that says whom it calls carries nothing of ours.
 */
import {
  type Context,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
  type Baggage as W3CBaggage,
} from '@opentelemetry/api';
import { isTracingSuppressed, W3CBaggagePropagator } from '@opentelemetry/core';
import { type Attributes, SEMCONV, textOf } from '../../model/attributes.js';
import type { ResourceLike } from '../../observe/component.js';
import { observerOf } from '../../observe/observer-identity.js';
import { subjectOf } from '../../observe/subject.js';
import { Baggage } from '../bag/baggage.js';
import { DEADLINE_ENTRY, readDeadline, removeDeadline, sentMs, writeDeadline } from '../deadline.js';
import {
  isIdentityAlone,
  readIdentity,
  removeIdentity,
  withoutMalformedIdentity,
  writeIdentity,
} from '../identity-entries.js';
import { isMessage } from '../message-context.js';
import { activeScope, BaggageScope, contained, countLoss, withScope } from '../scope.js';
import { noteCall } from './calls.js';
import { extracted } from './carriers.js';
import { allowedDestinations, type DestinationPolicy } from './destinations.js';
import { BAG_ENTRY, BAGGAGE_HEADER, bagOfText, headerOf, textOfBag } from './header-text.js';
import { KnownHeaders } from './known-headers.js';
import { withdrawFrom } from './leftovers.js';
import { hostBehind, takeTarget } from './request-target.js';
import { bagBytesBeside } from './room.js';
import { rememberRequest, scopeOfRequest } from './same-request.js';

/** How `PanoramaPropagator` is made; all of it is optional. */
export interface PanoramaPropagatorOptions {
  /** To which hosts baggage may go. Default: `allowedDestinations()`, private ones only. */
  readonly destinations?: DestinationPolicy | undefined;
  /** What writes and reads the `baggage` header. Default: OpenTelemetry's W3C baggage propagator. */
  readonly delegate?: TextMapPropagator | undefined;
}

/** A span that the SDK records, as far as it is read here. */
type RecordedSpan = Span & {
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly resource: ResourceLike;
};

/**
 * Writes and reads the W3C `baggage` header, with who asks, how long the answer is wanted and the bag in it. Register it
 * in the place of OpenTelemetry's baggage propagator, beside that of the trace context. Never throws.
 *
 * ```ts
 * new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new PanoramaPropagator()] })
 * ```
 */
export class PanoramaPropagator implements TextMapPropagator {
  readonly #allows: DestinationPolicy;
  readonly #delegate: TextMapPropagator;
  /** Of OpenTelemetry's own propagator, which makes the same of the same text each time. */
  readonly #known: KnownHeaders | undefined;

  constructor(options: PanoramaPropagatorOptions = {}) {
    this.#allows = options.destinations ?? allowedDestinations();
    this.#delegate = options.delegate ?? new W3CBaggagePropagator();
    this.#known = options.delegate ? undefined : new KnownHeaders();
  }

  /** Writes the baggage of the context, with our entries where the destination may have them. Never throws. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    // A foreign span or a policy that throws must cost the host neither its request nor its own baggage.
    const outgoing = contained(undefined, () => this.#outgoing(context)) ?? withoutOurs(context);
    contained(undefined, () => withdrawFrom(carrier));
    contained(undefined, () => {
      if (typeof outgoing === 'string') setter.set(carrier, BAGGAGE_HEADER, outgoing);
      else this.#delegate.inject(outgoing, carrier, setter);
    });
  }

  /** Reads the baggage, and begins the scope of the request. Entries of the wrong shape are dropped. Never throws. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const read = contained(context, () => this.#read(context, carrier, getter));
    return contained(read, () => this.#begun(read, carrier, getter));
  }

  fields(): string[] {
    return this.#delegate.fields();
  }

  /**
   * The header with our entries for the call that a context's span stands for, or where it is not known the context with the
   * baggage that it is to be made of; `undefined` where none may go.
   */
  #outgoing(context: Context): string | Context | undefined {
    const span = trace.getSpan(context) as Partial<RecordedSpan> | undefined;
    const message = isMessage(context);
    const target = takeTarget();
    if (isTracingSuppressed(context) || (!message && !this.#mayCarry(span, target))) return undefined;
    const baggage = propagation.getBaggage(context);
    const observer = span?.resource && observerOf(span.resource);
    const subject = span?.attributes && !message ? subjectOf(span.attributes)?.text : undefined;
    const scope = activeScope(context);
    if (span && !message) noteCall(span as Span, scope);
    const identified = () =>
      writeIdentity(baggage, { observer, subject, origin: readIdentity(baggage).origin ?? observer });
    if (observer !== undefined && subject !== undefined && (!scope || scope.isEmpty)) {
      const known = this.#known?.written(baggage, observer, subject, () => this.#textOf(identified()));
      if (known !== undefined) return withDeadline(known, context);
    }
    let written = writeDeadline(withoutBag(identified()), context);
    const bag = scope && !scope.isEmpty ? outgoingBeside(written, scope) : undefined;
    if (bag) written = written.setEntry(BAG_ENTRY, { value: textOfBag(bag) });
    return propagation.setBaggage(context, written);
  }

  #textOf(baggage: W3CBaggage): string | undefined {
    const carrier: Record<string, string> = {};
    this.#delegate.inject(propagation.setBaggage(ROOT_CONTEXT, baggage), carrier, defaultTextMapSetter);
    return carrier[BAGGAGE_HEADER];
  }

  /**
   * A server span stands for no call: its `server.address` is its own, and says nothing of where the baggage goes. A
   * span that is not recorded does not say either.
   */
  #mayCarry(span: Partial<RecordedSpan> | undefined, target: string | undefined): boolean {
    if (!span?.attributes || !span.resource) return false;
    if (span.kind !== SpanKind.CLIENT && span.kind !== SpanKind.PRODUCER) return false;
    const host = textOf(
      span.attributes[SEMCONV.SERVER_ADDRESS],
      span.attributes[SEMCONV.NET_PEER_NAME],
      span.attributes[SEMCONV.NETWORK_PEER_ADDRESS],
    );
    if (host === undefined || !this.#allows(host)) return false;
    const behind = hostBehind(span.attributes, target);
    return behind === undefined || (behind !== '' && this.#allows(behind));
  }

  #read(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const text = this.#known && headerOf(carrier, BAGGAGE_HEADER, getter);
    const known = text === undefined ? undefined : this.#known?.read(text);
    if (known) return propagation.setBaggage(context, known);
    const read = this.#delegate.extract(context, carrier, getter);
    // A header in which there is nothing leaves the context what it was.
    if (text !== undefined && read !== context) this.#known?.learn(text, propagation.getBaggage(read));
    return read;
  }

  /**
   * The context of a request that came in: its scope begins with the bag that came along. A handler that extracts for itself
   * what its instrumentation has extracted before keeps the scope that is answered.
   */
  #begun(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const baggage = propagation.getBaggage(context);
    const known = scopeOfRequest(context, carrier, getter);
    const scope = known ?? rememberRequest(this.#scopeFrom(baggage), carrier, getter);
    extracted(carrier, scope);
    const begun = withScope(context, scope);
    if (!baggage || isIdentityAlone(baggage)) return begun;
    const kept = withoutMalformedIdentity(withoutBag(baggage));
    return readDeadline(kept === baggage ? begun : propagation.setBaggage(begun, kept));
  }

  #scopeFrom(baggage: W3CBaggage | undefined): BaggageScope {
    const text = baggage && !isIdentityAlone(baggage) ? baggage.getEntry(BAG_ENTRY)?.value : undefined;
    const received = typeof text === 'string' ? bagOfText(text) : undefined;
    // Only who sent entries of ours will understand an answer.
    const answers = received || readIdentity(baggage).observer !== undefined ? this.#allows : undefined;
    return new BaggageScope(received && Baggage.enter(received), answers);
  }
}

/** A header that says what remains, too. */
function withDeadline(header: string, of: Context): string {
  const left = sentMs(of);
  return left === undefined ? header : `${header},${DEADLINE_ENTRY}=${left}`;
}

/** The bag, as much of it as fits beside what is sent anyway. */
function outgoingBeside(others: W3CBaggage, scope: BaggageScope): Uint8Array | undefined {
  const byteCountMax = bagBytesBeside(others);
  if (byteCountMax > 0) return scope.outgoing(byteCountMax);
  countLoss('truncated', 'the baggage that the host itself sends leaves no room for ours');
  return undefined;
}

/** The host's own baggage alone. */
function withoutOurs(context: Context): Context {
  const baggage: W3CBaggage | undefined = propagation.getBaggage(context);
  return baggage ? propagation.setBaggage(context, removeDeadline(withoutBag(removeIdentity(baggage)))) : context;
}

function withoutBag(baggage: W3CBaggage): W3CBaggage {
  return baggage.getEntry(BAG_ENTRY) ? baggage.removeEntry(BAG_ENTRY) : baggage;
}
