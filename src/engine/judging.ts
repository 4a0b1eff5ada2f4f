// SPDX-License-Identifier: Apache-2.0
/**
 * The court: observations go into views, and views into verdicts. A view that says what it said before costs nothing more.
 * Only where one changes its mind, or its subject is ill, is the subject judged, and not more often than it has views for.
 */
import { type Identity, resolutionOf, serviceOf } from '../model/identity.js';
import type { Observation } from '../model/observation.js';
import { HealthStatus } from '../model/status.js';
import type { Verdict } from '../model/verdict.js';
import type { SettledCall } from './calls/settled-call.js';
import { Culprits } from './culprits.js';
import { DueWheel } from './due-wheel.js';
import type { SubjectReport } from './engine-reader.js';
import { Hearings } from './hearings.js';
import { Siblings } from './siblings.js';
import { Panoramas, type PanoramasOptions, type SubjectRef } from './store/panoramas.js';
import { NOWHERE, type ObserverRecord, type SubjectRecord, type View } from './store/records.js';
import { judgedAt, seenMs, setTimedMs, timedMs } from './store/view-table.js';
import { composeVerdict, nothingKnownOf } from './verdict/compose.js';
import { DEFAULT_LIFETIME } from './verdict/evidence-lifetime.js';
import type { Judge } from './verdict/judge.js';
import { isCallerSource } from './verdict/quadrant.js';
import { closeSecond, limitOf, looksSlow, noteLatency } from './verdict/slowness.js';
import { isExplainedByLag, isOwnFaultPossible } from './verdict/trust.js';
import { Witnesses } from './witnesses.js';

/**
 * A subject is judged at once, but not more often than this per view of it: 40 views 1 ms, 10 000 views 250 ms at the
 * most. Voting costs in proportion to the views, so a subject that everybody calls takes a bounded share of the engine.
 */
const JUDGE_GAP_PER_VIEW_MS = 0.025;
const JUDGE_GAP_MAX_MS = 250;

/** How often an ill subject is judged although nothing is said of it, in ms: good news grows old. */
const ILL_GAP_MS = 1000;

/** While single calls are timed, a guest's folds say nothing more of how long they take. In ms. */
const TIMED_FRESH_MS = 60_000;

export interface JudgingParts extends PanoramasOptions {
  readonly judge: Judge;
  /** Told of each verdict that differs from the one before; `undefined` before the first. */
  readonly onVerdict: (before: Verdict | undefined, after: Verdict, nowMs: number, cause: string | undefined) => void;
  /** Told of each view that goes, while it is still whole. */
  readonly onGone?: ((view: View) => void) | undefined;
}

/** A subject as last judged. */
interface Judged {
  readonly verdict: Verdict;
  /** Not judged again before this. */
  readonly restUntilMs: number;
}

export class Judging {
  readonly panoramas: Panoramas;
  readonly #parts: JudgingParts;
  readonly #judge: Judge;
  readonly #judged = new Map<SubjectRecord, Judged>();
  readonly #due = new DueWheel();
  readonly #siblings: Siblings;
  readonly #culprits: Culprits;
  readonly #hearings: Hearings;
  readonly #witnesses: Witnesses;
  /** Subjects to be judged as soon as they may, and what made it so. */
  readonly #waiting = new Map<SubjectRecord, string | undefined>();
  readonly #ill = new Set<SubjectRecord>();

