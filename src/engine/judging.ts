// SPDX-License-Identifier: Apache-2.0
/**
 * The court: observations go into views. A view that says what it said before costs nothing more; only where one changes its
 * mind, or its subject is ill, is the subject put on the docket to be judged.
 */
import { type Identity, resolutionOf } from '../model/identity.js';
import { type Observation, type OutcomeReason, wasReached } from '../model/observation.js';
import { HealthStatus, isFailing } from '../model/status.js';
import type { Verdict } from '../model/verdict.js';
import type { SettledCall } from './calls/settled-call.js';
import { Docket } from './docket.js';
import { DueWheel } from './due-wheel.js';
import type { Matrix, SubjectReport } from './engine-reader.js';
import { Hearings } from './hearings.js';
import type { Cause, GoodCalls } from './intake/intake-sink.js';
import { KnownPair } from './intake/known-pair.js';
import { matrixOf } from './matrix.js';
import { Siblings } from './siblings.js';
import { Absence } from './store/absence.js';
import { Panoramas, type PanoramasOptions, type SubjectRef } from './store/panoramas.js';
import type { ObserverRecord, View } from './store/records.js';
import { judgedAt, seenMs, setTimedMs, timedMs } from './store/view-table.js';
import { DEFAULT_LIFETIME } from './verdict/evidence-lifetime.js';
import type { Judge, Seen } from './verdict/judge.js';
import { isCallerSource } from './verdict/quadrant.js';
import { closeSecond, isQuick, limitOf, looksSlow, noteLatency } from './verdict/slowness.js';
import { isExplainedByLag, isOwnFaultPossible } from './verdict/trust.js';
import { Witnesses } from './witnesses.js';

/** While single calls are timed, a guest's folds say nothing more of how long they take. In ms. */
const TIMED_FRESH_MS = 60_000;

/** How much later than its evidence expires a view that is well may be looked at, in ms: a bucket of the wheel, and its edge. */
const LOOK_LATE_MS = 500;

export interface JudgingParts extends PanoramasOptions {
  readonly judge: Judge;
  /** Told of each verdict that differs from the one before; `undefined` before the first. */
  readonly onVerdict: (before: Verdict | undefined, after: Verdict, nowMs: number, cause: string | undefined) => void;
  /** Told of each view that goes, while it is still whole. */
  readonly onGone?: ((view: View) => void) | undefined;
}

export class Judging {
  readonly panoramas: Panoramas;
  readonly #parts: JudgingParts;
  readonly #judge: Judge;
  readonly #due = new DueWheel();
  readonly #siblings: Siblings;
  readonly #hearings: Hearings;
  readonly #docket: Docket;
  readonly #witnesses: Witnesses;

