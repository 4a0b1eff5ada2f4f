// SPDX-License-Identifier: Apache-2.0
/**
 * The row of a view under the sequential judge, and how calls go into it: when the view was heard, which calls are taken
 * together, when a status begins, and what is read off in the end. What calls mean is `sequential.ts`'s.
 */
import { OUTCOME_REASONS, type OutcomeReason } from '../../model/observation.js';
import { HealthStatus, isFailing } from '../../model/status.js';
import type { Reading, Seen } from './judge.js';

/** A gap's weight in the usual gap, TCP's for round trips; a pause counts as this many usual gaps at the most. */
const GAP_GAIN = 1 / 8;
const GAP_FACTOR_MAX = 8;

/** What a guest folds, in ms: of two folds of one second the one may end so much before the other. */
const FOLD_MS = 1000;

/** An illness after a minute of health is a first one again. */
const RELAPSE_FORGOTTEN_MS = 60_000;

/** Cells of a row. Two scores are kept: of failures, and of failures and doubts (throttled, slow) together. */
export const LAST_MS = 0;
export const GAP_MS = 1;
/** Learned share of failing calls. */
export const USUAL = 2;
/** Where the window of the calls taken in last ends; both scores before it, and what it holds. */
export const WINDOW_MS = 3;
export const FAILURE_BEFORE = 4;
export const DOUBT_BEFORE = 5;
export const WINDOW_GOOD = 6;
export const WINDOW_FAILED = 7;
export const WINDOW_DOUBTED = 8;
export const FAILURE = 9;
export const DOUBT = 10;
/** The status that stands, without calls that are out. */
export const STATUS = 11;
export const SINCE_MS = 12;
/** When the score left 0, and the last call that was not good. */
export const FIRST_BAD_MS = 13;
export const LAST_BAD_MS = 14;
export const REASON = 15;
/** Good calls since the last that was not, and illnesses in a row: 2 is a first relapse. */
export const GOOD_RUN = 16;
export const ILLNESSES = 17;
/** Since the status began. */
export const HEALTHY_COUNT = 18;
export const FAILING_COUNT = 19;
/** Calls that are out: since when, the greatest φ, how many were told, and how old the oldest was then; 0 when there is none. */
export const PENDING_MS = 20;
export const PENDING_PHI = 21;
export const PENDING_COUNT = 23;
/** Since when what is not good ends for that reason. */
export const REASON_MS = 22;
/** The last bad call of the trouble that came after a good one. */
export const MIXED_MS = 24;
export const PENDING_AGE_MS = 25;
/** Quick good calls since the first of those that are out. */
export const PENDING_GOOD = 26;
/** While none is out: when good calls outweighed those that were, or came back beside such as convicted; 0 where it was not so. */
export const SETTLED_MS: number = PENDING_AGE_MS;
export const CELL_COUNT = 27;

/** What was heard has expired: what comes now is judged by itself. When and how often the view is heard, and what is usual, stays. */
export function forgetStatus(cells: Float64Array, at: number): void {
  cells.fill(0, at + WINDOW_MS, at + CELL_COUNT);
}

/** When the view was heard last, and how often it usually is: between calls, not between folds of calls or words on the same call. */
export function noteTime(cells: Float64Array, at: number, atMs: number, { count, isAgain }: Seen): void {
  const lastMs = cells[at + LAST_MS] as number;
  if (atMs <= lastMs) return;
  cells[at + LAST_MS] = atMs;
  if (lastMs === 0 || isAgain) return;
  const usualMs = cells[at + GAP_MS] as number;
  const gapMs = (atMs - lastMs) / count;
  cells[at + GAP_MS] =
    usualMs === 0 ? gapMs : usualMs + GAP_GAIN * (Math.min(gapMs, GAP_FACTOR_MAX * usualMs) - usualMs);
}

/**
 * Calls whose windows overlap by half are one window: a guest folds a second of calls by outcome, and nothing tells how they
 * alternated. Otherwise what was in the last window is settled. The end of a window that a fold made stands as a negative.
 */
export function openWindow(cells: Float64Array, at: number, atMs: number, windowMs: number): void {
  if (isInWindow(cells, at, atMs, windowMs)) {
    cells[at + WINDOW_MS] = -Math.max(Math.abs(cells[at + WINDOW_MS] as number), atMs);
    return;
  }
  cells[at + WINDOW_MS] = windowMs > 0 ? -atMs : atMs;
  cells[at + FAILURE_BEFORE] = cells[at + FAILURE] as number;
  cells[at + DOUBT_BEFORE] = cells[at + DOUBT] as number;
  cells[at + WINDOW_GOOD] = 0;
  cells[at + WINDOW_FAILED] = 0;
  cells[at + WINDOW_DOUBTED] = 0;
}

function isInWindow(cells: Float64Array, at: number, atMs: number, windowMs: number): boolean {
  const endMs = Math.abs(cells[at + WINDOW_MS] as number);
  const folded = windowMs > 0 || (cells[at + WINDOW_MS] as number) < 0;
  return folded && atMs - windowMs / 2 < endMs && atMs > endMs - Math.max(windowMs, FOLD_MS);
}

/** Whether calls that were good are told too late to take anything back: what was seen since is worse. */
export function isOldNews(cells: Float64Array, at: number, atMs: number, windowMs: number): boolean {
  return atMs < (cells[at + LAST_BAD_MS] as number) && !isInWindow(cells, at, atMs, windowMs);
}

/** No call is out any more, as far as is known. */
export function closeOut(cells: Float64Array, at: number, settledMs: number): void {
  cells[at + PENDING_MS] = 0;
  cells[at + SETTLED_MS] = settledMs;
}

