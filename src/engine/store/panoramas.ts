// SPDX-License-Identifier: Apache-2.0
/**
 * Every view there is, found by who says what about whom. An observation finds its view with five look-ups and changes one
 * row of numbers; nothing else is looked at. Everything is bounded by the number of views: the one seen least recently goes
 * first, and subjects, operations and observers go with the last of theirs.
 */
import type { Identity } from '../../model/identity.js';
import type { Observation } from '../../model/observation.js';
import { HealthStatus } from '../../model/status.js';
import type { Judge, Seen } from '../verdict/judge.js';
import { isCallerSource } from '../verdict/quadrant.js';
import { mergeSlowness } from '../verdict/slowness.js';
import { EvidenceShelf } from './evidence-shelf.js';
import { Names } from './names.js';
import { RecencyList } from './recency-list.js';
import { type Hearing, type ObserverRecord, type OperationRecord, type SubjectRecord, View } from './records.js';
import { judgedAt, seenMs, setSeenMs, ViewTable } from './view-table.js';

/** Names one subject in one environment. */
export interface SubjectRef {
  readonly environment: string;
  /** The identity's text. */
  readonly subject: string;
}

export interface PanoramasOptions {
  /** Views kept in all; about 600 bytes each. Default 50 000. */
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

/** How often a view that is known moves in the order of who was seen last, in ms: with thousands a second, moving costs most. */
const TOUCH_MS = 1000;

/** What names one view, in an observation. */
type ViewName = Pick<Observation, 'environment' | 'subject' | 'resolution' | 'observer' | 'operation' | 'source'>;

export class Panoramas {
  readonly #judge: Judge;
  readonly #table: ViewTable;
  readonly #viewCountMax: number;
  readonly #names = new Names();
  readonly #recency = new RecencyList();
  readonly #evidence: EvidenceShelf;
  #viewCount = 0;
  #evictedViewCount = 0;
  /** Told of each view that goes, while it is still whole. */
  onGone: (view: View) => void = () => undefined;

  constructor(judge: Judge, options: PanoramasOptions = {}) {
    this.#judge = judge;
    this.#table = new ViewTable(judge.cellCount);
    this.#viewCountMax = options.viewCountMax ?? 50_000;
    this.#evidence = new EvidenceShelf(options.evidenceCountMax ?? 50_000);
  }

  /** Numbers in a view's row. */
  get cellCount(): number {
    return this.#table.cellCount;
  }

  counts(): StoreCounts {
    return {
      subjects: this.#names.subjectCount,
      observers: this.#names.observerCount,
      views: this.#viewCount,
      evidence: this.#evidence.count,
      evictedViews: this.#evictedViewCount,
      evictedEvidence: this.#evidence.evictedCount,
    };
  }

  /** The view of an observation's observer, made where there is none; it is now the one seen last. */
  viewOf({ environment, subject: name, resolution, observer, operation: operationName, source }: ViewName): View {
    const subject = this.#names.subjectOf(environment, name, resolution);
    let operation = subject.operations.get(operationName);
    if (!operation) {
      operation = {
        ...{ name: operationName, subject, views: new Map(), illCount: 0 },
        ...{ crowd: undefined, crowdStatus: HealthStatus.NA, ofSiblings: undefined, ofCallers: undefined },
      };
      subject.operations.set(operationName, operation);
    }
    return this.#viewIn(operation, this.#names.observerOf(environment, observer, source));
  }

  /** Takes an observation in. */
  observe(observation: Observation, atMs: number): View {
    const view = this.viewOf(observation);
    this.#judge.observe(view.cells, judgedAt(view), observation, atMs);
    if (atMs > seenMs(view)) setSeenMs(view, atMs);
    view.isJournaled = false;
    if (observation.evidence.length > 0) this.#evidence.add(view, observation.evidence, atMs);
    return view;
  }

  /** Takes what was seen into a view that is known. Whether it is the one seen last is known to within a second. */
  note(view: View, seen: Seen, atMs: number, nowMs: number): void {
    const touched = Math.floor(nowMs / TOUCH_MS);
    if (touched !== view.touched) {
      view.touched = touched;
      this.#recency.touch(view);
    }
    this.#judge.observe(view.cells, judgedAt(view), seen, atMs);
    if (atMs > seenMs(view)) setSeenMs(view, atMs);
    view.isJournaled = false;
  }

  /** The view of a caller that exists already. It is now the one seen last. */
  find(environment: string, subject: string, operation: string, observer: string): View | undefined {
    const caller = this.#names.observer(environment, observer, 'caller');
    const view = caller && this.#names.subject(environment, subject)?.operations.get(operation)?.views.get(caller);
    if (view) this.#recency.touch(view);
    return view;
  }

