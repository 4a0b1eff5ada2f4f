// SPDX-License-Identifier: Apache-2.0
/** What a soak has counted. Of a time in which the host took the processors away it counts only what was convicted. */
import { type ApiVerdict, isConviction } from '#hadoop-like/harness/engine-api.js';

export const NOT_HEALTHY: ReadonlySet<string> = new Set(['maybe_unhealthy', 'unhealthy', 'dying', 'dead']);

export class SoakTally {
  /** Time that counts, in ms. */
  countedMs = 0;
  /** Verdicts that were looked at in that time, and those of them that were not healthy. */
  verdictCount = 0;
  notHealthyCount = 0;
  /** Convictions that began while the host took the processors away, and that no restart explains. */
  whileStolenCount = 0;
  #lookedMs: number;

  /** @param startMs when the soak began, epoch ms */
  constructor(startMs: number) {
    this.#lookedMs = startMs;
  }

  /** Takes in a look at all verdicts, at that time (epoch ms), and all time since the look before. */
  looked(verdicts: readonly ApiVerdict[], atMs: number, isStolen: boolean): void {
    const passedMs = atMs - this.#lookedMs;
    this.#lookedMs = atMs;
    if (isStolen) return;
    this.countedMs += passedMs;
    this.verdictCount += verdicts.length;
    this.notHealthyCount += verdicts.filter(({ status }) => NOT_HEALTHY.has(status)).length;
  }

  /** Takes in a verdict that says something new in such a time. */
  saidWhileStolen(verdict: ApiVerdict, isNew: boolean, isExplained: boolean): void {
    if (isNew && isConviction(verdict) && !isExplained) this.whileStolenCount++;
  }
}