  constructor(parts: JudgingParts) {
    this.#parts = parts;
    this.#judge = parts.judge;
    this.panoramas = new Panoramas(parts.judge, parts);
    this.#siblings = new Siblings(this.panoramas);
    this.#hearings = new Hearings(parts.judge, this.#siblings);
    this.#docket = new Docket({
      panoramas: this.panoramas,
      hearings: this.#hearings,
      weighs: parts.judge.weighsTrust,
      onVerdict: parts.onVerdict,
    });
    this.#witnesses = new Witnesses({
      hearings: this.#hearings,
      isExplained: (subject, nowMs) => this.#docket.culprits.isVictim(subject, nowMs),
      onTrust: ({ subjects }) => {
        for (const subject of subjects.keys()) this.#docket.add(subject, undefined);
      },
      onSuspicion: (observer, nowMs) => this.#suspect(observer, nowMs),
    });
    this.panoramas.onGone = (view) => this.#gone(view);
  }

  /** Takes an observation in. O(1), unless it changes what its view says. */
  observe(observation: Observation, atMs: number, nowMs: number): void {
    const isLagged = this.#judge.weighsTrust && isExplainedByLag(observation);
    const view = isLagged ? this.panoramas.viewOf(observation) : this.panoramas.observe(observation, atMs);
    view.observer.isGuest ||= observation.observerLagSeconds !== undefined;
    this.#witnesses.note(view.observer, isLagged);
    this.#docket.culprits.told(observation, atMs);
    const { latency, status, count, reason } = observation;
    if (isCallerSource(observation.source)) noteReach(view, status, reason, atMs);
    const isTimed = timedMs(view) > 0 && nowMs - timedMs(view) < TIMED_FRESH_MS;
    if (latency && status === HealthStatus.HEALTHY && !isTimed) {
      this.#time(view, typicalMs(latency.meanSeconds, latency.maxSeconds, count), count, atMs, nowMs);
    }
    const cause = () => observation.id;
    if (!isLagged) this.#tellCrowd(view, observation, cause, atMs, nowMs);
    this.#refresh(view, nowMs, cause);
  }

  /** Takes in good calls of a pair that is known. Likewise, and without looking its view up. */
  wentWell(pair: KnownPair, { count, firstMs, lastMs }: GoodCalls, cause: Cause, nowMs: number): void {
    let { view } = pair;
    if (!view || view.isGone) view = pair.view = this.panoramas.viewOf(pair);
    const { status, reason } = pair;
    const seen = { status, reason, count, windowMs: lastMs - firstMs };
    this.panoramas.note(view, seen, lastMs, nowMs);
    this.#witnesses.note(view.observer, false, count);
    view.operation.subject.absence?.answered(view.observer.name, lastMs);
    this.#tellCrowd(view, seen, cause, lastMs, nowMs);
    this.#refresh(view, nowMs, cause);
  }

  /** Takes in what is known of one call in the end: how long its callee took itself, and who deeper let that one down. */
  settled(call: SettledCall, nowMs: number): void {
    const view = this.#viewOf(call);
    if (!view) return;
    if (call.failing || this.#isSlow(view, call.durationMs, nowMs)) this.#docket.culprits.settled(call);
    if (call.failing) return;
    setTimedMs(view, nowMs);
    view.isJournaled = false;
    this.#time(view, call.ownMs, 1, call.atMs, nowMs);
    this.#refresh(view, nowMs, () => call.id());
  }

  /** Judges whoever is to be judged by now: after each request, and at each tick. */
  judgeWaiting(nowMs: number): void {
    this.#witnesses.hear(nowMs);
    this.#docket.judgeWaiting(nowMs);
  }

  /** What time alone changes. */
  tick(nowMs: number): void {
    for (const view of this.#due.take(nowMs)) {
      closeSecond(view, nowMs, this.#siblings.usualMs(view.operation, nowMs));
      this.#refresh(view, nowMs, undefined);
    }
    this.#docket.addIll(nowMs);
    this.#docket.addPutOff(nowMs);
    this.#docket.culprits.countUnexplained(nowMs);
    this.#docket.addHeld(nowMs);
    for (let view = this.panoramas.oldest; view; view = this.panoramas.oldest) {
      if (seenMs(view) >= nowMs - DEFAULT_LIFETIME.lifetimeMaxMs) break;
      this.panoramas.forget(view);
    }
    this.judgeWaiting(nowMs);
  }

  /** Moves what was recorded under one name to another; a failure already known keeps its beginning. */
  rename(environment: string, from: string, to: Identity, nowMs: number): void {
    const source = this.panoramas.subject({ environment, subject: from });
    const inherited = source && this.#docket.verdictOf(source);
    if (!this.panoramas.rename(environment, from, to)) return;
    this.#docket.culprits.rename(environment, from, to.text);
    if (source) this.#docket.forget(source, nowMs);
    const target = this.panoramas.subject({ environment, subject: to.text });
    if (!target) return;
    for (const { views } of target.operations.values())
      for (const view of views.values()) this.#refresh(view, nowMs, undefined);
    this.#docket.judge(target, nowMs, undefined, inherited);
  }

  /** Forgets what callers said of a subject that is no more: whoever took its address does not take its guilt. */
  retire(ref: SubjectRef, nowMs: number): void {
    const subject = this.panoramas.subject(ref);
    if (!subject || !this.#docket.isIll(subject)) return;
    for (const { views } of [...subject.operations.values()]) {
      for (const view of [...views.values()]) this.panoramas.forget(view);
    }
    this.#docket.forget(subject, nowMs);
  }

  /** Takes over a verdict of an earlier life, so that nothing is announced twice and `since` goes on. */
  resume(verdict: Verdict): void {
    const subject = this.panoramas.subject(verdict);
    if (subject) this.#docket.resume(subject, verdict);
  }

  /** Looks at a view again, after its row was written by somebody else. */
  refresh(view: View, nowMs: number): void {
    this.#refresh(view, nowMs, undefined);
  }

  verdicts(nowMs: number): readonly Verdict[] {
    return this.#docket.verdicts(nowMs);
  }

  matrix(countMax: number): Matrix {
    return matrixOf(this.panoramas, this.#docket.ill, countMax);
  }

  /** The report of a subject, judged now; of a service that nobody calls by its name, drawn from its instances. */
  report(ref: SubjectRef, nowMs: number): SubjectReport | undefined {
    return this.#docket.report(ref, nowMs);
  }

  #viewOf({ callee, environment, subject, operation, observer }: SettledCall): View | undefined {
    if (callee instanceof KnownPair && callee.view?.isGone === false && callee.subject === subject) return callee.view;
    return this.panoramas.find(environment, subject, operation, observer);
  }

  /** What one caller saw the callers together have seen. */
  #tellCrowd({ operation, observer }: View, seen: Seen, cause: Cause, atMs: number, nowMs: number): void {
    const { crowd, subject } = operation;
    if (!crowd || !isCallerSource(observer.source)) return;
    this.#judge.observe(crowd.cells, judgedAt(crowd), seen, atMs);
    const says = this.#judge.statusOf(crowd.cells, judgedAt(crowd), nowMs);
    if (says === operation.crowdStatus) return;
    operation.crowdStatus = says;
    if (says === HealthStatus.HEALTHY && this.#docket.isWell(subject)) this.#docket.addLater(subject);
    else this.#docket.add(subject, cause());
  }

  #isSlow(view: View, durationMs: number, nowMs: number): boolean {
    if (isQuick(durationMs)) return false;
    const limitMs = limitOf(view, this.#siblings.usualMs(view.operation, nowMs));
    return limitMs !== undefined && durationMs > limitMs;
  }

  #time(view: View, latencyMs: number, count: number, atMs: number, nowMs: number): void {
    const siblingMs = this.#siblings.usualMs(view.operation, nowMs);
    noteLatency(view, latencyMs, count, atMs, siblingMs);
    if (looksSlow(view, siblingMs)) this.#due.add(view, Math.floor(atMs / 1000) * 1000 + 1000, nowMs);
  }

  /** Reads a view, and sees to what follows if it says something else than before. */
  #refresh(view: View, nowMs: number, cause: Cause | undefined): void {
    if (view.isGone) return;
    const status = this.#hearings.statusOf(view, nowMs);
    // A view that is well and goes on being well is looked at again by itself, before what was heard of it now can expire.
    const soonMs = seenMs(view) + DEFAULT_LIFETIME.lifetimeMinMs + LOOK_LATE_MS;
    if (status === HealthStatus.HEALTHY && view.status === status && this.#due.isDueBy(view, soonMs)) {
      if (this.#docket.isIll(view.operation.subject)) this.#docket.add(view.operation.subject, cause?.());
      return;
    }
    const reading = this.#hearings.read(view, nowMs);
    const complains = reading !== undefined && isOwnFaultPossible(reading);
    if (complains !== view.complains) this.#witnesses.noteComplaint(view.observer);
    const isNews = this.panoramas.setStatus(view, status, complains);
    if (reading) this.#due.add(view, reading.dueMs, nowMs);
    const { subject } = view.operation;
    // Another failure of an outvoted view may make it a minority that persists.
    if (status === HealthStatus.HEALTHY && this.#docket.isWell(subject)) {
      if (isNews) this.#docket.addLater(subject);
    } else if (isNews || status >= HealthStatus.PENDING || this.#docket.isIll(subject)) {
      this.#docket.add(subject, cause?.());
    }
  }

  /** An observer has a verdict of its own while it is a suspect. */
  #suspect({ environment, name, suspicion }: ObserverRecord, nowMs: number): void {
    const itself = this.panoramas.makeSubject(environment, { text: name, resolution: resolutionOf(name) });
    itself.suspicion = suspicion;
    this.panoramas.dropIfEmpty(itself);
    this.#docket.judge(itself, nowMs);
  }

  #gone(view: View): void {
    this.#parts.onGone?.(view);
    this.#due.remove(view);
    const { observer, operation } = view;
    if (observer.viewCount <= 1) {
      this.#witnesses.forget(observer);
      const itself =
        observer.suspicion && this.panoramas.subject({ environment: observer.environment, subject: observer.name });
      if (itself) {
        itself.suspicion = undefined;
        this.#docket.add(itself, undefined);
      }
    }
    this.#docket.add(operation.subject, undefined);
  }
}

/** What a call of a fold usually took, in ms: its one worst call is left out where there are enough others. */
function typicalMs(meanSeconds: number, maxSeconds: number, count: number): number {
  const seconds = count < 3 ? meanSeconds : Math.max(0, (meanSeconds * count - maxSeconds) / (count - 1));
  return 1000 * seconds;
}

/** Notes that a subject could not be reached, or that it was. */
function noteReach({ observer, operation }: View, status: HealthStatus, reason: OutcomeReason, atMs: number): void {
  const { subject } = operation;
  if (status === HealthStatus.HEALTHY) subject.absence?.answered(observer.name, atMs);
  else if (isFailing(status) && !wasReached(reason)) {
    subject.absence ??= new Absence();
    subject.absence.refused(observer.name, atMs);
  }
}