  /** A component as the observer of those it calls, if a guest of ours speaks for it. */
  guest(environment: string, name: string): ObserverRecord | undefined {
    const observer = this.#names.observer(environment, name, 'caller');
    return observer?.isGuest === true ? observer : undefined;
  }

  subject({ environment, subject }: SubjectRef): SubjectRecord | undefined {
    return this.#names.subject(environment, subject);
  }

  /** A subject that exists although nobody may have called it yet. */
  makeSubject(environment: string, { text, resolution }: Identity): SubjectRecord {
    return this.#names.subjectOf(environment, text, resolution);
  }

  subjects(): Iterable<SubjectRecord> {
    return this.#names.subjects();
  }

  observers(): Iterable<ObserverRecord> {
    return this.#names.observers();
  }

  /** The known instances of a service. */
  instancesOf(environment: string, service: string): ReadonlySet<SubjectRecord> {
    return this.#names.instancesOf(environment, service);
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
    const source = this.#names.subject(environment, from);
    if (!source || from === to.text) return false;
    const moved = [...source.operations.values()].flatMap(({ views }) => [...views.values()]);
    for (const view of moved) {
      // To make room for those that have moved, others of them may have gone; the one that moves is not to.
      if (view.isGone) continue;
      this.#recency.touch(view);
      const { observer, operation } = view;
      const target = this.viewOf({
        environment,
        subject: to.text,
        resolution: to.resolution,
        observer: observer.name,
        operation: operation.name,
        source: observer.source,
      });
      if (view.isGone) continue;
      this.#judge.merge(target.cells, judgedAt(target), view.cells, judgedAt(view));
      mergeSlowness(target, view);
      setSeenMs(target, Math.max(seenMs(target), seenMs(view)));
      for (const { evidence, atMs } of view.evidence) this.#evidence.add(target, [evidence], atMs);
      target.isJournaled = false;
      this.forget(view);
    }
    this.dropIfEmpty(source);
    return true;
  }

  /** Takes a subject off the books if nothing is recorded of it. */
  dropIfEmpty(subject: SubjectRecord): void {
    if (subject.viewCount > 0 || subject.suspicion || subject.slowTogetherMs > 0) return;
    this.#names.dropSubject(subject);
  }

  /** Notes what a view says now. Returns whether that is news. */
  setStatus(view: View, status: HealthStatus, complains: boolean): boolean {
    const hearing = view.observer.subjects.get(view.operation.subject) as Hearing;
    if (complains !== view.complains) hearing.complaints += complains ? 1 : -1;
    view.complains = complains;
    if (status === view.status) return false;
    if (view.status === HealthStatus.NA) hearing.speaking++;
    else if (status === HealthStatus.NA) hearing.speaking--;
    if (status <= HealthStatus.HEALTHY && view.status >= HealthStatus.MAYBE_UNHEALTHY) this.#evidence.drop(view);
    tally(view, -1);
    view.status = status;
    tally(view, 1);
    return true;
  }

  forget(view: View): void {
    this.onGone(view);
    const { operation, observer } = view;
    const { subject } = operation;
    operation.views.delete(observer);
    if (operation.views.size === 0) {
      subject.operations.delete(operation.name);
      if (operation.crowd) this.#table.giveBack(operation.crowd);
      operation.crowd = undefined;
      operation.crowdStatus = HealthStatus.NA;
    }
    subject.viewCount--;
    observer.viewCount--;
    const hearing = observer.subjects.get(subject) as Hearing;
    hearing.views--;
    if (view.status !== HealthStatus.NA) hearing.speaking--;
    if (view.complains) hearing.complaints--;
    tally(view, -1);
    if (hearing.views === 0) observer.subjects.delete(subject);
    view.isGone = true;
    if (observer.viewCount === 0) this.#names.dropObserver(observer);
    this.#evidence.drop(view);
    this.#recency.remove(view);
    this.#table.giveBack(view);
    this.#viewCount--;
    this.dropIfEmpty(subject);
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
    if (this.#judge.weighsTrust && operation.views.size === 2) operation.crowd ??= this.#table.take();
    subject.viewCount++;
    observer.viewCount++;
    const hearing = observer.subjects.get(subject);
    if (hearing) hearing.views++;
    else observer.subjects.set(subject, { views: 1, speaking: 0, complaints: 0 });
    this.#viewCount++;
    this.#recency.add(view);
    while (this.#viewCount > this.#viewCountMax) {
      const oldest = this.#recency.oldest as View;
      this.#evictedViewCount++;
      this.forget(oldest);
    }
    return view;
  }
}

/** Counts a view among the callers' that find its operation ill. */
function tally({ status, operation, observer }: View, by: 1 | -1): void {
  if (status >= HealthStatus.MAYBE_UNHEALTHY && isCallerSource(observer.source)) operation.illCount += by;
}
