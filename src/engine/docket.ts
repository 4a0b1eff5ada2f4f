// SPDX-License-Identifier: Apache-2.0
/**
 * The docket: which subjects are to be judged, when, and how they were judged last. A subject is judged at once, but not more
 * often than it has views for; one that is ill is judged every second although nothing is said of it, for good news grows old.
 */
import { resolutionOf, serviceOf } from '../model/identity.js';
import { wasReached } from '../model/observation.js';
import { HealthStatus } from '../model/status.js';
import type { Verdict } from '../model/verdict.js';
import { TIME_TO_TELL_MS } from './chains.js';
import { Culprits } from './culprits.js';
import type { SubjectReport } from './engine-reader.js';
import { FormerBlame } from './former-blame.js';
import type { Hearings } from './hearings.js';
import { ASK_AGAIN_MS, type Awaited, HeldSubjects, heldUntilMs } from './held-subjects.js';
import { IllSubjects } from './ill-subjects.js';
import type { Panoramas, SubjectRef } from './store/panoramas.js';
import type { SubjectRecord } from './store/records.js';
import { composeVerdict, nothingKnownOf } from './verdict/compose.js';
import { type HeardView, isCallerSource } from './verdict/quadrant.js';

/** 40 views 1 ms, 10 000 views 250 ms at the most: voting costs in proportion to the views. */
const GAP_PER_VIEW_MS = 0.025;
const GAP_MAX_MS = 250;

/** How long a subject may wait that is well and goes on being so, in ms: a fleet that starts has a hundred observers of each. */
const PUT_OFF_MS = 1000;

/** Instances whose word on themselves is heard for their service; of more the first ones stand for all. */
const INSTANCES_HEARD_MAX = 64;

/** Links of a chain of waits that are judged one after the other at once; the rest at the next tick. */
const CHAIN_LENGTH_MAX = 8;

export interface DocketParts {
  readonly panoramas: Panoramas;
  readonly hearings: Hearings;
  /** Whether votes weigh by trust. */
  readonly weighs: boolean;
  /** Told of each verdict and the one before it; `undefined` before the first. */
  readonly onVerdict: (before: Verdict | undefined, after: Verdict, nowMs: number, cause: string | undefined) => void;
}

/** A subject as last judged. */
interface Judged {
  readonly verdict: Verdict;
  /** Not judged again before this. */
  readonly restUntilMs: number;
}

export class Docket {
  readonly culprits: Culprits;
  readonly #parts: DocketParts;
  readonly #judged = new Map<SubjectRecord, Judged>();
  /** Subjects to be judged as soon as they may, and what made it so. */
  readonly #waiting = new Map<SubjectRecord, string | undefined>();
  readonly #ill = new IllSubjects();
  /** Subjects of which nothing has changed but how many find them well. */
  readonly #putOff = new Set<SubjectRecord>();
  #putOffDueMs = 0;
  readonly #formerBlame = new FormerBlame();
  /** Subjects that hang because they wait for somebody of whom it is not known yet what ails it. */
  readonly #held = new HeldSubjects();
  #wokenCount = 0;

  constructor(parts: DocketParts) {
    this.#parts = parts;
    this.culprits = new Culprits({
      panoramas: parts.panoramas,
      verdictOf: (subject) => this.verdictOf(subject),
      recoveredMs: (subject) => this.#ill.recoveredMs(subject),
      supportFor: (observer, subject, nowMs) => parts.hearings.supportFor(observer, subject, nowMs),
      onReason: (environment, name) => this.#reasonOf(environment, name),
    });
  }

  verdictOf(subject: SubjectRecord): Verdict | undefined {
    return this.#judged.get(subject)?.verdict;
  }

