// SPDX-License-Identifier: Apache-2.0
/** How much evidence the sequential judge asks for, and what calls that are out are worth. In nats. */
import type { Out } from './judge.js';
import { GAP_MS, PENDING_AGE_MS, PENDING_COUNT, PENDING_MS, PENDING_PHI } from './sequential-cells.js';
import type { SequentialOptions } from './sequential-options.js';

/** Never less: at the lowest p0 one failure is worth 3.9, and one alone must not convict. */
const THRESHOLD_MIN = 6;

/** The usual gap taken of a view that has been heard once: a call a second. In ms. */
const UNKNOWN_GAP_MS = 1000;

/** How much evidence convicts, by how often a view is heard. */
export function thresholdOf(gapMs: number, { falseAlarmEveryMs }: SequentialOptions): number {
  return Math.max(THRESHOLD_MIN, Math.log(falseAlarmEveryMs / (gapMs || UNKNOWN_GAP_MS)));
}

/** The calls of a view that are out. */
export function outOf(cells: Float64Array, at: number): Out | undefined {
  if (cells[at + PENDING_MS] === 0) return undefined;
  return {
    sinceMs: cells[at + PENDING_MS] as number,
    count: cells[at + PENDING_COUNT] as number,
    phi: cells[at + PENDING_PHI] as number,
    ageMs: cells[at + PENDING_AGE_MS] as number,
    gapMs: (cells[at + GAP_MS] as number) || UNKNOWN_GAP_MS,
  };
}

/**
 * Whether calls that are out are, with a score of those that failed, too unlikely to be only slow. One that is out is worth no
 * more than one that has failed: its φ is drawn from the few calls that its caller has seen, whose tail one pause of the
 * callee outruns, and one call alone must not convict.
 *
 * @param outs of one view, or of all views that one caller has of one subject: they are then heard as often as all of them are
 */
export function areConvicting(outs: readonly Out[], options: SequentialOptions, score = 0): boolean {
  let [count, phi, ageMs, perMs] = [0, 0, 0, 0];
  for (const out of outs) {
    count += out.count;
    phi = Math.max(phi, out.phi);
    ageMs = Math.max(ageMs, out.ageMs);
    perMs += 1 / out.gapMs;
  }
  if (count === 0 || ageMs < options.hungMs) return false;
  const worth = Math.min(Math.log(options.failingShare / options.usualShareMin) * count, Math.LN10 * phi);
  return score + worth >= thresholdOf(1 / perMs, options);
}
