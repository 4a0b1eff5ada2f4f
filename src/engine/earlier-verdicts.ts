// SPDX-License-Identifier: Apache-2.0
/**
 * Verdicts of an earlier life of the engine on which nobody has spoken yet. They stand for a minute: the observers were
 * there before and will be back, who retry and fold for some seconds. Whoever speaks first changes them; what nobody
 * speaks of ends as not known, so that no reader believes it for ever.
 */
import type { Verdict } from '../model/verdict.js';
import type { SubjectRef } from './store/panoramas.js';

/** How long a verdict stands that nobody speaks to, in ms. */
const STANDING_MS = 60_000;

export class EarlierVerdicts {
  readonly #byName = new Map<string, Verdict>();
  readonly #endMs: number;

  constructor(nowMs: number) {
    this.#endMs = nowMs + STANDING_MS;
  }

  add(verdict: Verdict): void {
    this.#byName.set(nameOf(verdict), verdict);
  }

  get(ref: SubjectRef): Verdict | undefined {
    return this.#byName.get(nameOf(ref));
  }

  /** The verdict, if there is one, which from now on is the business of whoever asks. */
  take(ref: SubjectRef): Verdict | undefined {
    const verdict = this.get(ref);
    this.#byName.delete(nameOf(ref));
    return verdict;
  }

  /** Those whose time is over. They are gone then. */
  takeEnded(nowMs: number): readonly Verdict[] {
    if (nowMs < this.#endMs || this.#byName.size === 0) return [];
    const ended = [...this.#byName.values()];
    this.#byName.clear();
    return ended;
  }

  all(): Iterable<Verdict> {
    return this.#byName.values();
  }
}

function nameOf({ environment, subject }: SubjectRef): string {
  return `${environment} ${subject}`;
}