  verdicts(nowMs: number): readonly Verdict[] {
    for (const subject of [...this.#putOff]) this.judge(subject, nowMs);
    return [...this.#judged.values()].map(({ verdict }) => verdict);
  }

  /** Subjects with which something is wrong. */
  get ill(): ReadonlySet<SubjectRecord> {
    return this.#ill.all;
  }

  /** Whether something is wrong with a subject, by its last verdict. */
  isIll(subject: SubjectRecord): boolean {
    return this.#ill.has(subject);
  }

  /** Whether nothing is, by its last verdict, and that it was heard of. */
  isWell(subject: SubjectRecord): boolean {
    return this.verdictOf(subject)?.status === HealthStatus.HEALTHY && !this.#ill.has(subject);
  }

  /** Puts a subject that is well down to be judged within a second: another observer finds it well too. */
  addLater(subject: SubjectRecord): void {
    this.#putOff.add(subject);
  }

  /** Has those judged who were put off. */
  addPutOff(nowMs: number): void {
    if (nowMs < this.#putOffDueMs) return;
    this.#putOffDueMs = nowMs + PUT_OFF_MS;
    for (const subject of this.#putOff) this.add(subject, undefined);
    this.#putOff.clear();
  }

  /** Has those judged again who have waited for others as long as they may. */
  addHeld(nowMs: number): void {
    for (const subject of this.#held.due(nowMs)) this.add(subject, undefined);
  }

  /** Puts a subject down to be judged; what made it so is told with the verdict. */
  add(subject: SubjectRecord, cause: string | undefined): void {
    if (cause !== undefined || !this.#waiting.has(subject)) this.#waiting.set(subject, cause);
  }

  addIll(nowMs: number): void {
    const { all, gapMs } = this.#ill;
    for (const subject of all) {
      if (nowMs - (this.verdictOf(subject)?.judgedMs ?? 0) >= gapMs) this.add(subject, undefined);
    }
  }

  /** Judges whoever may be judged by now, and then those who waited to hear what becomes of them. */
  judgeWaiting(nowMs: number): void {
    for (let step = 0; step < CHAIN_LENGTH_MAX; step++) {
      this.#wokenCount = 0;
      this.#judgeOnce(nowMs);
      if (this.#wokenCount === 0) return;
    }
  }

  /** Something was learned of why a subject fails: if it is held, that may be over. */
  #reasonOf(environment: string, name: string): void {
    const subject = this.#held.size > 0 && this.#parts.panoramas.subject({ environment, subject: name });
    if (subject && this.#held.has(subject)) this.add(subject, undefined);
  }

  /** Has those judged again who wait for a subject of which something else is known now. */
  #wake(subject: SubjectRecord): void {
    for (const each of this.#held.waitingFor(subject)) {
      this.#wokenCount++;
      this.add(each, undefined);
    }
  }

  #judgeOnce(nowMs: number): void {
    for (const [subject, cause] of [...this.#waiting]) {
      if (nowMs < (this.#judged.get(subject)?.restUntilMs ?? 0)) continue;
      this.#waiting.delete(subject);
      this.judge(subject, nowMs, cause);
    }
  }

  /** @param inherited a verdict under another name, whose beginning is kept */
  judge(subject: SubjectRecord, nowMs: number, cause?: string, inherited?: Verdict): void {
    const { panoramas, hearings, weighs, onVerdict } = this.#parts;
    const { environment, identity, suspicion, slowTogetherMs } = subject;
    if (panoramas.subject({ environment, subject: identity.text }) !== subject) {
      this.forget(subject, nowMs);
      return;
    }
    const before = this.verdictOf(subject);
    const { isSlowTogether, heard: own } = hearings.of(subject, nowMs);
    const heard = [...this.#unlessItWaits(subject, own, nowMs), ...this.#selfReports(subject, nowMs)];
    const verdict = composeVerdict({
      ...{ environment, subject: identity, views: heard, nowMs, previous: before ?? inherited },
      ...{ weighs, suspicion, slowTogetherMs },
      instances: identity.resolution === 'service' ? this.culprits.instancesOf(environment, identity.text) : undefined,
      blameOf: (failing) =>
        this.#formerBlame.of(subject, (root) => this.culprits.isStillRoot(subject, root, nowMs)) ??
        this.culprits.blameOf(subject, failing, nowMs),
    });
    const restMs = Math.min(GAP_MAX_MS, Math.floor(heard.length * GAP_PER_VIEW_MS));
    this.#note(subject, verdict, nowMs + restMs);
    this.#putOff.delete(subject);
    onVerdict(before, verdict, nowMs, cause);
    this.#tellService(subject, isSlowTogether, before?.status !== verdict.status, nowMs);
  }

  /** Takes over a verdict of an earlier life, so that nothing is announced twice and `since` goes on. */
  resume(subject: SubjectRecord, verdict: Verdict): void {
    this.#note(subject, verdict, 0);
    this.#formerBlame.note(subject, verdict);
  }

  /**
   * A subject whose calls hang or fail because a call of its own does is not convicted before that one's callee is: else every
   * link of a chain would be the culprit until the last one is found. Not for ever: they may wait for each other, and who
   * alone finds another failing has perhaps itself to blame.
   */
  #unlessItWaits(subject: SubjectRecord, heard: readonly HeardView[], nowMs: number): readonly HeardView[] {
    // Who cannot be reached waits for nobody.
    const isIll = ({ status, source, reason }: HeardView) =>
      status >= HealthStatus.MAYBE_UNHEALTHY && isCallerSource(source) && wasReached(reason);
    const ill = heard.filter(isIll);
    const known = ill.length > 0 ? this.culprits.waitsFor(subject, ill, nowMs) : undefined;
    const untilMs = (view: HeardView) => heldUntilMs(view, known?.isIll === true);
    const isYoung = ({ sinceMs }: HeardView) => nowMs - sinceMs < TIME_TO_TELL_MS;
    const early = ill.filter((view) => nowMs < untilMs(view));
    const awaited = known ?? (early.some(isYoung) ? this.#mayWaitFor(subject, nowMs) : undefined);
    if (awaited && early.length > 0) {
      const young = early.filter(isYoung).map(({ sinceMs }) => sinceMs + TIME_TO_TELL_MS);
      // Nothing wakes it when others say that they are content with somebody who is ill already.
      const askAgain = awaited.isIll ? [nowMs + ASK_AGAIN_MS] : [];
      this.#held.hold(subject, awaited.name, Math.min(...early.map(untilMs), ...young, ...askAgain));
      const pending = new Set(early);
      return heard.map((view) => (pending.has(view) ? { ...view, status: HealthStatus.PENDING } : view));
    }
    this.#held.release(subject);
    return heard;
  }

  /** Somebody who hangs and is called by a subject whose guest has not had the time to tell that it waits there. */
  #mayWaitFor({ environment, identity }: SubjectRecord, nowMs: number): Awaited | undefined {
    if (this.culprits.isReasonKnown(environment, identity.text, nowMs)) return undefined;
    const called = this.#parts.panoramas.guest(environment, identity.text)?.subjects;
    const hung = called && this.#ill.hungAmong(called);
    return hung && { name: hung.identity.text, isIll: false };
  }

  forget(subject: SubjectRecord, nowMs: number): void {
    this.#held.release(subject);
    const known = this.verdictOf(subject);
    if (this.#ill.note(subject, undefined)) this.#wake(subject);
    this.#formerBlame.judged(subject, HealthStatus.NA);
    this.#waiting.delete(subject);
    this.#putOff.delete(subject);
    if (!known) return;
    this.#judged.delete(subject);
    this.#parts.onVerdict(known, nothingKnownOf(known, nowMs), nowMs, undefined);
  }

  /** The report of a subject, judged now; of a service that nobody calls by its name, drawn from its instances. */
  report(ref: SubjectRef, nowMs: number): SubjectReport | undefined {
    const { panoramas, hearings, weighs } = this.#parts;
    const subject = panoramas.subject(ref);
    if (subject) {
      this.judge(subject, nowMs);
      const verdict = this.verdictOf(subject);
      const views = [...hearings.of(subject, nowMs).heard, ...this.#selfReports(subject, nowMs)];
      return verdict && { verdict, views };
    }
    const instances = this.culprits.instancesOf(ref.environment, ref.subject);
    if (!instances) return undefined;
    const identity = { text: ref.subject, resolution: resolutionOf(ref.subject) };
    const verdict = composeVerdict({
      ...{ environment: ref.environment, subject: identity, views: [], nowMs, previous: undefined, instances },
      ...{ weighs, suspicion: undefined, slowTogetherMs: 0 },
      blameOf: () => this.culprits.blameOfService(ref),
    });
    return { verdict, views: [] };
  }

  /** What the instances say of themselves is the view that a service has of itself, where its callers know it by its name only. */
  #selfReports({ environment, identity }: SubjectRecord, nowMs: number): readonly HeardView[] {
    if (identity.resolution !== 'service') return [];
    const { panoramas, hearings } = this.#parts;
    const reports: HeardView[] = [];
    let count = 0;
    for (const instance of panoramas.instancesOf(environment, identity.text)) {
      if (count++ >= INSTANCES_HEARD_MAX) break;
      for (const view of hearings.of(instance, nowMs).heard) if (!isCallerSource(view.source)) reports.push(view);
    }
    return reports;
  }

  #note(subject: SubjectRecord, verdict: Verdict, restUntilMs: number): void {
    this.#judged.set(subject, { verdict, restUntilMs });
    this.#formerBlame.judged(subject, verdict.status);
    if (this.#ill.note(subject, verdict)) this.#wake(subject);
  }

  /** A service is judged with its instances, and when most of them are slow together it alone is. */
  #tellService(instance: SubjectRecord, isSlow: boolean, isNews: boolean, nowMs: number): void {
    const { panoramas, hearings } = this.#parts;
    const { environment, identity } = instance;
    if (identity.resolution !== 'instance') return;
    const name = serviceOf(identity.text);
    const service = isSlow
      ? panoramas.makeSubject(environment, { text: name, resolution: 'service' })
      : panoramas.subject({ environment, subject: name });
    if (!service) return;
    const wasSlow = service.slowTogetherMs > 0;
    if (isSlow && !wasSlow) service.slowTogetherMs = nowMs;
    else if (!isSlow && wasSlow && !hearings.isSlowTogether(panoramas.instancesOf(environment, name))) {
      service.slowTogetherMs = 0;
      panoramas.dropIfEmpty(service);
    }
    if (isNews || service.slowTogetherMs > 0 !== wasSlow) this.add(service, undefined);
  }
}
