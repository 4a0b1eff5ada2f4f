// SPDX-License-Identifier: Apache-2.0
/**
 * Knows what is at fault and what the engine has been told, and holds its verdicts against both:
 *
 * - **Completeness.** When most observers of an operation have told of enough failed calls in a row, through a fault of the
 *   place itself, it must be UNHEALTHY; when any of them has, or many calls have failed in between others, it must be in doubt
 *   at least. "Enough" is what the judge asks for at that rate of calls. The bound is therefore: delivery of the telemetry
 *   (the oracle counts from arrival), the calls that the judge needs, and `SETTLE_MS` for the engine to look.
 * - **Accuracy.** A place is UNHEALTHY only while calls tell against it that failed through its own fault or through that of
 *   somebody whom it calls; chance and the observers' own troubles convict nobody. Checked at each transition.
 * - **Recovery.** When every observer has told of enough good calls in a row, or its evidence has expired, the place is well.
 * - **Order.** Each transition begins where the subject's last one ended, and their numbers grow by one.
 */
import { HealthStatus, isFailing, statusName } from '../../src/model/status.js';
import type { Transition } from '../../src/model/verdict.js';
import { Believed } from './believed.js';
import type { Contestant } from './contestants.js';
import type { Cause, Fault } from './faults.js';
import type { Log } from './log.js';
import { type Parcel, toldText } from './parcels.js';
import { type Place, type Places, shownPlace } from './places.js';
import { Said } from './said.js';
import type { Instance } from './topology.js';
import { evidenceText, isChanceLikeFault, observersOf, SeenPlace, type SeenView } from './views.js';

/** From arrival to verdict, in ms: at most 250 between two looks at a busy subject, 100 to the next tick, as much again. */
export const SETTLE_MS = 700;

/**
 * A guest folds the calls of a second and does not say in which order they came, so that the good ones of the second in which
 * a fault begins count against it. In ms.
 */
const FOLD_MS = 1000;

/** What comes and goes is convicted if it was just now, in ms: a flapping subject need not be ill at the very moment of looking. */
const CONVICTED_WITHIN_MS = 3000;

export type Law = 'completeness' | 'accuracy' | 'recovery' | 'order';

export interface Violation {
  readonly law: Law;
  readonly atMs: number;
  readonly text: string;
}

/** How a fault was found. */
export interface Found {
  /** When enough had arrived to ask for it, and when it was first convicted; from the fault's beginning. */
  readonly dueMs: number | undefined;
  readonly foundMs: number | undefined;
}

/** What must be made of a place by now, and since when it may have been found so. */
interface Level {
  readonly status: HealthStatus;
  readonly sinceMs: number;
  /** By whose word. */
  readonly accusers: readonly Instance[];
}

export class Oracle {
  readonly violations: Violation[] = [];
  /** Places without fault that were in doubt: no error, but noise. */
  doubtCount = 0;
  readonly #places: Places;
  readonly #contestant: Contestant;
  readonly #log: Log;
  readonly #later: (delayMs: number, check: () => void) => void;
  readonly #nowMs: () => number;
  readonly #dueMs = new Map<Fault, number>();
  readonly #foundMs = new Map<Fault, number>();
  /** What is known in this life of the engine. */
  #seen = new Map<Place, SeenPlace>();
  #believed = new Believed(0);
  #said = new Said();
  /** Subjects that are held to be slow although nothing makes them so. */
  #slowByChance = new Set<string>();
  #demanded = new Set<string>();
  #wellSinceMs = new Map<Place, number>();

  constructor(
    contestant: Contestant,
    places: Places,
    log: Log,
    time: { readonly nowMs: () => number; readonly later: (delayMs: number, check: () => void) => void },
  ) {
    this.#contestant = contestant;
    this.#places = places;
    this.#log = log;
    this.#nowMs = time.nowMs;
    this.#later = time.later;
  }

  /** A new life of the engine, which knows nothing. @param offMs how far its clock is off */
  restarted(offMs: number): void {
    this.#seen = new Map();
    this.#believed = new Believed(offMs);
    this.#demanded = new Set();
    this.#wellSinceMs = new Map();
    this.#said = new Said();
  }

  /** The engine is about to be given a parcel that it does not know. */
  arrived({ from, told }: Parcel): void {
    const nowMs = this.#nowMs();
    for (const each of told) {
      const { place, news } = each;
      this.#believed.heard(from, each.atMs, nowMs);
      this.#seenAt(place).take(each, nowMs, this.#believed.is(from, nowMs));
      if (news === 'well') continue;
      if (place.before) this.#seenAt(place.before).take(each, nowMs, false);
      this.#log.write(() => toldText(each));
    }
    for (const { place, news, cause } of told) {
      if (news === 'failing' && cause?.role === 'culprit') this.#mayDemand(place, cause);
    }
  }

