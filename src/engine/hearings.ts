// SPDX-License-Identifier: Apache-2.0
/** What each view says in the end: the judge's reading of it, whether it is slow, and how much its observer's word counts. */
import { type OutcomeReason, wasReached } from '../model/observation.js';
import { HealthStatus, isFailing } from '../model/status.js';
import type { Siblings } from './siblings.js';
import type { ObserverRecord, OperationRecord, SubjectRecord, View } from './store/records.js';
import { judgedAt, seenMs } from './store/view-table.js';
import type { Judge, Out, Reading } from './verdict/judge.js';
import { GUEST_NEWS_LAG_MS, type HeardView, hadItsTurn, isBehind, isCallerSource } from './verdict/quadrant.js';
import { slowLastMs, slowSinceMs } from './verdict/slowness.js';

/** Callers of one subject do not acquit it at once: each waits for a second without a failure, and tells of good calls a second at a time. In ms. */
export const TURN_MS = 2000;

/** For so long somebody must not be refused again before one answer shows that the process listens. As the judge's `recoverMs`, in ms. */
const ANSWERED_MS = 1000;

/** Others who are asked about a complaint; of more than these the first ones stand for all. */
const OTHERS_MAX = 32;

/** What others say to a complaint. */
export interface Words {
  /** Callers for whom it went well meanwhile, and callers that are ill as well or could not reach the subject either. */
  readonly well: number;
  readonly ill: number;
  /** Callers that were content before, call often, and have not had their turn since. */
  readonly silent: number;
  /** Whether the subject itself, or a probe of it, says that it is well. */
  readonly isSelfWell: boolean;
}

/**
 * What others make of a complaint: they bear it out, or there is nobody else; all that is complained of goes well for them; or they
 * have not had their turn yet.
 */
export type Support = 'shared' | 'contradicted' | 'open';

/** From when until when somebody complained, epoch ms. */
interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What is said of one subject. */
export interface Heard {
  readonly heard: readonly HeardView[];
  /** Whether it is slow, and is not held to be because its siblings are too. */
  readonly isSlowTogether: boolean;
}

export class Hearings {
  readonly #judge: Judge;
  readonly #siblings: Siblings;

  constructor(judge: Judge, siblings: Siblings) {
    this.#judge = judge;
    this.#siblings = siblings;
  }

  /** The status that `read` gives; NA where all in the view has expired. */
  statusOf(view: View, nowMs: number): HealthStatus {
    const status = this.#judge.statusOf(view.cells, judgedAt(view), nowMs);
    const isSlow = (status === HealthStatus.HEALTHY || status === HealthStatus.PENDING) && slowSinceMs(view) > 0;
    return isSlow ? HealthStatus.MAYBE_UNHEALTHY : status;
  }

  /** What a view says; `undefined` when all in it has expired. Changes nothing. */
  read(view: View, nowMs: number): Reading | undefined {
    const reading = this.#judge.read(view.cells, judgedAt(view), nowMs);
    const sinceMs = slowSinceMs(view);
    if (!reading || sinceMs === 0 || reading.status >= HealthStatus.MAYBE_UNHEALTHY) return reading;
    return {
      ...reading,
      status: HealthStatus.MAYBE_UNHEALTHY,
      reason: 'slow',
      sinceMs,
      lastMs: slowLastMs(view),
      reasonMs: sinceMs,
    };
  }

