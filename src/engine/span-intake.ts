// SPDX-License-Identifier: Apache-2.0
/**
 * One export request → observations. Three kinds of spans come in: observation spans of our guests, raw client spans of
 * any SDK, and server spans; the first two make callers' observations and the third the subject's own report. A client
 * span that a guest has accounted for (`panorama.observed`) serves for identity only, so that nothing counts twice.
 */
import { PANORAMA, textOf } from '../model/attributes.js';
import { BoundedMap } from '../model/bounded-map.js';
import type { Identity } from '../model/identity.js';
import type { Observation } from '../model/observation.js';
import { type ResourceSpans, SpanKind, type SpanRecord } from '../model/span.js';
import { HealthStatus } from '../model/status.js';
import { componentOf, environmentOf, hostOf } from '../observe/component.js';
import { decodeObservation, isObservationSpan } from '../observe/observation-span.js';
import {
  evidenceOf,
  isCall,
  isServed,
  observeCall,
  observeSelf,
  type Sighting,
  type SkipReason,
} from '../observe/observe.js';
import { OperationCap } from '../observe/operation-cap.js';
import type { ObserveRules } from '../observe/rules.js';
import { UsualLatency } from '../observe/usual-latency.js';
import { AddressBook } from './identity/address-book.js';
import { addressOnHost, subjectOnHost } from './identity/loopback.js';
import { ObserverClocks } from './identity/observer-clocks.js';
import { type Pairing, SpanPairing } from './identity/span-pairing.js';

/** An observation and when it was seen by the engine's clock. */
export interface DatedObservation {
  readonly observation: Observation;
  readonly atMs: number;
}

/** An address that turned out to be an instance (or a service with several): what was recorded under it moves. */
export interface Renaming {
  readonly environment: string;
  readonly from: string;
  readonly to: Identity;
}

export interface Intake {
  readonly renamings: readonly Renaming[];
  readonly observations: readonly DatedObservation[];
  /** Observation spans that could not be read, and the first one's fault. */
  readonly rejectedSpans: number;
  readonly message: string;
}

/** What came in so far, in spans. */
export interface IntakeCounts {
  spans: number;
  observations: number;
  calls: number;
  served: number;
  /** Client spans that a guest had accounted for. */
  accounted: number;
  /** Delivered before and ignored. */
  duplicates: number;
  unidentified: number;
  abandoned: number;
  ignored: number;
  rejected: number;
}

/** Ids remembered to know a repeated delivery: exporters retry within a minute. About 150 bytes each. */
const RECENT_ID_COUNT_MAX = 100_000;

/** Operations of observers whose usual latency is remembered. About 200 bytes each. */
const USUAL_LATENCY_COUNT_MAX = 50_000;

const WITHOUT_EVIDENCE: readonly [] = [];

export class SpanIntake {
  readonly counts: IntakeCounts = {
    spans: 0,
    observations: 0,
    calls: 0,
    served: 0,
    accounted: 0,
    duplicates: 0,
    unidentified: 0,
    abandoned: 0,
    ignored: 0,
    rejected: 0,
  };
  readonly #rules: ObserveRules;
  readonly #addresses = new AddressBook();
  readonly #pairing = new SpanPairing();
  readonly #clocks = new ObserverClocks();
  readonly #usualLatency = new UsualLatency(USUAL_LATENCY_COUNT_MAX);
  readonly #operations = new OperationCap();
  readonly #recentIds = new BoundedMap<string, true>(RECENT_ID_COUNT_MAX);

  constructor(rules: ObserveRules) {
    this.#rules = rules;
  }

  /** Calls folded into the operation `other`. */
  get foldedCount(): number {
    return this.#operations.foldedCount;
  }

  /** Reads a request. Identities are learned from all of it first, so that its own observations profit. */
  read(resources: readonly ResourceSpans[], receivedMs: number): Intake {
    const renamings = resources.flatMap((each) => this.#learn(each));
    const observations: DatedObservation[] = [];
    let rejectedSpans = 0;
    let message = '';
    for (const { resource, spans } of resources) {
      const observer = componentOf(resource);
      const environment = environmentOf(resource);
      const host = hostOf(resource);
      const delaysMs = spans.map((span) => receivedMs - endMs(span));
      const correctionMs = this.#clocks.correctionMs(
        `${environment} ${speakerOf(spans) ?? observer.text}`,
        delaysMs,
        receivedMs,
      );
      for (const span of spans) {
        this.counts.spans++;
        const observation = this.#observe(span, observer, environment, host);
        if (typeof observation === 'string') {
          rejectedSpans++;
          message ||= `observation span ${span.spanId} was refused: ${observation}`;
        } else if (observation && this.#isNew(observation.id)) {
          observations.push({ observation, atMs: Math.min(receivedMs, observation.observedMs + correctionMs) });
        }
      }
    }
    this.counts.rejected += rejectedSpans;
    return { renamings, observations, rejectedSpans, message };
  }

