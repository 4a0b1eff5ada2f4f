// SPDX-License-Identifier: Apache-2.0
/**
 * The contract of a judge: what one observer's view of one subject in one operation says. A view is a row of numbers in a
 * table that somebody else keeps (`cells`, from `at` on), so that a million of them are a few arrays and not a million
 * objects. A judge is arithmetic on such a row: it keeps nothing itself, and time is an argument.
 *
 * What the views together say is one way for all judges: `vote.ts`, `quadrant.ts`, `compose.ts`.
 */
import type { Observation, OutcomeReason } from '../../model/observation.js';
import type { HealthStatus } from '../../model/status.js';

/** What a judge looks at in an observation. */
export type Seen = Pick<Observation, 'status' | 'reason' | 'count' | 'windowMs' | 'suspicion' | 'latency' | 'isAgain'>;

/** What a view says at some time. */
export interface Reading {
  readonly status: HealthStatus;
  readonly reason: OutcomeReason;
  /** Calls behind the status: those of the look-back, or since the status began. */
  readonly healthyCount: number;
  readonly failingCount: number;
  /** When this status began and when it was last seen, epoch ms. */
  readonly sinceMs: number;
  readonly lastMs: number;
  /** The last failing call that came after a good one since the trouble began, epoch ms; 0 where there is none. */
  readonly mixedMs: number;
  /** Good calls since the last that was not, as far as is looked back. */
  readonly goodRun: number;
  /** Since when its calls end for this reason, epoch ms: a failure that goes on may change its kind. */
  readonly reasonMs: number;
  /** The usual time between two observations of the view, in ms. */
  readonly gapMs: number;
  /** The earliest time at which it changes although nothing new arrives (expiry, a pending call), epoch ms. */
  readonly dueMs: number;
}

/** Calls of a view that are out and that nothing has come back after. */
export interface Out {
  /** When the first of them was told, epoch ms. */
  readonly sinceMs: number;
  readonly count: number;
  /** The greatest φ among them, and how old the oldest was when it was told last, in ms. */
  readonly phi: number;
  readonly ageMs: number;
  /** The usual time between two calls of the view, in ms. */
  readonly gapMs: number;
}

export interface Judge {
  readonly name: string;
  /** Numbers that it keeps for each view; all 0 in a new one. */
  readonly cellCount: number;
  /** Whether an observer's vote counts by how far it is trusted; otherwise all count alike, as in the paper. */
  readonly weighsTrust: boolean;
  /** Takes an observation in that was seen at `atMs`. O(1). */
  observe(cells: Float64Array, at: number, seen: Seen, atMs: number): void;
  /** The status that `read` would give, NA where it would give nothing. Asked at every observation, so it makes no object. */
  statusOf(cells: Float64Array, at: number, nowMs: number): HealthStatus;
  /** What the view says now; `undefined` when all in it has expired. Changes nothing. */
  read(cells: Float64Array, at: number, nowMs: number): Reading | undefined;
  /**
   * What the view would say if its last calls convicted already: asked where the callers together leave no doubt, so that each
   * of them need not find out alone. `undefined` where its last call was good, or the judge takes each observer by itself.
   */
  accusation(cells: Float64Array, at: number, nowMs: number): Reading | undefined;
  /** Calls that are out; `undefined` where none is, or the judge takes each view by itself. */
  outOf(cells: Float64Array, at: number): Out | undefined;
  /** Whether calls of one caller that are out in several operations of one subject convict it together. */
  areConvicting(outs: readonly Out[]): boolean;
  /** Takes in what another row recorded of the same pair under another name of its subject. */
  merge(cells: Float64Array, at: number, from: Float64Array, fromAt: number): void;
}
