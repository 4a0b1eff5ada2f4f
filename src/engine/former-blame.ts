// SPDX-License-Identifier: Apache-2.0
/**
 * Whose fault it was in an earlier life of the engine. Views are remembered and the reasons of what they tell are not, so that without
 * this an engine that starts would take each victim for its own culprit until it has heard enough.
 */
import { HealthStatus } from '../model/status.js';
import type { Blame, Verdict } from '../model/verdict.js';
import type { SubjectRecord } from './store/records.js';

export class FormerBlame {
  readonly #blame = new Map<SubjectRecord, Blame>();

  /** A verdict of an earlier life. */
  note(subject: SubjectRecord, { blame }: Verdict): void {
    if (blame) this.#blame.set(subject, blame);
  }

  /** @param isStill whether nothing is known that says otherwise of that root; once something is, it is forgotten */
  of(subject: SubjectRecord, isStill: (root: string) => boolean): Blame | undefined {
    const blame = this.#blame.get(subject);
    if (!blame || isStill(blame.root)) return blame;
    this.#blame.delete(subject);
    return undefined;
  }

  /** A subject that is well has no culprit, and when it fails again it may be somebody else. */
  judged(subject: SubjectRecord, status: HealthStatus): void {
    if (status < HealthStatus.MAYBE_UNHEALTHY) this.#blame.delete(subject);
  }
}
