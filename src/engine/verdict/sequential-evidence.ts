// SPDX-License-Identifier: Apache-2.0
/** How much evidence the sequential judge asks for, and what calls that are out are worth. In nats. */
import { HealthStatus } from '../../model/status.js';
import type { Out, Seen } from './judge.js';
import {
  closeOut,
  GAP_MS,
  PENDING_AGE_MS,
  PENDING_COUNT,
  PENDING_GOOD,
  PENDING_MS,
  PENDING_PHI,
} from './sequential-cells.js';
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

/** ln(1 / (1 − p1)), the constant part of what a good call takes off. */
export function goodBaseOf({ failingShare }: SequentialOptions): number {
  return -Math.log(1 - failingShare);
}

/** Whether one of these calls took as long as the oldest that is out had been when it was told of last, or who knows. */
export function tookAsLong(cells: Float64Array, at: number, { latency }: Seen): boolean {
  return latency === undefined || 1000 * latency.maxSeconds >= (cells[at + PENDING_AGE_MS] as number);
}

/** Whether good calls are others than those that are out: they took less than those have been out for. */
export function isQuick(cells: Float64Array, at: number, seen: Seen): boolean {
  return seen.status === HealthStatus.HEALTHY && !tookAsLong(cells, at, seen);
}

/**
 * Something came back while calls were out. Where it was one of them, or may have been, they are so no more, or are told again; a
 * quick good call is another one, begun later, and takes from what they are worth as from any score.
 */
export function noteBack(cells: Float64Array, at: number, seen: Seen, atMs: number, options: SequentialOptions): void {
  const isOther = isQuick(cells, at, seen);
  if (isOther) cells[at + PENDING_GOOD]! += seen.count;
  const out = outOf(cells, at);
  if (!isOther) closeOut(cells, at, 0);
  else if (out && worthOf([out], options) <= takenOff(cells, at, options)) closeOut(cells, at, atMs);
}

/** What quick good calls have taken from the worth of calls that are out. */
export function takenOff(cells: Float64Array, at: number, options: SequentialOptions): number {
  return goodBaseOf(options) * (cells[at + PENDING_GOOD] as number);
}

/**
 * What calls that are out are worth. One is worth no more than one that has failed, and all of them no more than the greatest φ:
 * that is drawn from the few calls that their caller has seen, whose tail one pause of the callee outruns.
 */
function worthOf(outs: readonly Out[], { failingShare, usualShareMin }: SequentialOptions): number {
  let [count, phi] = [0, 0];
  for (const out of outs) {
    count += out.count;
    phi = Math.max(phi, out.phi);
  }
  return Math.min(Math.log(failingShare / usualShareMin) * count, Math.LN10 * phi);
}

/**
 * Whether calls that are out are, with a score of those that came back, too unlikely to be only slow: one call alone must not
 * convict, and none that is young.
 *
 * @param outs of one view, or of all views that one caller has of one subject: they are then heard as often as all of them are
 */
export function areConvicting(outs: readonly Out[], options: SequentialOptions, score = 0): boolean {
  let [ageMs, perMs] = [0, 0];
  for (const out of outs) {
    ageMs = Math.max(ageMs, out.ageMs);
    perMs += 1 / out.gapMs;
  }
  if (ageMs < options.hungMs || perMs === 0) return false;
  return score + worthOf(outs, options) >= thresholdOf(1 / perMs, options);
}
