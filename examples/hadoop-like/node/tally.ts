// SPDX-License-Identifier: Apache-2.0
/** What a client counts of its own work, from its start on. It is how one sees that users suffer; the engine never sees it. */
export interface Tally {
  /** By the name of the operation: `write`, `read`. */
  readonly operations: Record<string, OperationTally>;
  /** The latest failure in words; empty while there was none. */
  lastFailure: string;
}

export interface OperationTally {
  ok: number;
  failed: number;
}

export function emptyTally(): Tally {
  return { operations: {}, lastFailure: '' };
}

/** One more operation that went well, or did not, for this reason. */
export function count(tally: Tally, operation: string, failure?: unknown): void {
  const counts = countsOf(tally, operation);
  if (failure === undefined) {
    counts.ok++;
  } else {
    counts.failed++;
    tally.lastFailure = failure instanceof Error ? failure.message : String(failure);
  }
}

/** The counts of several clients together. */
export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = emptyTally();
  for (const { operations, lastFailure } of tallies) {
    for (const [name, { ok, failed }] of Object.entries(operations)) {
      const counts = countsOf(sum, name);
      counts.ok += ok;
      counts.failed += failed;
    }
    sum.lastFailure = lastFailure || sum.lastFailure;
  }
  return sum;
}

function countsOf({ operations }: Tally, operation: string): OperationTally {
  const counts = operations[operation] ?? { ok: 0, failed: 0 };
  operations[operation] = counts;
  return counts;
}
