// SPDX-License-Identifier: Apache-2.0
/**
 * One export request → observations. Three kinds of spans come in: observation spans of our guests, raw client spans of
 * any SDK, and server spans; the first two make callers' observations and the third the subject's own report. A client
 * span that a guest has accounted for (`panorama.observed`) serves for identity only, so that nothing counts twice.
 */
import { PANORAMA, textOf } from '../model/attributes.js';
import { BoundedMap } from '../model/bounded-map.js';
import { type Identity, serviceOf } from '../model/identity.js';
import type { Observation } from '../model/observation.js';
import { type ResourceSpans, SpanKind, type SpanRecord } from '../model/span.js';
import { HealthStatus, isFailing } from '../model/status.js';
import { componentOf, environmentOf, hostOf } from '../observe/component.js';
import { addressOnHost, subjectOnHost } from '../observe/loopback.js';
import { blamedIn, decodeObservation, isObservationSpan } from '../observe/observation-span.js';
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
import { CallTree } from './calls/call-tree.js';
import type { SettledCall } from './calls/settled-call.js';
import { AddressBook } from './identity/address-book.js';
import { ObserverClocks } from './identity/observer-clocks.js';
import { byAnswer, type Pairing, SpanPairing } from './identity/span-pairing.js';
import type { DatedObservation, Intake, IntakeCounts, Renaming, Replaced } from './intake.js';

/** Ids remembered to know a repeated delivery: exporters retry within a minute. About 150 bytes each. */
const RECENT_ID_COUNT_MAX = 100_000;

/** Operations of observers whose usual latency is remembered. About 200 bytes each. */
const USUAL_LATENCY_COUNT_MAX = 50_000;

/** What is learned from one request. */
interface Learned {
  readonly renamings: Renaming[];
  readonly replaced: Replaced[];
}