  #learn({ resource, spans }: ResourceSpans): Renaming[] {
    const component = componentOf(resource);
    const environment = environmentOf(resource);
    const renamings: Renaming[] = [];
    for (const span of spans) {
      let pairing: Pairing | undefined;
      // Only a request and its service: a consumer answers nowhere, least of all at its broker's address.
      if (span.kind === SpanKind.CLIENT) pairing = this.#pairing.client(span, environment, hostOf(resource));
      else if (span.kind === SpanKind.SERVER) pairing = this.#pairing.server(span, component);
      if (pairing) renamings.push(...this.#renamingsOf(pairing));
    }
    return renamings;
  }

  #renamingsOf({ environment, addresses, instance }: Pairing): Renaming[] {
    return addresses.flatMap((from) => {
      const before = this.#addresses.resolve(environment, from);
      this.#addresses.learn(environment, from, instance);
      const to = this.#addresses.resolve(environment, from);
      return to && to.text !== before?.text ? [{ environment, from, to }] : [];
    });
  }

  /** An observation, nothing, or what is wrong with a span that claims to be one. */
  #observe(span: SpanRecord, observer: Identity, environment: string, host: string): Observation | string | undefined {
    if (isObservationSpan(span)) return this.#received(span, observer, environment, host);
    if (isServed(span.kind)) {
      this.counts.served++;
      return this.#observation(observeSelf(span, observer, this.#rules), span, observer, environment);
    }
    if (!isCall(span.kind)) return undefined;
    if (span.attributes[PANORAMA.OBSERVED] === true) {
      this.counts.accounted++;
      return undefined;
    }
    this.counts.calls++;
    const sighting = observeCall(
      span,
      {
        resolveAddress: (address) => this.#addresses.resolve(environment, addressOnHost(address, host)),
        usualLatency: this.#usualLatency,
        scope: `${environment} ${observer.text}`,
      },
      this.#rules,
    );
    if (typeof sighting === 'string') {
      this.counts[sighting satisfies SkipReason]++;
      return undefined;
    }
    const subject = subjectOnHost(sighting.subject, host);
    return this.#observation({ ...sighting, subject }, span, observer, environment);
  }

  /** A guest's observation. The guest may know its subject by address only; the book may know better. */
  #received(span: SpanRecord, observer: Identity, environment: string, host: string): Observation | string {
    const observation = decodeObservation(span, observer, environment);
    if (typeof observation === 'string') return observation;
    this.counts.observations++;
    const named = subjectOnHost({ text: observation.subject, resolution: observation.resolution }, host);
    const known = named.resolution === 'address' ? this.#addresses.resolve(environment, named.text) : undefined;
    const subject = known?.text ?? named.text;
    return {
      ...observation,
      subject,
      resolution: known?.resolution ?? observation.resolution,
      operation: this.#operations.admit(`${environment} ${subject}`, observation.operation),
    };
  }

  #observation(sighting: Sighting, span: SpanRecord, observer: Identity, environment: string): Observation {
    const { subject, operation, status, reason, source } = sighting;
    const seconds = span.durationMs / 1000;
    return {
      // Some tracers give both ends of a call one span id; its two observations are two all the same.
      id: source === 'self' ? `${span.traceId}${span.spanId}/self` : span.traceId + span.spanId,
      environment,
      observer: observer.text,
      subject: subject.text,
      resolution: subject.resolution,
      operation: this.#operations.admit(`${environment} ${subject.text}`, operation),
      status,
      reason,
      source,
      count: 1,
      observedMs: endMs(span),
      windowMs: 0,
      latency: { meanSeconds: seconds, maxSeconds: seconds },
      evidence: status === HealthStatus.HEALTHY ? WITHOUT_EVIDENCE : [evidenceOf(span, span)],
    };
  }

  #isNew(id: string): boolean {
    if (this.#recentIds.get(id)) {
      this.counts.duplicates++;
      return false;
    }
    this.#recentIds.set(id, true);
    return true;
  }
}

/** With its fraction, which orders the calls of one millisecond. */
function endMs(span: SpanRecord): number {
  return Number(span.endUnixNano) / 1e6;
}

/** Who speaks through a guest: replicas without an instance id have one resource, but each a clock of its own. */
function speakerOf(spans: readonly SpanRecord[]): string | undefined {
  const span = spans.find(isObservationSpan);
  return span && textOf(span.attributes[PANORAMA.OBSERVER]);
}
