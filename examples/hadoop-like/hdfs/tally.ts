// SPDX-License-Identifier: Apache-2.0
/**
 * What a client counts of its own work, from its start on. It is how the demo shows that users suffer; the engine never
 * sees it.
 */
export interface Tally {
  writesOk: number;
  writesFailed: number;
  readsOk: number;
  readsFailed: number;
  /** Good reads and failed reads by the datanode that was asked. */
  readonly readsOkBy: Record<string, number>;
  readonly readsFailedBy: Record<string, number>;
  /** Failed writes by the datanode that broke the pipeline (in HDFS: `firstBadLink`). */
  readonly badLinks: Record<string, number>;
  /** The latest failure in words; empty while there was none. */
  lastFailure: string;
}

export function emptyTally(): Tally {
  return {
    writesOk: 0,
    writesFailed: 0,
    readsOk: 0,
    readsFailed: 0,
    readsOkBy: {},
    readsFailedBy: {},
    badLinks: {},
    lastFailure: '',
  };
}

/** Adds to a named count. */
export function countUp(counts: Record<string, number>, name: string, count = 1): void {
  counts[name] = (counts[name] ?? 0) + count;
}
