// SPDX-License-Identifier: Apache-2.0
/**
 * Subjects that are held, by whom each of them waits for: when that one falls ill or is well again, those who wait for it are judged
 * anew, and nobody else. In the outage of a zone thousands wait, each for its own.
 *
 * Whom one waits for is a name, of an instance or of a service, and what is said of the one may tell of the other.
 */
import { serviceOf } from '../model/identity.js';
import type { ViewSummary } from '../model/verdict.js';
import { TURN_MS } from './hearings.js';
import type { SubjectRef } from './store/panoramas.js';
import type { SubjectRecord } from './store/records.js';

/**
 * How long a subject is held whose trouble another one explains, in ms. Calls that hang: longer than they can be out without a
 * conviction. Calls that failed: until the other one's callers have failed as often, a few calls each.
 */
const HELD_HUNG_MS_MAX = 3000;
const HELD_FAILED_MS_MAX = 500;

/** How soon it is asked again whether others have spoken of whom a subject waits for: they have 2 s for it. In ms. */
export const ASK_AGAIN_MS = 250;

/**
 * Until when its subject may be held for what a view says, epoch ms.
 *
 * @param isOpen whether it waits for somebody who is ill by its word alone, and others are still to speak
 */
export function heldUntilMs({ reason, sinceMs }: Pick<ViewSummary, 'reason' | 'sinceMs'>, isOpen: boolean): number {
  if (reason === 'hung') return sinceMs + HELD_HUNG_MS_MAX;
  return sinceMs + (isOpen ? TURN_MS : HELD_FAILED_MS_MAX);
}

/** Somebody for whom a subject waits. */
export interface Awaited {
  readonly name: string;
  /** Whether it is ill already, by the word of the one who waits alone: others have not had their turn. */
  readonly isIll: boolean;
}

interface Hold {
  readonly waitsFor: string;
  /** When it is judged anew though nobody has changed, epoch ms. */
  readonly dueMs: number;
}

export class HeldSubjects {
  readonly #holds = new Map<SubjectRecord, Hold>();
  /** Those who wait, by the name that they wait for, and by the service of the instance that they wait for. */
  readonly #byName = new Map<string, Set<SubjectRecord>>();
  readonly #byService = new Map<string, Set<SubjectRecord>>();

  get size(): number {
    return this.#holds.size;
  }

  has(subject: SubjectRecord): boolean {
    return this.#holds.has(subject);
  }

  /** A subject is held because of somebody, until then at the most. O(1). */
  hold(subject: SubjectRecord, waitsFor: string, dueMs: number): void {
    const known = this.#holds.get(subject);
    if (known?.waitsFor !== waitsFor) {
      this.release(subject);
      const { environment } = subject;
      put(this.#byName, keyOf({ environment, subject: waitsFor }), subject);
      const service = serviceOf(waitsFor);
      if (service !== waitsFor) put(this.#byService, keyOf({ environment, subject: service }), subject);
    }
    this.#holds.set(subject, { waitsFor, dueMs });
  }

  release(subject: SubjectRecord): void {
    const known = this.#holds.get(subject);
    if (!known) return;
    this.#holds.delete(subject);
    const { environment } = subject;
    drop(this.#byName, keyOf({ environment, subject: known.waitsFor }), subject);
    drop(this.#byService, keyOf({ environment, subject: serviceOf(known.waitsFor) }), subject);
  }

  /** Who waits for this one: by its name, for it as one of a service, or for one of it. */
  *waitingFor({ environment, identity: { text } }: SubjectRecord): Iterable<SubjectRecord> {
    if (this.#holds.size === 0) return;
    yield* this.#byName.get(keyOf({ environment, subject: text })) ?? [];
    const service = serviceOf(text);
    const others = service === text ? this.#byService : this.#byName;
    yield* others.get(keyOf({ environment, subject: service })) ?? [];
  }

  /** Who has been held for as long as it may be. O(held). */
  *due(nowMs: number): Iterable<SubjectRecord> {
    for (const [subject, { dueMs }] of this.#holds) if (nowMs >= dueMs) yield subject;
  }
}

function keyOf({ environment, subject }: SubjectRef): string {
  return `${environment} ${subject}`;
}

function put(index: Map<string, Set<SubjectRecord>>, key: string, subject: SubjectRecord): void {
  const known = index.get(key);
  if (known) known.add(subject);
  else index.set(key, new Set([subject]));
}

function drop(index: Map<string, Set<SubjectRecord>>, key: string, subject: SubjectRecord): void {
  const known = index.get(key);
  known?.delete(subject);
  if (known?.size === 0) index.delete(key);
}
