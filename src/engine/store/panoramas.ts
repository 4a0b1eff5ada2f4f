// SPDX-License-Identifier: Apache-2.0
/**
 * Every view there is, found by who says what about whom. An observation finds its view with five look-ups and changes one
 * row of numbers; nothing else is looked at. Everything is bounded by the number of views: the one seen least recently goes
 * first, and subjects, operations and observers go with the last of theirs.
 */
import { type Identity, serviceOf } from '../../model/identity.js';
import { EVIDENCE_PER_VIEW_MAX } from '../../model/limits.js';
import type { Observation, ObservationSource } from '../../model/observation.js';
import { HealthStatus } from '../../model/status.js';
import type { Judge } from '../verdict/judge.js';
import { mergeSlowness } from '../verdict/slowness.js';
import { RecencyList } from './recency-list.js';
import {
  type Hearing,
  NO_EVIDENCE,
  type ObserverRecord,
  type OperationRecord,
  type SubjectRecord,
  View,
} from './records.js';
import { judgedAt, seenMs, setSeenMs, ViewTable } from './view-table.js';

/** Names one subject in one environment. */
export interface SubjectRef {
  readonly environment: string;
  /** The identity's text. */
  readonly subject: string;
}

export interface PanoramasOptions {
  /** Views kept in all; about 500 bytes each. Default 50 000. */
  readonly viewCountMax?: number | undefined;
  /** Traces kept in all views together; about 250 bytes each. Default 50 000. */
  readonly evidenceCountMax?: number | undefined;
}

/** What is kept, and what was forgotten because a bound was reached. */
export interface StoreCounts {
  readonly subjects: number;
  readonly observers: number;
  readonly views: number;
  readonly evidence: number;
  /** Views forgotten to make room, least recently seen first. */
  readonly evictedViews: number;
  /** Traces forgotten to make room, oldest first. */
  readonly evictedEvidence: number;
}

interface Environment {
  readonly subjects: Map<string, SubjectRecord>;
  readonly observers: Readonly<Record<ObservationSource, Map<string, ObserverRecord>>>;
  /** Subjects that are instances, by service. */
  readonly services: Map<string, Set<SubjectRecord>>;
}

export class Panoramas {
  readonly #judge: Judge;
  readonly #table: ViewTable;
  readonly #viewCountMax: number;
  readonly #evidenceCountMax: number;
  readonly #environments = new Map<string, Environment>();
  readonly #recency = new RecencyList();
  /** Views that have evidence, the one that got its first longest ago first; those before the head are done. */
  #withEvidence: View[] = [];
  #evidenceHead = 0;
  #counts = { subjects: 0, observers: 0, views: 0, evidence: 0, evictedViews: 0, evictedEvidence: 0 };
  /** Told of each view that goes, while it is still whole. */
  onGone: (view: View) => void = () => undefined;

  constructor(judge: Judge, options: PanoramasOptions = {}) {
    this.#judge = judge;
    this.#table = new ViewTable(judge.cellCount);
    this.#viewCountMax = options.viewCountMax ?? 50_000;
    this.#evidenceCountMax = options.evidenceCountMax ?? 50_000;
  }

  /** Numbers in a view's row. */
  get cellCount(): number {
    return this.#table.cellCount;
  }

  counts(): StoreCounts {
    return this.#counts;
  }

  /** The view of an observation's observer, made where there is none; it is now the one seen last. */
  viewOf(
    observation: Pick<Observation, 'environment' | 'subject' | 'resolution' | 'observer' | 'operation' | 'source'>,
  ): View {
    const environment = this.#environmentOf(observation.environment);
    const subject = this.#subjectOf(environment, observation);
    let operation = subject.operations.get(observation.operation);
    if (!operation) {
      operation = {
        name: observation.operation,
        subject,
        views: new Map(),
        wellCount: 0,
        illCount: 0,
        ownWellCount: 0,
      };
      subject.operations.set(observation.operation, operation);
    }
    const observer = this.#observerOf(environment, observation);
    return this.#viewIn(operation, observer);
  }

  /** Takes an observation in. */
  observe(observation: Observation, atMs: number): View {
    const view = this.viewOf(observation);
    this.#judge.observe(view.cells, judgedAt(view), observation, atMs);
    if (atMs > seenMs(view)) setSeenMs(view, atMs);
    view.isJournaled = false;
    if (observation.evidence.length > 0) this.#addEvidence(view, observation, atMs);
    return view;
  }

