// SPDX-License-Identifier: Apache-2.0
/**
 * Observers as witnesses: what each says of all its subjects is held against what others say of them, and its trust set by
 * that. Only those are looked at of whom something has changed, and, once a second, those who complain.
 */

import { serviceOf } from '../model/identity.js';
import type { Suspicion } from '../model/verdict.js';
import type { Hearings } from './hearings.js';
import type { Hearing, ObserverRecord, SubjectRecord } from './store/records.js';
import { type Complaint, suspicionOf, type Testimony, trustIn } from './verdict/trust.js';

/** How often those who complain are heard again although they say nothing new, in ms: others may. */
const HEAR_AGAIN_MS = 1000;

/** And an observer of many subjects is heard the less often, in ms a subject: 10 000 of them are asked after four times a second. */
const REST_PER_SUBJECT_MS = 0.025;

/** After so many observations they are halved, so that lag counts while it lasts. */
const OBSERVATION_COUNT_MAX = 32;

export interface WitnessParts {
  readonly hearings: Hearings;
  /** Whether somebody deeper is to blame for what a subject does. */
  readonly isExplained: (subject: SubjectRecord, nowMs: number) => boolean;
  /** Told when an observer's vote counts more or less than it did; its subjects are to be judged anew. */
  readonly onTrust: (observer: ObserverRecord) => void;
  /** Told when an observer has become a suspect, is none any more, or another kind of one. */
  readonly onSuspicion: (observer: ObserverRecord, nowMs: number) => void;
}

export class Witnesses {
  readonly #parts: WitnessParts;
  readonly #changed = new Set<ObserverRecord>();
  readonly #complaining = new Set<ObserverRecord>();
  /** Who has rest, and until when. */
  readonly #resting = new Map<ObserverRecord, number>();
  #heardMs = 0;

  constructor(parts: WitnessParts) {
    this.#parts = parts;
  }

  /** Notes that an observer said something, and whether its own lag explains it. */
  note(observer: ObserverRecord, isLagged: boolean, count = 1): void {
    // While it has lagged: a good many calls that went well leave nothing of that.
    for (let said = 0; said < count && (isLagged || observer.laggedCount > 0); said++)
      this.#noteOne(observer, isLagged);
  }

  #noteOne(observer: ObserverRecord, isLagged: boolean): void {
    observer.observationCount++;
    if (isLagged) observer.laggedCount++;
    if (observer.observationCount > OBSERVATION_COUNT_MAX) {
      observer.observationCount /= 2;
      observer.laggedCount = Math.floor(observer.laggedCount / 2);
    }
    if (observer.laggedCount === 0) observer.observationCount = 0;
    this.#changed.add(observer);
  }

  /** Notes that a view of the observer complains, or does no more. */
  noteComplaint(observer: ObserverRecord): void {
    this.#changed.add(observer);
  }

  forget(observer: ObserverRecord): void {
    this.#changed.delete(observer);
    this.#complaining.delete(observer);
    this.#resting.delete(observer);
  }

  /** Hears those of whom something has changed. */
  hear(nowMs: number): void {
    const all = nowMs - this.#heardMs >= HEAR_AGAIN_MS;
    if (all) this.#heardMs = nowMs;
    const heard = all ? new Set([...this.#changed, ...this.#complaining]) : new Set(this.#changed);
    for (const observer of heard) {
      if (nowMs < (this.#resting.get(observer) ?? 0)) continue;
      this.#changed.delete(observer);
      this.#hear(observer, nowMs);
      const restMs = Math.floor(REST_PER_SUBJECT_MS * observer.subjects.size);
      if (restMs > 0) this.#resting.set(observer, nowMs + restMs);
    }
  }

  #hear(observer: ObserverRecord, nowMs: number): void {
    if (observer.source !== 'caller' && observer.source !== 'report') return;
    const testimony = this.#testimonyOf(observer, nowMs);
    const { laggedCount, observationCount, suspicion: before } = observer;
    const suspicion = suspicionOf(testimony, laggedCount, observationCount, nowMs, before);
    // Lag is taken off observation by observation; what it does not explain counts.
    const trust = suspicion?.reason === 'alone' ? 0 : trustIn(testimony);
    if (testimony.complaints.length > 0 || suspicion) this.#complaining.add(observer);
    else this.#complaining.delete(observer);
    const isTrustNews = trust !== observer.trust;
    observer.trust = trust;
    observer.suspicion = suspicion;
    if (isTrustNews) this.#parts.onTrust(observer);
    if (!isSameSuspicion(suspicion, before)) this.#parts.onSuspicion(observer, nowMs);
  }

  /**
   * Instances of one service count as one: they do the same work, and fail together for reasons of their own. An observer
   * complains of a service when it does so of half of its instances.
   */
  #testimonyOf(observer: ObserverRecord, nowMs: number): Testimony {
    const services = new Map<string, { speaking: number; readonly complaints: Complaint[] }>();
    for (const [subject, hearing] of observer.subjects) {
      if (!isSpeaking(hearing)) continue;
      const name = serviceOf(subject.identity.text);
      const service = services.get(name) ?? { speaking: 0, complaints: [] };
      services.set(name, service);
      service.speaking++;
      if (hearing.complaints === 0 || this.#parts.isExplained(subject, nowMs)) continue;
      service.complaints.push(this.#othersOn(observer, subject, nowMs));
    }
    const complaints = [...services.values()]
      .filter((each) => each.complaints.length > 0 && each.complaints.length * 2 >= each.speaking)
      .map((each) => ({
        wellCount: Math.min(...each.complaints.map(({ wellCount }) => wellCount)),
        failingCount: Math.max(...each.complaints.map(({ failingCount }) => failingCount)),
      }));
    return { subjectCount: services.size, complaints };
  }

  /**
   * What others say of the operations about which an observer complains: in the one where it is contradicted least. The
   * subject's own word is one voice.
   */
  #othersOn(observer: ObserverRecord, subject: SubjectRecord, nowMs: number): Complaint {
    const { hearings } = this.#parts;
    let wellCount = Number.POSITIVE_INFINITY;
    let failingCount = 0;
    for (const { views } of subject.operations.values()) {
      const complaint = views.get(observer);
      const reading = complaint?.complains ? hearings.read(complaint, nowMs) : undefined;
      if (!complaint || !reading) continue;
      const { well, ill, isSelfWell } = hearings.wordsOnIt(complaint, reading, nowMs);
      wellCount = Math.min(wellCount, well + (isSelfWell ? 1 : 0));
      failingCount = Math.max(failingCount, ill);
    }
    return { wellCount, failingCount };
  }
}

function isSpeaking({ speaking }: Hearing): boolean {
  return speaking > 0;
}

/** What is told of a suspect is what it says now. */
function isSameSuspicion(one: Suspicion | undefined, other: Suspicion | undefined): boolean {
  return (
    one?.reason === other?.reason &&
    one?.complaintCount === other?.complaintCount &&
    one?.subjectCount === other?.subjectCount
  );
}