  of(subject: SubjectRecord, nowMs: number): Heard {
    const heard: HeardView[] = [];
    let isSlowTogether = false;
    const stuck = this.#stuckObservers(subject);
    for (const operation of subject.operations.values()) {
      const isAgreed = this.#isCrowdFailing(operation, nowMs);
      const readings = [...operation.views.values()].map((view) => ({
        view,
        reading:
          (isAgreed || stuck?.has(view.observer) ? this.#accusation(view, nowMs) : undefined) ?? this.read(view, nowMs),
      }));
      const isSlow = readings.some(({ reading }) => reading?.reason === 'slow') && this.#siblings.areSlow(operation);
      isSlowTogether ||= isSlow;
      for (const { view, reading } of readings) {
        if (!reading) continue;
        const isExcused = isSlow && reading.reason === 'slow';
        heard.push(this.#heard(view, isExcused ? excused(reading) : sinceItIsBack(reading, view, nowMs)));
      }
    }
    return { heard, isSlowTogether };
  }

  /**
   * What another view says to a complaint: it is ill as well, or its last call failed too; all went well for it meanwhile; or nothing,
   * because it was content before and did not call while it was complained of, or has become well only at the end of that:
   * who complains may be about to.
   */
  #wordOn(view: View, { sinceMs, untilMs }: Span, nowMs: number): 'well' | 'ill' | undefined {
    const { status } = view;
    if (status >= HealthStatus.MAYBE_UNHEALTHY || this.#accusation(view, nowMs)) return 'ill';
    const lastMs = seenMs(view);
    if (status !== HealthStatus.HEALTHY || lastMs < sinceMs) return undefined;
    const reading = this.#judge.read(view.cells, judgedAt(view), nowMs);
    if (!reading) return undefined;
    if (reading.sinceMs >= sinceMs) return untilMs - reading.sinceMs >= TURN_MS ? 'well' : undefined;
    return lastMs <= untilMs || hadItsTurn(reading.gapMs, sinceMs, untilMs) ? 'well' : undefined;
  }

  /** What others make of all that an observer has against a subject; nobody has to share what is nothing. O(operations), and others for each complaint. */
  supportFor(observer: ObserverRecord, { operations }: SubjectRecord, nowMs: number): Support {
    let support: Support = 'shared';
    for (const { views } of operations.values()) {
      const complaint = views.get(observer);
      const reading = complaint && this.read(complaint, nowMs);
      if (!complaint || !reading || reading.status < HealthStatus.MAYBE_UNHEALTHY) continue;
      const { well, ill, silent } = this.wordsOnIt(complaint, reading, nowMs);
      if (ill > 0 || well + silent === 0) return 'shared';
      if (well === 0) return 'open';
      support = 'contradicted';
    }
    return support;
  }

  /** What others say to a complaint, as it is read: how many callers are well, how many ill, and whether the subject itself is. */
  wordsOnIt(complaint: View, { sinceMs, lastMs, reason }: Reading, nowMs: number): Words {
    // A call that hangs is still complained of.
    const untilMs = reason === 'hung' ? nowMs : lastMs;
    const words = { well: 0, ill: 0, silent: 0, isSelfWell: false };
    let asked = 0;
    for (const view of complaint.operation.views.values()) {
      if (view === complaint) continue;
      if (++asked > OTHERS_MAX) break;
      const word = this.#wordOn(view, { sinceMs, untilMs }, nowMs);
      if (!isCallerSource(view.observer.source)) words.isSelfWell ||= word === 'well';
      else if (word !== undefined) words[word]++;
      else if (nowMs - sinceMs < TURN_MS && this.#isOften(view, nowMs)) words.silent++;
    }
    // That nobody is there is true of a process, whatever it was asked for.
    const { absence } = complaint.operation.subject;
    const others = isOfAbsence(reason) ? absence?.othersSince(complaint.observer.name, sinceMs - TURN_MS) : undefined;
    return { ...words, ill: Math.max(words.ill, others ?? 0) };
  }

  /** Whether a view is content and heard often enough to say something new within a turn. */
  #isOften(view: View, nowMs: number): boolean {
    const reading = this.#judge.read(view.cells, judgedAt(view), nowMs);
    return reading?.status === HealthStatus.HEALTHY && reading.gapMs < TURN_MS / 2;
  }

  /** Whether any of the instances is slow with most of its siblings. */
  isSlowTogether(instances: Iterable<SubjectRecord>): boolean {
    for (const { operations } of instances) {
      for (const operation of operations.values()) {
        const isSlow = [...operation.views.values()].some((view) => slowSinceMs(view) > 0);
        if (isSlow && this.#siblings.areSlow(operation)) return true;
      }
    }
    return false;
  }

  /**
   * Callers of whose calls so many are out, in all operations together, that they convict: where the workers of a callee are used
   * up, each caller has a call or two out in each operation, and no more. Nothing of it counts that was out already when
   * another of the caller's calls came back.
   */
  #stuckObservers(subject: SubjectRecord): ReadonlySet<ObserverRecord> | undefined {
    const outs = new Map<ObserverRecord, Out[]>();
    for (const { views } of subject.operations.values()) {
      for (const view of views.values()) {
        const out = isCallerSource(view.observer.source) && this.#judge.outOf(view.cells, judgedAt(view));
        if (!out) continue;
        const known = outs.get(view.observer);
        if (known) known.push(out);
        else outs.set(view.observer, [out]);
      }
    }
    // Of most subjects nothing is out, and that is all it takes to know.
    if (outs.size === 0) return undefined;
    const stuck = [...outs].filter(([observer, all]) => {
      const sinceMs = this.#backMs(subject, observer);
      return this.#judge.areConvicting(all.filter((out) => out.sinceMs >= sinceMs));
    });
    return new Set(stuck.map(([observer]) => observer));
  }

  /** When a caller was last heard of a subject where none of its calls is out, epoch ms; 0 where some are out in all operations. */
  #backMs(subject: SubjectRecord, observer: ObserverRecord): number {
    let backMs = 0;
    for (const { views } of subject.operations.values()) {
      const view = views.get(observer);
      if (view && !this.#judge.outOf(view.cells, judgedAt(view))) backMs = Math.max(backMs, seenMs(view));
    }
    return backMs;
  }

  /** Whether the callers together leave no doubt. */
  #isCrowdFailing({ crowd }: OperationRecord, nowMs: number): boolean {
    return crowd !== undefined && isFailing(this.#judge.statusOf(crowd.cells, judgedAt(crowd), nowMs));
  }

  /** What a caller says whose own calls would not convict yet, where those of all do. */
  #accusation(view: View, nowMs: number): Reading | undefined {
    if (!isCallerSource(view.observer.source) || isFailing(this.statusOf(view, nowMs))) return undefined;
    return this.#judge.accusation(view.cells, judgedAt(view), nowMs);
  }

  #heard({ observer, operation, evidence }: View, reading: Reading): HeardView {
    const isIll = reading.status >= HealthStatus.PENDING;
    return {
      observer: observer.name,
      operation: operation.name,
      source: observer.source,
      ...reading,
      weight: this.#judge.weighsTrust ? observer.trust : 1,
      // What was seen before the trouble began is not of it; evidence may be told a window later than it was met.
      evidence: isIll ? evidence.filter(({ atMs }) => atMs >= reading.sinceMs - 1).map((each) => each.evidence) : [],
    };
  }
}