  /** The view of a caller that exists already. It is now the one seen last. */
  find(environment: string, subject: string, operation: string, observer: string): View | undefined {
    const known = this.#environments.get(environment);
    const caller = known?.observers.caller.get(observer);
    const view = caller && known?.subjects.get(subject)?.operations.get(operation)?.views.get(caller);
    if (view) this.#recency.touch(view);
    return view;
  }

  subject({ environment, subject }: SubjectRef): SubjectRecord | undefined {
    return this.#environments.get(environment)?.subjects.get(subject);
  }

  /** A subject that exists although nobody may have called it yet. */
  makeSubject(environment: string, identity: Identity): SubjectRecord {
    return this.#subjectOf(this.#environmentOf(environment), {
      environment,
      subject: identity.text,
      resolution: identity.resolution,
    });
  }

  *subjects(): Iterable<SubjectRecord> {
    for (const { subjects } of this.#environments.values()) yield* subjects.values();
  }

  /** The known instances of a service. */
  instancesOf(environment: string, service: string): ReadonlySet<SubjectRecord> {
    return this.#environments.get(environment)?.services.get(service) ?? NONE;
  }

  get oldest(): View | undefined {
    return this.#recency.oldest;
  }

  /** Views from the one seen last to the one seen least recently. */
  views(): Iterable<View> {
    return this.#recency.newestFirst();
  }

  /** Moves what was recorded under one name to another: an address turned out to be an instance. */
  rename(environment: string, from: string, to: Identity): boolean {
    const source = this.#environments.get(environment)?.subjects.get(from);
    if (!source || from === to.text) return false;
    const moved = [...source.operations.values()].flatMap(({ views }) => [...views.values()]);
    for (const view of moved) {
      const { observer, operation } = view;
      const target = this.viewOf({
        environment,
        subject: to.text,
        resolution: to.resolution,
        observer: observer.name,
        operation: operation.name,
        source: observer.source,
      });
      this.#judge.merge(target.cells, judgedAt(target), view.cells, judgedAt(view));
      mergeSlowness(target, view);
      setSeenMs(target, Math.max(seenMs(target), seenMs(view)));
      for (const { evidence, atMs } of view.evidence) this.#addEvidence(target, { evidence: [evidence] }, atMs);
      target.isJournaled = false;
      this.forget(view);
    }
    this.dropIfEmpty(source);
    return true;
  }

  /** Takes a subject's name off the books if nothing is recorded of it. */
  dropIfEmpty(subject: SubjectRecord): void {
    if (subject.viewCount > 0 || subject.suspicion || subject.slowTogetherMs > 0) return;
    const environment = this.#environments.get(subject.environment);
    if (environment?.subjects.get(subject.identity.text) !== subject) return;
    environment.subjects.delete(subject.identity.text);
    this.#counts.subjects--;
    const service = serviceOf(subject.identity.text);
    const siblings = environment.services.get(service);
    siblings?.delete(subject);
    if (siblings?.size === 0) environment.services.delete(service);
    if (environment.subjects.size === 0) this.#environments.delete(subject.environment);
  }

  /** Notes what a view says now. Returns whether that is news. */
  setStatus(view: View, status: HealthStatus, complains: boolean): boolean {
    const hearing = view.observer.subjects.get(view.operation.subject) as Hearing;
    if (complains !== view.complains) hearing.complaints += complains ? 1 : -1;
    view.complains = complains;
    if (status === view.status) return false;
    if (view.status === HealthStatus.NA) hearing.speaking++;
    else if (status === HealthStatus.NA) hearing.speaking--;
    if (status <= HealthStatus.HEALTHY && view.status >= HealthStatus.MAYBE_UNHEALTHY) this.#dropEvidence(view);
    tally(view, -1);
    view.status = status;
    tally(view, 1);
    view.operation.subject.revision++;
    return true;
  }

  forget(view: View): void {
    this.onGone(view);
    const { operation, observer } = view;
    const { subject } = operation;
    operation.views.delete(observer);
    if (operation.views.size === 0) subject.operations.delete(operation.name);
    subject.viewCount--;
    subject.revision++;
    observer.viewCount--;
    const hearing = observer.subjects.get(subject) as Hearing;
    hearing.views--;
    if (view.status !== HealthStatus.NA) hearing.speaking--;
    if (view.complains) hearing.complaints--;
    tally(view, -1);
    if (hearing.views === 0) observer.subjects.delete(subject);
    view.isGone = true;
    if (observer.viewCount === 0) {
      this.#environments.get(subject.environment)?.observers[observer.source].delete(observer.name);
      this.#counts.observers--;
    }
    this.#dropEvidence(view);
    this.#recency.remove(view);
    this.#table.giveBack(view);
    this.#counts.views--;
    this.dropIfEmpty(subject);
  }

  #dropEvidence(view: View): void {
    if (view.evidence.length === 0) return;
    this.#counts.evidence -= view.evidence.length;
    view.evidence = NO_EVIDENCE;
  }

  #environmentOf(name: string): Environment {
    let environment = this.#environments.get(name);
    if (!environment) {
      environment = {
        subjects: new Map(),
        observers: { caller: new Map(), probe: new Map(), self: new Map(), report: new Map() },
        services: new Map(),
      };
      this.#environments.set(name, environment);
    }
    return environment;
  }

  #subjectOf(
    { subjects, services }: Environment,
    { environment, subject: text, resolution }: Pick<Observation, 'environment' | 'subject' | 'resolution'>,
  ): SubjectRecord {
    let subject = subjects.get(text);
    if (subject) {
      // An instance or a service is known better than an address; never the other way round.
      if (subject.identity.resolution === 'address' && resolution !== 'address')
        subject.identity = { text, resolution };
      return subject;
    }
    subject = {
      environment,
      identity: { text, resolution },
      operations: new Map(),
      viewCount: 0,
      revision: 0,
      suspicion: undefined,
      slowTogetherMs: 0,
    };
    subjects.set(text, subject);
    this.#counts.subjects++;
    if (resolution === 'instance') {
      const service = serviceOf(text);
      const siblings = services.get(service);
      if (siblings) siblings.add(subject);
      else services.set(service, new Set([subject]));
    }
    return subject;
  }

  #observerOf(
    { observers }: Environment,
    { environment, observer: name, source }: Pick<Observation, 'environment' | 'observer' | 'source'>,
  ): ObserverRecord {
    let observer = observers[source].get(name);
    if (!observer) {
      observer = {
        environment,
        name,
        source,
        viewCount: 0,
        subjects: new Map(),
        trust: 1,
        observationCount: 0,
        laggedCount: 0,
        suspicion: undefined,
      };
      observers[source].set(name, observer);
      this.#counts.observers++;
    }
    return observer;
  }

  #viewIn(operation: OperationRecord, observer: ObserverRecord): View {
    let view = operation.views.get(observer);
    if (view) {
      this.#recency.touch(view);
      return view;
    }
    const { subject } = operation;
    view = new View(this.#table.take(), observer, operation);
    operation.views.set(observer, view);
    subject.viewCount++;
    subject.revision++;
    observer.viewCount++;
    const hearing = observer.subjects.get(subject);
    if (hearing) hearing.views++;
    else observer.subjects.set(subject, { views: 1, speaking: 0, complaints: 0 });
    this.#counts.views++;
    this.#recency.add(view);
    while (this.#counts.views > this.#viewCountMax) {
      const oldest = this.#recency.oldest as View;
      this.#counts.evictedViews++;
      this.forget(oldest);
    }
    return view;
  }

  #addEvidence(view: View, { evidence }: Pick<Observation, 'evidence'>, atMs: number): void {
    const dated = evidence.map((each) => ({ evidence: each, atMs }));
    const before = view.evidence.length;
    view.evidence = [...view.evidence, ...dated].slice(-EVIDENCE_PER_VIEW_MAX);
    this.#counts.evidence += view.evidence.length - before;
    if (before === 0 && view.evidence.length > 0) this.#withEvidence.push(view);
    while (this.#counts.evidence > this.#evidenceCountMax) {
      const oldest = this.#withEvidence[this.#evidenceHead++] as View;
      this.#counts.evictedEvidence += oldest.evidence.length;
      this.#dropEvidence(oldest);
    }
    // Views whose evidence was dropped meanwhile stand there still.
    if (this.#withEvidence.length < 2 * this.#evidenceCountMax) return;
    this.#withEvidence = this.#withEvidence.slice(this.#evidenceHead).filter((each) => each.evidence.length > 0);
    this.#evidenceHead = 0;
  }
}

/** Counts a view among those that find its operation well or ill. */
function tally({ status, operation, observer }: View, by: 1 | -1): void {
  const isOwn = observer.source === 'self' || observer.source === 'probe';
  if (status === HealthStatus.HEALTHY) {
    if (isOwn) operation.ownWellCount += by;
    else operation.wellCount += by;
  } else if (status >= HealthStatus.MAYBE_UNHEALTHY && !isOwn) operation.illCount += by;
}

const NONE: ReadonlySet<SubjectRecord> = new Set();