  constructor(parts: JudgingParts) {
    this.#parts = parts;
    this.#judge = parts.judge;
    this.panoramas = new Panoramas(parts.judge, parts);
    this.#siblings = new Siblings(this.panoramas);
    this.#culprits = new Culprits(this.panoramas, (subject) => this.#judged.get(subject)?.verdict);
    this.#hearings = new Hearings(parts.judge, this.#siblings);
    this.#witnesses = new Witnesses({
      isExplained: (subject, nowMs) => this.#culprits.isVictim(subject, nowMs),
      onChange: (observer, wasSuspect, nowMs) => this.#suspect(observer, wasSuspect, nowMs),
    });
    this.panoramas.onGone = (view) => this.#gone(view);
  }

  /** Takes an observation in. O(1), unless it changes what its view says. */
  observe(observation: Observation, atMs: number, nowMs: number): void {
    const isLagged = this.#judge.weighsTrust && isExplainedByLag(observation);
    const view = isLagged ? this.panoramas.viewOf(observation) : this.panoramas.observe(observation, atMs);
    this.#witnesses.note(view.observer, isLagged);
    this.#culprits.told(observation, atMs);
    const { latency, status, count } = observation;
    const isTimed = timedMs(view) > 0 && nowMs - timedMs(view) < TIMED_FRESH_MS;
    if (latency && status === HealthStatus.HEALTHY && !isTimed) {
      this.#time(view, typicalMs(latency.meanSeconds, latency.maxSeconds, count), count, atMs, nowMs);
    }
    if (!isLagged) this.#tellCrowd(view, observation, atMs, nowMs);
    this.#refresh(view, nowMs, observation.id);
  }

  /** Takes in what is known of one call in the end: how long its callee took itself, and who deeper let that one down. */
  settled(call: SettledCall, nowMs: number): void {
    const view = this.panoramas.find(call.environment, call.subject, call.operation, call.observer);
    if (!view) return;
    const limitMs = limitOf(view, this.#siblings.usualMs(view.operation, nowMs));
    const isSlow = limitMs !== undefined && call.durationMs > limitMs;
    if (call.failing || isSlow) this.#culprits.settled(call, nowMs);
    if (call.failing) return;
    setTimedMs(view, nowMs);
    view.isJournaled = false;
    this.#time(view, call.ownMs, 1, call.atMs, nowMs);
    this.#refresh(view, nowMs, call.id);
  }

  /** Judges whoever is to be judged by now: after each request, and at each tick. */
  judgeWaiting(nowMs: number): void {
    this.#witnesses.hear(nowMs);
    for (const [subject, cause] of [...this.#waiting]) {
      if (nowMs < (this.#judged.get(subject)?.restUntilMs ?? 0)) continue;
      this.#waiting.delete(subject);
      this.#judgeNow(subject, nowMs, cause);
    }
  }

  /** What time alone changes. */
  tick(nowMs: number): void {
    for (const view of this.#due.take(nowMs)) {
      closeSecond(view, nowMs, this.#siblings.usualMs(view.operation, nowMs));
      this.#refresh(view, nowMs, undefined);
    }
    for (const subject of this.#ill) {
      if (nowMs - (this.#judged.get(subject)?.verdict.judgedMs ?? 0) >= ILL_GAP_MS) this.#wait(subject, undefined);
    }
    for (let view = this.panoramas.oldest; view; view = this.panoramas.oldest) {
      if (seenMs(view) >= nowMs - DEFAULT_LIFETIME.lifetimeMaxMs) break;
      this.panoramas.forget(view);
    }
    this.judgeWaiting(nowMs);
  }

  /** Moves what was recorded under one name to another; a failure already known keeps its beginning. */
  rename(environment: string, from: string, to: Identity, nowMs: number): void {
    const source = this.panoramas.subject({ environment, subject: from });
    const inherited = source && this.#judged.get(source)?.verdict;
    if (!this.panoramas.rename(environment, from, to)) return;
    this.#culprits.rename(environment, from, to.text);
    if (source) this.#forget(source, nowMs);
    const target = this.panoramas.subject({ environment, subject: to.text });
    if (!target) return;
    for (const { views } of target.operations.values())
      for (const view of views.values()) this.#refresh(view, nowMs, undefined);
    this.#judgeNow(target, nowMs, undefined, inherited);
  }

  /** Forgets what callers said of a subject that is no more: whoever took its address does not take its guilt. */
  retire(ref: SubjectRef, nowMs: number): void {
    const subject = this.panoramas.subject(ref);
    if (!subject || !isIll(this.#judged.get(subject)?.verdict)) return;
    for (const { views } of [...subject.operations.values()]) {
      for (const view of [...views.values()]) this.panoramas.forget(view);
    }
    this.#forget(subject, nowMs);
  }

  /** Takes over a verdict of an earlier life, so that nothing is announced twice and `since` goes on. */
  resume(verdict: Verdict): void {
    const subject = this.panoramas.subject(verdict);
    if (subject) this.#judged.set(subject, { verdict, restUntilMs: 0 });
    if (subject && isIll(verdict)) this.#ill.add(subject);
  }

  /** Looks at a view again, after its row was written by somebody else. */
  refresh(view: View, nowMs: number): void {
    this.#refresh(view, nowMs, undefined);
  }

  verdicts(): readonly Verdict[] {
    return [...this.#judged.values()].map(({ verdict }) => verdict);
  }

  /** The report of a subject, judged now; of a service that nobody calls by its name, drawn from its instances. */
  report(ref: SubjectRef, nowMs: number): SubjectReport | undefined {
    const subject = this.panoramas.subject(ref);
    if (subject) {
      this.#judgeNow(subject, nowMs, undefined);
      const verdict = this.#judged.get(subject)?.verdict;
      return verdict && { verdict, views: this.#hearings.of(subject, nowMs).heard };
    }
    const instances = this.#culprits.instancesOf(ref.environment, ref.subject);
    if (!instances) return undefined;
    const identity = { text: ref.subject, resolution: resolutionOf(ref.subject) };
    const verdict = composeVerdict({
      ...{ environment: ref.environment, subject: identity, views: [], nowMs, previous: undefined, instances },
      ...{ weighs: this.#judge.weighsTrust, suspicion: undefined, slowTogetherMs: 0 },
      blameOf: () => this.#culprits.blameOfService(ref, nowMs),
    });
    return { verdict, views: [] };
  }

  /** What one caller saw the callers together have seen. */
  #tellCrowd({ operation, observer }: View, observation: Observation, atMs: number, nowMs: number): void {
    const { crowd, subject } = operation;
    if (!crowd || !isCallerSource(observer.source)) return;
    const before = this.#judge.statusOf(crowd.cells, judgedAt(crowd), nowMs);
    this.#judge.observe(crowd.cells, judgedAt(crowd), observation, atMs);
    if (this.#judge.statusOf(crowd.cells, judgedAt(crowd), nowMs) !== before) this.#wait(subject, observation.id);
  }

  #time(view: View, latencyMs: number, count: number, atMs: number, nowMs: number): void {
    const siblingMs = this.#siblings.usualMs(view.operation, nowMs);
    noteLatency(view, latencyMs, count, atMs, siblingMs);
    if (looksSlow(view, siblingMs)) this.#due.add(view, Math.floor(atMs / 1000) * 1000 + 1000, nowMs);
  }

  /** Reads a view, and sees to what follows if it says something else than before. */
  #refresh(view: View, nowMs: number, cause: string | undefined): void {
    if (view.isGone) return;
    const status = this.#hearings.statusOf(view, nowMs);
    // A view that is well and goes on being well is looked at again by itself, when it was to be.
    if (status === HealthStatus.HEALTHY && view.status === status && view.dueBucket !== NOWHERE) {
      if (this.#ill.has(view.operation.subject)) this.#wait(view.operation.subject, cause);
      return;
    }
    const reading = this.#hearings.read(view, nowMs);
    const complains = reading !== undefined && isOwnFaultPossible(reading);
    if (complains !== view.complains) this.#witnesses.noteComplaint(view.observer);
    const isNews = this.panoramas.setStatus(view, status, complains);
    if (reading) this.#due.add(view, reading.dueMs, nowMs);
    const { subject } = view.operation;
    // Another failure of an outvoted view may make it a minority that persists.
    if (isNews || status >= HealthStatus.MAYBE_UNHEALTHY || this.#ill.has(subject)) this.#wait(subject, cause);
  }

  #wait(subject: SubjectRecord, cause: string | undefined): void {
    if (cause !== undefined || !this.#waiting.has(subject)) this.#waiting.set(subject, cause);
  }

  /** @param inherited a verdict under another name, whose beginning is kept */
  #judgeNow(subject: SubjectRecord, nowMs: number, cause: string | undefined, inherited?: Verdict): void {
    const { environment, identity, suspicion, slowTogetherMs } = subject;
    if (this.panoramas.subject({ environment, subject: identity.text }) !== subject) {
      this.#forget(subject, nowMs);
      return;
    }
    const before = this.#judged.get(subject)?.verdict;
    const views = this.#hearings.of(subject, nowMs);
    const verdict = composeVerdict({
      ...{ environment, subject: identity, views: views.heard, nowMs, previous: before ?? inherited },
      ...{ weighs: this.#judge.weighsTrust, suspicion, slowTogetherMs },
      instances: identity.resolution === 'service' ? this.#culprits.instancesOf(environment, identity.text) : undefined,
      blameOf: (failing) => this.#culprits.blameOf(subject, failing, nowMs),
    });
    const restMs = Math.min(JUDGE_GAP_MAX_MS, Math.floor(views.heard.length * JUDGE_GAP_PER_VIEW_MS));
    this.#judged.set(subject, { verdict, restUntilMs: nowMs + restMs });
    if (isIll(verdict) || verdict.failure !== 'none') this.#ill.add(subject);
    else this.#ill.delete(subject);
    this.#parts.onVerdict(before, verdict, nowMs, cause);
    this.#tellService(subject, views.isSlowTogether, before?.status !== verdict.status, nowMs);
  }

  /** A service is judged with its instances, and when most of them are slow together it alone is. */
  #tellService(instance: SubjectRecord, isSlow: boolean, isNews: boolean, nowMs: number): void {
    const { environment, identity } = instance;
    if (identity.resolution !== 'instance') return;
    const name = serviceOf(identity.text);
    const service = isSlow
      ? this.panoramas.makeSubject(environment, { text: name, resolution: 'service' })
      : this.panoramas.subject({ environment, subject: name });
    if (!service) return;
    const wasSlow = service.slowTogetherMs > 0;
    if (isSlow && !wasSlow) service.slowTogetherMs = nowMs;
    else if (!isSlow && wasSlow && !this.#hearings.isSlowTogether(this.panoramas.instancesOf(environment, name))) {
      service.slowTogetherMs = 0;
      this.panoramas.dropIfEmpty(service);
    }
    if (isNews || service.slowTogetherMs > 0 !== wasSlow) this.#wait(service, undefined);
  }

  /** An observer's word counts more or less from now on, and it may be a suspect itself. */
  #suspect(observer: ObserverRecord, wasSuspect: boolean, nowMs: number): void {
    for (const subject of observer.subjects.keys()) this.#wait(subject, undefined);
    const { environment, name, suspicion } = observer;
    if (!suspicion && !wasSuspect) return;
    const itself = this.panoramas.makeSubject(environment, { text: name, resolution: resolutionOf(name) });
    itself.suspicion = suspicion;
    this.panoramas.dropIfEmpty(itself);
    this.#judgeNow(itself, nowMs, undefined);
  }

  #gone(view: View): void {
    this.#parts.onGone?.(view);
    const { observer, operation } = view;
    if (observer.viewCount <= 1) {
      this.#witnesses.forget(observer);
      const itself =
        observer.suspicion && this.panoramas.subject({ environment: observer.environment, subject: observer.name });
      if (itself) {
        itself.suspicion = undefined;
        this.#wait(itself, undefined);
      }
    }
    this.#wait(operation.subject, undefined);
  }

  #forget(subject: SubjectRecord, nowMs: number): void {
    const known = this.#judged.get(subject)?.verdict;
    this.#ill.delete(subject);
    this.#waiting.delete(subject);
    if (!known) return;
    this.#judged.delete(subject);
    this.#parts.onVerdict(known, nothingKnownOf(known, nowMs), nowMs, undefined);
  }
}

function isIll(verdict: Verdict | undefined): boolean {
  return verdict !== undefined && verdict.status >= HealthStatus.MAYBE_UNHEALTHY;
}

/** What a call of a fold usually took, in ms: its one worst call is left out where there are enough others. */
function typicalMs(meanSeconds: number, maxSeconds: number, count: number): number {
  const seconds = count < 3 ? meanSeconds : Math.max(0, (meanSeconds * count - maxSeconds) / (count - 1));
  return 1000 * seconds;
}