  transition(transition: Transition): void {
    const { from, verdict } = transition;
    const { subject, status } = verdict;
    this.#log.write(
      () =>
        `${subject}: ${statusName(from.status)} → ${statusName(status)} ${verdict.failure} ${verdict.reason} ${from.culprit ?? ''} → ${verdict.blame?.root ?? ''}`,
    );
    const disorder = this.#said.take(transition, this.#nowMs());
    if (disorder !== undefined) this.#violate('order', disorder);
    if (status < HealthStatus.MAYBE_UNHEALTHY) {
      this.#slowByChance.delete(subject);
      return;
    }
    const place = this.#places.named(subject);
    if (!place) {
      this.#violate('accuracy', `there is no ${subject}`);
      return;
    }
    const seen = this.#seenAt(place);
    if (verdict.reason === 'slow' && !seen.isSlow()) this.#slowByChance.add(subject);
    const causes = this.#causesAgainst(place);
    for (const { fault } of causes) this.#found(fault, place, status);
    if (causes.length > 0 || (verdict.suspicion && this.#isTroubled(place))) return;
    if (!isFailing(status)) this.doubtCount++;
    else if (!this.#isExcused(seen)) {
      this.#violate(
        'accuracy',
        `${subject} is ${statusName(status)}, reason ${verdict.reason}, and nothing is wrong with it (${evidenceText(seen)})`,
      );
    }
  }

