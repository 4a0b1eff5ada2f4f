// SPDX-License-Identifier: Apache-2.0
/** What the engine has said of everybody in this life of it, transition by transition. */
import { HealthStatus, isFailing, statusName } from '../../src/model/status.js';
import { failuresAt, type Transition } from '../../src/model/verdict.js';
import type { Place } from './places.js';

export class Said {
  readonly #statuses = new Map<string, HealthStatus>();
  /** Subjects that are ill as observers. */
  readonly #suspects = new Set<string>();
  /** When a subject was last left in doubt, or unhealthy. */
  readonly #lastDoubtMs = new Map<string, number>();
  readonly #lastFailingMs = new Map<string, number>();
  #lastSeq: number | undefined;

  /** Takes a transition in; returns what is wrong with it as a step from what was said before, if anything. */
  take({ seq, from, verdict }: Transition, nowMs: number): string | undefined {
    const { subject, status, failure, suspicion } = verdict;
    const before = this.#statuses.get(subject) ?? HealthStatus.NA;
    const isNext = this.#lastSeq === undefined || seq === this.#lastSeq + 1;
    const hasPlace = failuresAt(status).includes(failure);
    const gap = isNext ? undefined : `${seq} follows ${this.#lastSeq}`;
    const fault = hasPlace ? gap : `${subject} is ${statusName(status)} and its failure ${failure}`;
    this.#lastSeq = seq;
    this.#statuses.set(subject, status);
    if (suspicion) this.#suspects.add(subject);
    else this.#suspects.delete(subject);
    if (before >= HealthStatus.MAYBE_UNHEALTHY) this.#lastDoubtMs.set(subject, nowMs);
    if (isFailing(before)) this.#lastFailingMs.set(subject, nowMs);
    return from.status === before ? fault : `${subject} was ${statusName(before)}, not ${statusName(from.status)}`;
  }

  /** Every subject and its status. */
  statuses(): Iterable<readonly [string, HealthStatus]> {
    return this.#statuses;
  }

  isSuspect(subject: string): boolean {
    return this.#suspects.has(subject);
  }

  /** The worst that is said of a place under any of its names. */
  statusOf({ names }: Place): HealthStatus {
    return Math.max(...names.map((name) => this.#statuses.get(name) ?? HealthStatus.NA)) as HealthStatus;
  }

  /** When a place was last as ill as that, or worse. */
  lastAt(place: Place, level: HealthStatus, nowMs: number): number {
    if (this.statusOf(place) >= level) return nowMs;
    const last = isFailing(level) ? this.#lastFailingMs : this.#lastDoubtMs;
    return Math.max(...place.names.map((name) => last.get(name) ?? Number.NEGATIVE_INFINITY));
  }
}
