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
import type { Parcel, Told } from './parcels.js';
import { type Place, type Places, shownPlace } from './places.js';
import { SeenPlace, type SeenView } from './views.js';

/** From arrival to verdict, in ms: at most 250 between two looks at a busy subject, 100 to the next tick, as much again. */
export const SETTLE_MS = 700;

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

/** A place that had to be found, and has been or has not. */
interface Demand {
  readonly seen: SeenPlace;
  readonly level: HealthStatus;
  readonly cause: Cause;
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
  #statuses = new Map<string, HealthStatus>();
  #demanded = new Set<string>();
  #wellSinceMs = new Map<Place, number>();
  #lastSeq: number | undefined;

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
    this.#statuses = new Map();
    this.#demanded = new Set();
    this.#wellSinceMs = new Map();
    this.#lastSeq = undefined;
  }

  /** The engine is about to be given a parcel that it does not know. */
  arrived({ from, told }: Parcel): void {
    const nowMs = this.#nowMs();
    for (const each of told) {
      this.#believed.heard(from, each.atMs, nowMs);
      this.#seenAt(each.place).take(each, nowMs);
      if (each.news === 'failing' && each.cause?.role === 'culprit') this.#mayDemand(each, each.cause);
    }
  }

  transition({ seq, from, verdict }: Transition): void {
    const { subject, status } = verdict;
    const before = this.#statuses.get(subject) ?? HealthStatus.NA;
    this.#statuses.set(subject, status);
    this.#log.write(() => `${subject}: ${statusName(before)} → ${statusName(status)} ${verdict.failure}`);
    if (from.status !== before) this.#violate('order', `${subject} was ${statusName(before)}, not ${statusName(from.status)}`);
    if (this.#lastSeq !== undefined && seq !== this.#lastSeq + 1) this.#violate('order', `${seq} follows ${this.#lastSeq}`);
    this.#lastSeq = seq;
    if (status < HealthStatus.MAYBE_UNHEALTHY) return;
    const place = this.#places.named(subject);
    if (!place) {
      this.#violate('accuracy', `there is no ${subject}`);
      return;
    }
    const seen = this.#seenAt(place);
    const causes = seen.causes(this.#nowMs()).filter(({ role }) => role !== 'observer');
    for (const { fault } of causes) this.#found(fault, place, status);
    if (causes.length > 0) return;
    if (!isFailing(status)) this.doubtCount++;
    else if (!this.#isExcused(seen)) {
      this.#violate('accuracy', `${subject} is ${statusName(status)}, and nothing is wrong with it (${evidenceText(seen)})`);
    }
  }

  /** Looks for places that must be well by now; to be called every second or so. */
  sweep(): void {
    const nowMs = this.#nowMs();
    for (const [subject, status] of this.#statuses) {
      const place = this.#places.named(subject);
      if (!place || status < HealthStatus.MAYBE_UNHEALTHY || !this.#seenAt(place).isWell(nowMs)) {
        if (place && status >= HealthStatus.MAYBE_UNHEALTHY) this.#wellSinceMs.delete(place);
        continue;
      }
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

  #mayDemand({ place }: Told, cause: Cause): void {
    const seen = this.#seenAt(place);
    const level = this.#levelOf(seen);
    if (level === undefined) return;
    const key = `${place.id} ${cause.fault.fromMs} ${level}`;
    if (this.#demanded.has(key)) return;
    this.#demanded.add(key);
    if (!this.#dueMs.has(cause.fault)) this.#dueMs.set(cause.fault, this.#nowMs());
    this.#log.write(() => `${shownPlace(place)} must be ${statusName(level)} or worse (${evidenceText(seen)})`);
    this.#later(SETTLE_MS, () => this.#check({ seen, level, cause }, key));
  }

  #check({ seen, level, cause }: Demand, key: string): void {
    if (this.#seen.get(seen.place) !== seen) return;
    const now = this.#levelOf(seen);
    // What has been acquitted or is out of date meanwhile is asked for again when it fails again.
    if (now === undefined || now < level) {
      this.#demanded.delete(key);
      return;
    }
    const status = this.#statusOf(seen.place);
    if (status >= level) return;
    this.#violate(
      'completeness',
      `${shownPlace(seen.place)} is ${statusName(status)} and not ${statusName(level)}, through ${cause.fault.kind} (${evidenceText(seen)})`,
    );
  }

  /** What the engine must make of a place by now. */
  #levelOf(seen: SeenPlace): HealthStatus | undefined {
    const { needs } = this.#contestant;
    let level: HealthStatus | undefined;
    for (const views of seen.operations()) {
      const nowMs = this.#nowMs();
      const telling = views.filter((view) => this.#believed.is(view.observer, nowMs) && view.cause?.role === 'culprit');
      const failing = telling.filter((view) => view.isFailing(needs));
      if (failing.length * 2 > views.length) return HealthStatus.UNHEALTHY;
      const isDoubtful = telling.some((view) => view.isDoubtful(needs) || view.isPartlyFailing(needs));
      if (isDoubtful) level = HealthStatus.MAYBE_UNHEALTHY;
    }
    return level;
  }

  /** Chance that looks like a fault, and observers that nobody contradicts where the judge cannot doubt them. */
  #isExcused(seen: SeenPlace): boolean {
    const { needs, can } = this.#contestant;
    for (const views of seen.operations()) {
      if (views.some((view) => !view.cause && view.isFailing(needs))) return true;
      const own = views.filter((view) => view.cause?.role === 'observer');
      const excused = can.has('trust') ? own.filter(({ cause }) => cause?.fault.kind !== 'observer_overloaded') : own;
      if (excused.length * 2 > views.length) return true;
    }
    return false;
  }

  #found(fault: Fault, place: Place, status: HealthStatus): void {
    if (this.#foundMs.has(fault) || !fault.culprits.includes(place)) return;
    if (fault.finding === 'unhealthy' && !isFailing(status)) return;
    this.#foundMs.set(fault, this.#nowMs());
  }

  /** The worst that is said of a place under any of its names. */
  #statusOf(place: Place): HealthStatus {
    return Math.max(...place.names.map((name) => this.#statuses.get(name) ?? HealthStatus.NA)) as HealthStatus;
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

function evidenceText(seen: SeenPlace): string {
  const shown = (view: SeenView) =>
    `${view.observer.name} ${view.badRun} bad ${view.goodRun} good${view.cause ? ` ${view.cause.role} ${view.cause.fault.kind}` : ''}`;
  return [...seen.views()].map(shown).join(', ');
}