  /** Looks for places that must be well by now; to be called every second or so. */
  sweep(): void {
    const nowMs = this.#nowMs();
    for (const [subject, status] of this.#said.statuses()) {
      const place = this.#places.named(subject);
      if (!place || status < HealthStatus.MAYBE_UNHEALTHY || this.#said.isSuspect(subject) || !this.#isWell(place)) {
        if (place && status >= HealthStatus.MAYBE_UNHEALTHY) this.#wellSinceMs.delete(place);
        continue;
      }
      // Slow by chance, which is a doubt that is counted.
      if (this.#slowByChance.has(subject)) continue;
      const sinceMs = this.#wellSinceMs.get(place) ?? nowMs;
      this.#wellSinceMs.set(place, sinceMs);
      if (nowMs - sinceMs < SETTLE_MS) continue;
      this.#wellSinceMs.set(place, Number.POSITIVE_INFINITY);
      this.#violate('recovery', `${subject} is still ${statusName(status)} (${evidenceText(this.#seenAt(place))})`);
    }
  }

  foundOf(fault: Fault): Found {
    const since = (atMs: number | undefined) => atMs && atMs - fault.fromMs;
    return { dueMs: since(this.#dueMs.get(fault)), foundMs: since(this.#foundMs.get(fault)) };
  }

  #mayDemand(place: Place, cause: Cause): void {
    const seen = this.#seenAt(place);
    const level = this.#levelOf(seen)?.status;
    if (level === undefined) return;
    const key = `${place.id} ${cause.fault.fromMs} ${level}`;
    if (this.#demanded.has(key)) return;
    this.#demanded.add(key);
    if (!this.#dueMs.has(cause.fault)) this.#dueMs.set(cause.fault, this.#nowMs());
    this.#log.write(() => `${shownPlace(place)} must be ${statusName(level)} or worse (${evidenceText(seen)})`);
    this.#later(SETTLE_MS + FOLD_MS, () => this.#check(seen, level, cause, key));
  }

  #check(seen: SeenPlace, level: HealthStatus, cause: Cause, key: string): void {
    if (this.#seen.get(seen.place) !== seen) return;
    const now = this.#levelOf(seen);
    // What has been acquitted or is out of date meanwhile is asked for again when it fails again.
    if (now === undefined || now.status < level) {
      this.#demanded.delete(key);
      return;
    }
    if (this.#said.lastAt(seen.place, level, this.#nowMs()) >= now.sinceMs) return;
    // Both ends of a broken path look alike; where few find it broken, these may be held to be it.
    if (level === HealthStatus.MAYBE_UNHEALTHY && now.accusers.every(({ name }) => this.#said.isSuspect(name))) return;
    const status = this.#said.statusOf(seen.place);
    this.#violate(
      'completeness',
      `${shownPlace(seen.place)} is ${statusName(status)} and not ${statusName(level)}, through ${cause.fault.kind} (${evidenceText(seen)})`,
    );
  }

  /** What the engine must make of a place by now. */
  #levelOf(seen: SeenPlace): Level | undefined {
    const { needs } = this.#contestant;
    const nowMs = this.#nowMs();
    const justNowMs = nowMs - CONVICTED_WITHIN_MS;
    let level: Level | undefined;
    for (const views of seen.operations()) {
      const telling = views.filter(
        (view) => view.cause?.role === 'culprit' && !view.isTroubled(nowMs) && this.#believed.is(view.observer, nowMs),
      );
      const failing = telling.filter((view) => view.isFailing(needs));
      const isHard = failing.some(({ cause }) => cause?.fault.finding === 'unhealthy');
      const against = observersOf(failing);
      if (isHard && against.length * 2 > observersOf(views).length) {
        return { status: HealthStatus.UNHEALTHY, sinceMs: justNowMs, accusers: against };
      }
      const doubtful = telling.filter((view) => view.isDoubtful(needs));
      const partly = telling.filter((view) => view.isPartlyFailing(needs));
      const accusers = observersOf([...doubtful, ...partly]);
      if (accusers.length === 0) continue;
      const sinceMs = doubtful.length > 0 ? justNowMs : Math.min(...partly.map(({ sinceWell }) => sinceWell.firstMs));
      level = { status: HealthStatus.MAYBE_UNHEALTHY, sinceMs, accusers };
    }
    return level;
  }

  /** Chance that looks like a fault, and observers that nobody contradicts where the judge cannot doubt them. */
  #isExcused(seen: SeenPlace): boolean {
    const { needs, can } = this.#contestant;
    const nowMs = this.#nowMs();
    for (const views of seen.operations()) {
      const excused = views.filter(({ cause, outMs, observer }) => {
        if (cause?.role === 'observer') return !can.has('trust') || cause.fault.kind !== 'observer_overloaded';
        // A call was said to be out, and the word that it came back is lost or late: to the engine it hangs.
        if (outMs === undefined) return false;
        // Known limit: while a clock is not put right, a call that is out is dated by it, and may be out for hours at once.
        return nowMs >= outMs + needs.pendingMs - SETTLE_MS || !this.#believed.is(observer, nowMs);
      });
      if (isChanceLikeFault(views, needs)) return true;
      // Who has not spoken since is silent, and does not contradict.
      const beganMs = Math.min(...excused.map(({ sinceWell }) => sinceWell.beganMs));
      const speaks = (view: SeenView) => view.isFresh(nowMs) && view.badRun === 0 && view.newestGoodMs >= beganMs;
      const fresh = views.filter((view) => excused.includes(view) || speaks(view));
      if (observersOf(excused).length * 2 > observersOf(fresh).length) return true;
    }
    return false;
  }

  /** What is wrong with a place, as far as calls tell that the engine has heard of; also where they name only its service. */
  #causesAgainst(place: Place): Cause[] {
    const nowMs = this.#nowMs();
    const known = this.#seenAt(place).causes(nowMs);
    const shared = place.service ? this.#seenAt(place.service).causes(nowMs) : [];
    known.push(...shared.filter(({ fault }) => fault.culprits.includes(place)));
    // A service is as ill as its instances.
    for (const part of place.parts) known.push(...this.#seenAt(part).causes(nowMs));
    return known.filter(({ role }) => role !== 'observer');
  }

  #found(fault: Fault, place: Place, status: HealthStatus): void {
    if (this.#foundMs.has(fault) || !fault.culprits.includes(place)) return;
    if (fault.finding === 'unhealthy' && !isFailing(status)) return;
    this.#foundMs.set(fault, this.#nowMs());
  }

  /** Whether calls tell against anybody that failed through this observer itself. */
  #isTroubled(place: Place): boolean {
    const nowMs = this.#nowMs();
    for (const seen of this.#seen.values()) {
      for (const view of seen.views()) if (view.observer.place === place && view.isTroubled(nowMs)) return true;
    }
    return false;
  }

  /** Nothing speaks against a place, or its parts, any more. */
  #isWell(place: Place): boolean {
    const nowMs = this.#nowMs();
    return [place, ...place.parts].every((each) => this.#seenAt(each).isWell(nowMs));
  }

  #seenAt(place: Place): SeenPlace {
    let seen = this.#seen.get(place);
    if (!seen) {
      seen = new SeenPlace(place, this.#contestant.needs);
      this.#seen.set(place, seen);
    }
    return seen;
  }

  #violate(law: Law, text: string): void {
    this.#log.write(() => `VIOLATED ${law}: ${text}`);
    this.violations.push({ law, atMs: this.#nowMs(), text });
  }
}
