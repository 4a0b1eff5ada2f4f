// SPDX-License-Identifier: Apache-2.0
/** Subjects with which something is wrong by their last verdicts, those of them that hang, and when they are judged again. */
import { HealthStatus } from '../model/status.js';
import type { Verdict } from '../model/verdict.js';
import type { SubjectRecord } from './store/records.js';

/** How often an ill subject is judged although nothing is said of it, and for how many that is little work: of 50 000 each has its turn in 5 s. */
const GAP_MS = 1000;
const GAP_PER_SUBJECT_MS = 0.1;

export class IllSubjects {
  readonly #all = new Set<SubjectRecord>();
  readonly #hung = new Set<SubjectRecord>();

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
    const isIll =
      verdict !== undefined && (verdict.status >= HealthStatus.MAYBE_UNHEALTHY || verdict.failure !== 'none');
    const isHung = isIll && verdict.reason === 'hung';
    if (this.#all.has(subject) === isIll && this.#hung.has(subject) === isHung) return false;
    if (isIll) this.#all.add(subject);
    else this.#all.delete(subject);
    if (isHung) this.#hung.add(subject);
    else this.#hung.delete(subject);
    return true;
  }

  /** One of these that hangs. O(the fewer of both). */
  hungAmong(subjects: ReadonlyMap<SubjectRecord, unknown>): SubjectRecord | undefined {
    const [fewer, others] = subjects.size < this.#hung.size ? [subjects.keys(), this.#hung] : [this.#hung, subjects];
    for (const each of fewer) if (others.has(each)) return each;
    return undefined;
  }
}
