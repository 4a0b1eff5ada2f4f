// SPDX-License-Identifier: Apache-2.0
/** Subjects with which something is wrong by their last verdicts, those of them that hang, and when they are judged again. */
import { HealthStatus, isFailing } from '../model/status.js';
import type { Verdict } from '../model/verdict.js';
import type { SubjectRecord } from './store/records.js';

/** How often an ill subject is judged although nothing is said of it, and for how many that is little work: of 50 000 each has its turn in 5 s. */
const GAP_MS = 1000;
const GAP_PER_SUBJECT_MS = 0.1;

/** How long at least it is known of somebody that it has become well, in ms: a failing call that it explained has faded away by then. */
const RECOVERED_KEPT_MS = 5 * 60_000;

export class IllSubjects {
  readonly #all = new Set<SubjectRecord>();
  readonly #hung = new Set<SubjectRecord>();
  /** Who was convicted in its illness, of a fault of its own or of somebody deeper. */
  readonly #convicted = new Set<SubjectRecord>();
  /** Who of them has become well, and when, epoch ms; the earliest first. */
  readonly #recovered = new Map<SubjectRecord, number>();

  get all(): ReadonlySet<SubjectRecord> {
    return this.#all;
  }

  has(subject: SubjectRecord): boolean {
    return this.#all.has(subject);
  }

  /** How long each of them rests, in ms. */
  get gapMs(): number {
    return Math.max(GAP_MS, GAP_PER_SUBJECT_MS * this.#all.size);
  }

  /** Takes a verdict, or that there is none any more; returns whether the subject has fallen ill, is well again or hangs no more. */
  note(subject: SubjectRecord, verdict: Verdict | undefined): boolean {
    if (!verdict) this.#recovered.delete(subject);
    const isIll =
      verdict !== undefined && (verdict.status >= HealthStatus.MAYBE_UNHEALTHY || verdict.failure !== 'none');
    const isHung = isIll && verdict.reason === 'hung';
    if (isIll && isFailing(verdict.status)) this.#convicted.add(subject);
    if (this.#all.has(subject) === isIll && this.#hung.has(subject) === isHung) return false;
    if (isIll) this.#all.add(subject);
    else this.#all.delete(subject);
    if (!isIll && this.#convicted.delete(subject) && verdict) this.#noteRecovered(subject, verdict.judgedMs);
    if (isHung) this.#hung.add(subject);
    else this.#hung.delete(subject);
    return true;
  }

  /** When a subject that was convicted has last become well, epoch ms, if that was not long ago. */
  recoveredMs(subject: SubjectRecord): number | undefined {
    return this.#recovered.get(subject);
  }

  #noteRecovered(subject: SubjectRecord, nowMs: number): void {
    for (const [each, atMs] of this.#recovered) {
      if (nowMs - atMs < RECOVERED_KEPT_MS) break;
      this.#recovered.delete(each);
    }
    this.#recovered.delete(subject);
    this.#recovered.set(subject, nowMs);
  }

  /** One of these that hangs. O(the fewer of both). */
  hungAmong(subjects: ReadonlyMap<SubjectRecord, unknown>): SubjectRecord | undefined {
    const [fewer, others] = subjects.size < this.#hung.size ? [subjects.keys(), this.#hung] : [this.#hung, subjects];
    for (const each of fewer) if (others.has(each)) return each;
    return undefined;
  }
}
