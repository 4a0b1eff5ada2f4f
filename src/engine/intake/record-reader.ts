// SPDX-License-Identifier: Apache-2.0
/** The observation in a span that was read in full: one of a guest's, or of a call that did not just go well. */
import { PANORAMA } from '../../model/attributes.js';
import type { Observation } from '../../model/observation.js';
import type { SpanRecord } from '../../model/span.js';
import { HealthStatus, isFailing } from '../../model/status.js';
import { addressOnHost, subjectOnHost } from '../../observe/loopback.js';
import { blamedIn, decodeObservation } from '../../observe/observation-span.js';
import { evidenceOf, observeCall, observeSelf, type Sighting, type SkipReason } from '../../observe/observe.js';
import type { OperationCap } from '../../observe/operation-cap.js';
import type { ObserveRules } from '../../observe/rules.js';
import type { UsualLatency } from '../../observe/usual-latency.js';
import type { CallTree } from '../calls/call-tree.js';
import { NONE } from '../calls/trace-table.js';
import type { AddressBook } from '../identity/address-book.js';
import type { IntakeCounts, ToldAs } from './intake-sink.js';
import type { SpanSite } from './span-site.js';

export interface RecordReaderParts {
  readonly rules: ObserveRules;
  readonly addresses: AddressBook;
  readonly usualLatency: UsualLatency;
  readonly operations: OperationCap;
  readonly calls: CallTree<SpanSite>;
  readonly counts: IntakeCounts;
}

const WITHOUT_EVIDENCE: readonly [] = [];

export class RecordReader {
  readonly #parts: RecordReaderParts;

  constructor(parts: RecordReaderParts) {
    this.#parts = parts;
  }

  /**
   * @param place in the call tree; `NONE` of an observation, and of a span that was taken before
   * @param atMs when it ended by the engine's clock
   * @returns an observation, nothing, or what is wrong with a span that claims to be one
   */
  observe(span: SpanRecord, site: SpanSite, place: number, atMs: number): Observation | string | undefined {
    if (site.isObservation) return this.#received(span, site);
    if (site.isCall) return this.#called(span, site, place, atMs);
    const { rules, calls, counts } = this.#parts;
    counts.served++;
    const sighting = observeSelf(span, site.speaker.observer, rules);
    if (place !== NONE && isFailing(sighting.status)) calls.failed(place);
    return this.#observation(sighting, span, site);
  }

  /** A call: it takes its place among the calls of its trace, and is observed unless a guest has accounted for it. */
  #called(span: SpanRecord, site: SpanSite, place: number, atMs: number): Observation | undefined {
    const { rules, addresses, usualLatency, calls, counts } = this.#parts;
    const { environment, host, observer } = site.speaker;
    const isAccounted = span.attributes[PANORAMA.OBSERVED] === true;
    counts[isAccounted ? 'accounted' : 'calls']++;
    const resolveAddress = (address: string) => addresses.resolve(environment, addressOnHost(address, host));
    const scope = `${environment} ${observer.text}`;
    const sighting = observeCall(span, { resolveAddress, usualLatency, scope, host }, rules);
    if (typeof sighting === 'string') {
      if (!isAccounted) counts[sighting satisfies SkipReason]++;
      return undefined;
    }
    const { subject } = sighting;
    const observation = this.#observation(sighting, span, site);
    const { operation, status, reason, blamed } = observation;
    // A health check is no part of anybody's work.
    if (place !== NONE && sighting.source === 'caller') {
      const callee = { subject: subject.text, resolution: subject.resolution, operation };
      calls.called(place, callee, { failing: isFailing(status), reason, blamed }, atMs, site.isLeaf);
    }
    return isAccounted ? undefined : observation;
  }

  /** A guest's observation. The guest may know its subject by address only; the book may know better. */
  #received(span: SpanRecord, { speaker: { observer, environment, host } }: SpanSite): Observation | string {
    const { addresses, operations, counts } = this.#parts;
    const observation = decodeObservation(span, observer, environment);
    if (typeof observation === 'string') return observation;
    counts.observations++;
    const named = subjectOnHost({ text: observation.subject, resolution: observation.resolution }, host);
    const known = named.resolution === 'address' ? addresses.resolve(environment, named.text) : undefined;
    const subject = known?.text ?? named.text;
    return {
      ...observation,
      subject,
      resolution: known?.resolution ?? observation.resolution,
      operation: operations.admit(`${environment} ${subject}`, observation.operation),
      ...this.#blamed(observation.blamed, environment),
    };
  }

  /** Whom an answer blamed, by the names that are known by now: its sender may have known an address only. */
  #blamed(blamed: readonly string[] | undefined, environment: string): Pick<Observation, 'blamed'> {
    if (blamed === undefined) return {};
    return { blamed: blamed.map((name) => this.#parts.addresses.resolve(environment, name)?.text ?? name) };
  }

  /** Of one span. How long its callee took itself is known only when it is settled, so its latency is not told here. */
  #observation(sighting: Sighting, span: SpanRecord, { speaker }: SpanSite): Observation {
    const { subject, operation, status, reason, source } = sighting;
    const { observer, environment } = speaker;
    return {
      id: idOf(span.traceId + span.spanId, source === 'self'),
      environment,
      observer: observer.text,
      subject: subject.text,
      resolution: subject.resolution,
      operation: this.#parts.operations.admit(`${environment} ${subject.text}`, operation),
      status,
      reason,
      source,
      count: 1,
      observedMs: Number(span.endUnixNano) / 1e6,
      windowMs: 0,
      ...(isFailing(status) && this.#blamed(blamedIn(span.attributes), environment)),
      evidence: status === HealthStatus.HEALTHY ? WITHOUT_EVIDENCE : [evidenceOf(span, span)],
    };
  }
}

/** An observation as its sender knows it: the id of a log record's span is ours. */
export function refusedName({ spanId, parentSpanId }: SpanRecord, toldAs: ToldAs): string {
  if (toldAs === 'span') return `observation span ${spanId}`;
  return parentSpanId === '' ? 'observation log record' : `observation log record of span ${parentSpanId}`;
}

/** Some tracers give both ends of a call one span id; its two observations are two all the same. */
export function idOf(span: string, isSelf: boolean): string {
  return isSelf ? `${span}/self` : span;
}