/** Whose spans are read, and when they came. */
interface Speaker {
  readonly observer: Identity;
  readonly environment: string;
  readonly host: string;
  readonly correctionMs: number;
  readonly receivedMs: number;
}

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
  readonly #calls = new CallTree({ nameOf: (environment, address) => this.#addresses.resolve(environment, address) });
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
    const learned: Learned = { renamings: [], replaced: [] };
    const pairings: Pairing[] = [];
    for (const each of resources) this.#pair(each, pairings);
    for (const pairing of pairings.sort(byAnswer)) this.#learnFrom(pairing, learned);
    const observations: DatedObservation[] = [];
    let rejectedSpans = 0;
    let message = '';
    for (const { resource, spans } of resources) {
      const observer = componentOf(resource);
      const environment = environmentOf(resource);
      const delaysMs = spans.map((span) => receivedMs - endMs(span));
      const name = `${environment} ${speakerOf(spans) ?? observer.text}`;
      const correctionMs = this.#clocks.correctionMs(name, delaysMs, receivedMs);
      const speaker = { observer, environment, host: hostOf(resource), correctionMs, receivedMs };
      for (const span of spans) {
        this.counts.spans++;
        const observation = this.#observe(span, speaker);
        if (typeof observation === 'string') {
          rejectedSpans++;
          message ||= `observation span ${span.spanId} was refused: ${observation}`;
        } else if (observation && this.#isNew(observation.id)) {
          observations.push({ observation, atMs: datedMs(observation.observedMs, speaker) });
        }
      }
    }
    this.counts.rejected += rejectedSpans;
    observations.sort(byTime);
    return { ...learned, observations, settled: this.settle(receivedMs), rejectedSpans, message };
  }

  /** Calls that time has settled since the last request. */
  settle(nowMs: number): readonly SettledCall[] {
    return this.#calls.settle(nowMs);
  }

  #pair({ resource, spans }: ResourceSpans, pairings: Pairing[]): void {
    const component = componentOf(resource);
    const environment = environmentOf(resource);
    for (const span of spans) {
      let pairing: Pairing | undefined;
      // Only a request and its service: a consumer answers nowhere, least of all at its broker's address.
      if (span.kind === SpanKind.CLIENT) pairing = this.#pairing.client(span, environment, hostOf(resource));
      else if (span.kind === SpanKind.SERVER) pairing = this.#pairing.server(span, component);
      if (pairing) pairings.push(pairing);
    }
  }

  #learnFrom({ environment, addresses, instance }: Pairing, { renamings, replaced }: Learned): void {
    for (const from of addresses) {
      const before = this.#addresses.resolve(environment, from);
      this.#addresses.learn(environment, from, instance);
      const to = this.#addresses.resolve(environment, from);
      if (!to || to.text === before?.text) continue;
      renamings.push({ environment, from, to });
      const isSuccessor = before?.resolution === 'instance' && to.resolution === 'instance';
      if (isSuccessor && serviceOf(before.text) === serviceOf(to.text))
        replaced.push({ environment, subject: before.text });
    }
  }

  /** An observation, nothing, or what is wrong with a span that claims to be one. */
  #observe(span: SpanRecord, speaker: Speaker): Observation | string | undefined {
    if (isObservationSpan(span)) return this.#received(span, speaker);
    if (isCall(span.kind)) return this.#called(span, speaker);
    const { observer, environment, receivedMs } = speaker;
    this.#calls.add(span, environment, observer.text, receivedMs);
    if (!isServed(span.kind)) return undefined;
    this.counts.served++;
    return this.#observation(observeSelf(span, observer, this.#rules), span, speaker);
  }

  /** A call: it takes its place among the calls of its trace, and is observed unless a guest has accounted for it. */
  #called(span: SpanRecord, speaker: Speaker): Observation | undefined {
    const { observer, environment, host, receivedMs } = speaker;
    const isAccounted = span.attributes[PANORAMA.OBSERVED] === true;
    this.counts[isAccounted ? 'accounted' : 'calls']++;
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
      if (!isAccounted) this.counts[sighting satisfies SkipReason]++;
      this.#calls.add(span, environment, observer.text, receivedMs);
      return undefined;
    }
    const subject = subjectOnHost(sighting.subject, host);
    const observation = this.#observation({ ...sighting, subject }, span, speaker);
    const { operation, status, reason, blamed, observedMs } = observation;
    const seen = { subject: subject.text, resolution: subject.resolution, operation, reason, blamed };
    const atMs = datedMs(observedMs, speaker);
    // A health check is no part of anybody's work.
    const call = sighting.source === 'caller' ? { ...seen, failing: isFailing(status), atMs } : undefined;
    this.#calls.add(span, environment, observer.text, receivedMs, call);
    return isAccounted ? undefined : observation;
  }

  /** A guest's observation. The guest may know its subject by address only; the book may know better. */
  #received(span: SpanRecord, { observer, environment, host }: Speaker): Observation | string {
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
      ...this.#blamed(observation.blamed, environment),
    };
  }

  /** Whom an answer blamed, by the names that are known by now: its sender may have known an address only. */
  #blamed(blamed: readonly string[] | undefined, environment: string): Pick<Observation, 'blamed'> {
    if (blamed === undefined) return {};
    return { blamed: blamed.map((name) => this.#addresses.resolve(environment, name)?.text ?? name) };
  }

  /** Of one span. How long its callee took itself is known only when it is settled, so its latency is not told here. */
  #observation(sighting: Sighting, span: SpanRecord, { observer, environment }: Speaker): Observation {
    const { subject, operation, status, reason, source } = sighting;
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
      ...(isFailing(status) && this.#blamed(blamedIn(span.attributes), environment)),
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

/** On the engine's clock, and never in its future. */
function datedMs(observedMs: number, { correctionMs, receivedMs }: Speaker): number {
  return Math.min(receivedMs, observedMs + correctionMs);
}

/** In order of time; at one time by id, so that the order of delivery decides nothing. */
function byTime(a: DatedObservation, b: DatedObservation): number {
  return a.atMs - b.atMs || (a.observation.id < b.observation.id ? -1 : 1);
}

/** Who speaks through a guest: replicas without an instance id have one resource, but each a clock of its own. */
function speakerOf(spans: readonly SpanRecord[]): string | undefined {
  const span = spans.find(isObservationSpan);
  return span && textOf(span.attributes[PANORAMA.OBSERVER]);
}