/** Slow like everybody: no fault of this one. */
function excused(reading: Reading): Reading {
  return { ...reading, status: HealthStatus.HEALTHY, reason: 'ok' };
}

/**
 * What an observer says that could not reach a subject, once that is there again. That nobody listens is true of a process and not of an
 * operation: a process that was started anew need not be asked for what it was asked for when it was not there, as for a vote in an
 * election, to be well. The same goes for calls that it cut off when it went.
 *
 * Only somebody who was refused as well, that observer or another one, and then answered has seen it come back. And only an
 * instance comes back: behind the name of a service, or at an address, another one may have answered.
 *
 * Who was answered in what it was refused in, and not refused again for a second, finds it well: that some calls fail and others do not may be
 * chance, that a process listens is not. Who has not asked again says nothing any more when it has let its turns pass, by how often
 * it tried in vain: who goes on trying and is refused finds one door shut of a process that has several. Who tried once has no
 * turns, however seldom it asks otherwise.
 */
function sinceItIsBack(reading: Reading, view: View, nowMs: number): Reading {
  const { observer, operation } = view;
  const { absence, identity } = operation.subject;
  if (!absence || identity.resolution !== 'instance' || !isCallerSource(observer.source)) return reading;
  const { status, reason, sinceMs, lastMs, failingCount, goodRun, mixedMs } = reading;
  if (status < HealthStatus.MAYBE_UNHEALTHY || !isOfAbsence(reason) || !absence.isOverSince(sinceMs, lastMs))
    return reading;
  const isAnswered = goodRun > 0 && mixedMs <= sinceMs && nowMs - lastMs >= ANSWERED_MS;
  if (isAnswered) {
    return {
      ...reading,
      status: HealthStatus.HEALTHY,
      reason: 'ok',
      sinceMs: lastMs,
      lastMs: seenMs(view),
      reasonMs: lastMs,
    };
  }
  const gapMs = failingCount > 1 ? (lastMs - sinceMs) / (failingCount - 1) : 0;
  const isSilent = isBehind({ lastMs, gapMs }, nowMs, observer.isGuest ? GUEST_NEWS_LAG_MS : undefined);
  // It says nothing any more, and what it met is still shown.
  return isSilent ? { ...reading, status: HealthStatus.NA } : reading;
}

/** Whether calls end for this reason where a process has gone: it is not there, or cut them off when it went. */
function isOfAbsence(reason: OutcomeReason): boolean {
  return !wasReached(reason) || reason === 'reset';
}
