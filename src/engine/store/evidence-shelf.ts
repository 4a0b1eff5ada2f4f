// SPDX-License-Identifier: Apache-2.0
/** The traces that views keep of what went wrong: a few each, and so many in all, of which the oldest go first. */
import { EVIDENCE_PER_VIEW_MAX } from '../../model/limits.js';
import type { Evidence } from '../../model/observation.js';
import { NO_EVIDENCE, type View } from './records.js';

export class EvidenceShelf {
  readonly #countMax: number;
  /** Views that have evidence, the one that got its first longest ago first; those before the head are done. */
  #views: View[] = [];
  #head = 0;
  #count = 0;
  #evictedCount = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#count;
  }

  /** Traces forgotten to make room. */
  get evictedCount(): number {
    return this.#evictedCount;
  }

  add(view: View, evidence: readonly Evidence[], atMs: number): void {
    const dated = evidence.map((each) => ({ evidence: each, atMs }));
    const before = view.evidence.length;
    view.evidence = [...view.evidence, ...dated].slice(-EVIDENCE_PER_VIEW_MAX);
    this.#count += view.evidence.length - before;
    if (before === 0 && view.evidence.length > 0) this.#views.push(view);
    while (this.#count > this.#countMax) {
      const oldest = this.#views[this.#head++] as View;
      this.#evictedCount += oldest.evidence.length;
      this.drop(oldest);
    }
    // Views whose evidence was dropped meanwhile stand there still.
    if (this.#views.length < 2 * this.#countMax) return;
    this.#views = this.#views.slice(this.#head).filter((each) => each.evidence.length > 0);
    this.#head = 0;
  }

  drop(view: View): void {
    this.#count -= view.evidence.length;
    view.evidence = NO_EVIDENCE;
  }
}