/**
 * A call that is out. The first to be so dates it; its φ is the greatest that was told. Told again, of calls that were weighed against
 * good ones already, it is no news.
 */
export function noteOut(
  cells: Float64Array,
  at: number,
  { suspicion = 0, count, latency, isAgain }: Seen,
  atMs: number,
): void {
  const ageMs = 1000 * (latency?.maxSeconds ?? 0);
  if (cells[at + PENDING_MS] === 0) {
    if (isAgain && atMs - ageMs <= (cells[at + SETTLED_MS] as number)) return;
    cells[at + PENDING_MS] = atMs;
    cells[at + PENDING_GOOD] = 0;
    cells[at + PENDING_PHI] = suspicion;
    cells[at + PENDING_COUNT] = count;
    cells[at + PENDING_AGE_MS] = ageMs;
  } else {
    if (!isAgain) cells[at + PENDING_COUNT]! += count;
    cells[at + PENDING_AGE_MS] = Math.max(cells[at + PENDING_AGE_MS] as number, ageMs);
    cells[at + PENDING_MS] = Math.min(cells[at + PENDING_MS] as number, atMs);
    cells[at + PENDING_PHI] = Math.max(cells[at + PENDING_PHI] as number, suspicion);
  }
}

/** A reason begins with the first call after one that ended for another, or after all was well. */
export function noteReason(cells: Float64Array, at: number, reason: number, atMs: number): void {
  if (cells[at + REASON] === reason && (cells[at + REASON_MS] as number) >= (cells[at + FIRST_BAD_MS] as number))
    return;
  cells[at + REASON] = reason;
  cells[at + REASON_MS] = atMs;
}

/** A status begins: an illness with its first bad call, health with the call that showed it. */
export function enter(
  cells: Float64Array,
  at: number,
  before: HealthStatus,
  after: HealthStatus,
  atMs: number,
  { status, count }: Seen,
): void {
  const wasIll = before >= HealthStatus.MAYBE_UNHEALTHY;
  const isIll = after >= HealthStatus.MAYBE_UNHEALTHY;
  cells[at + STATUS] = after;
  if (wasIll && isIll) return;
  if (isIll) {
    const illnesses = cells[at + ILLNESSES] as number;
    const wellMs = atMs - (cells[at + SINCE_MS] as number);
    cells[at + ILLNESSES] = illnesses > 0 && wellMs < RELAPSE_FORGOTTEN_MS ? illnesses + 1 : 1;
    cells[at + SINCE_MS] = cells[at + FIRST_BAD_MS] as number;
    cells[at + HEALTHY_COUNT] = 0;
    return;
  }
  cells[at + SINCE_MS] = atMs;
  // A relapse begins with its own first bad call.
  if (wasIll) cells[at + FIRST_BAD_MS] = 0;
  cells[at + HEALTHY_COUNT] = status === HealthStatus.HEALTHY ? count : 0;
  cells[at + FAILING_COUNT] = status === HealthStatus.HEALTHY ? 0 : count;
}

/** An illness by calls that are out, which a good call does not end that came back beside them. */
export function enterHung(cells: Float64Array, at: number, outMs: number, heardMs: number, seen: Seen): void {
  cells[at + LAST_BAD_MS] = Math.max(cells[at + LAST_BAD_MS] as number, heardMs);
  cells[at + MIXED_MS] = heardMs;
  cells[at + GOOD_RUN] = 0;
  cells[at + FAILING_COUNT]! += cells[at + PENDING_COUNT] as number;
  noteReason(cells, at, OUTCOME_REASONS.indexOf('hung'), outMs);
  const before = cells[at + STATUS] as HealthStatus;
  if (!isFailing(before)) enter(cells, at, before, HealthStatus.UNHEALTHY, heardMs, seen);
}

/** What the view says by the calls that came back. */
export function standing(cells: Float64Array, at: number, status: HealthStatus, dueMs: number): Reading {
  const ill = status >= HealthStatus.MAYBE_UNHEALTHY;
  return {
    status,
    reason: ill ? reasonAt(cells, at) : 'ok',
    healthyCount: cells[at + HEALTHY_COUNT] as number,
    failingCount: cells[at + FAILING_COUNT] as number,
    sinceMs: Math.floor(cells[at + SINCE_MS] as number),
    lastMs: Math.floor(cells[at + (ill ? LAST_BAD_MS : LAST_MS)] as number),
    mixedMs: Math.floor(cells[at + MIXED_MS] as number),
    goodRun: cells[at + GOOD_RUN] as number,
    reasonMs: Math.floor(cells[at + (ill ? REASON_MS : SINCE_MS)] as number),
    gapMs: cells[at + GAP_MS] as number,
    dueMs,
  };
}

/** What it says by a call that is out. */
export function hung(cells: Float64Array, at: number, status: HealthStatus, dueMs: number): Reading {
  return {
    status,
    reason: 'hung',
    healthyCount: cells[at + HEALTHY_COUNT] as number,
    failingCount: (cells[at + FAILING_COUNT] as number) + (isFailing(status) ? 1 : 0),
    sinceMs: Math.floor(cells[at + PENDING_MS] as number),
    lastMs: Math.floor(cells[at + LAST_MS] as number),
    mixedMs: Math.floor(cells[at + MIXED_MS] as number),
    goodRun: cells[at + GOOD_RUN] as number,
    reasonMs: Math.floor(cells[at + PENDING_MS] as number),
    gapMs: cells[at + GAP_MS] as number,
    dueMs,
  };
}

function reasonAt(cells: Float64Array, at: number): OutcomeReason {
  return OUTCOME_REASONS[cells[at + REASON] as number] ?? 'reported';
}
