// SPDX-License-Identifier: Apache-2.0
/**
 * Which convictions are wrong where nothing is broken. A restart excuses the conviction that blames who is being restarted, and
 * only while it is one: who is still blamed when the callers should have come back is blamed wrongly from then on.
 */
import { ConvictionLog } from '#hadoop-like/harness/conviction-log.js';
import { type ApiVerdict, culpritOf, isConviction } from '#hadoop-like/harness/engine-api.js';
import type { Restarts } from './restarts.js';

export interface Noted {
  /** Whether it convicts, and did not so just before. */
  readonly isNew: boolean;
  /** Whether it is found wrong now; once for each conviction. */
  readonly isWrong: boolean;
}

export class Convictions {
  readonly #restarts: Pick<Restarts, 'explain'>;
  readonly #log = new ConvictionLog();
  /** Subjects whose conviction has been found wrong. */
  readonly #wronged = new Set<string>();

  constructor(restarts: Pick<Restarts, 'explain'>) {
    this.#restarts = restarts;
  }

  /** Takes in a verdict as it stands at that time (epoch ms), in the order of time, and as often as somebody looks. */
  note(verdict: ApiVerdict, atMs: number): Noted {
    const { subject } = verdict;
    const isNew = this.#log.note(verdict);
    const isConvicted = isConviction(verdict);
    if (isNew || !isConvicted) this.#wronged.delete(subject);
    const isWrong = isConvicted && !this.#wronged.has(subject) && !this.#restarts.explain(culpritOf(verdict), atMs);
    if (isWrong) this.#wronged.add(subject);
    return { isNew, isWrong };
  }
}
