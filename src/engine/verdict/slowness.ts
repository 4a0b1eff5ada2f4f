// SPDX-License-Identifier: Apache-2.0
/**
 * Slow is a failure too. Each view remembers how long its calls take: a histogram of the typical latency of each second in
 * which there were any. A second is slow when its typical call takes over twice as long as 19 of 20 such seconds did, and
 * three slow seconds in a row make a slow view. Calls of one second are one piece of evidence however many they are: what
 * slows one of them, a collection or a burst, slows them all.
 *
 * Latencies are the callee's own, less the time in which it waited for others, or every caller above a slow subject would be
 * slow. Nothing is learned while slowness is suspected, or an incident would soon be usual.
 *
 * Source of the score: Page, "Continuous inspection schemes" (1954).
 */

/** Cells of a row: the second that is open, what is suspected, and the histogram, four counts a cell. */
const SECOND = 0;
const COUNT = 1;
const LOG_SUM = 2;
const SCORE = 3;
/** When the first slow second of the suspicion began, and since when the view is slow; 0 where it is not. */
const FIRST_MS = 4;
const SINCE_MS = 5;
/** When a second was slow last. */
const LAST_MS = 6;
/** Seconds in the histogram. */
const LEARNED = 7;
const HISTOGRAM = 8;

const COUNTS_PER_CELL = 4;

/** Buckets a factor of √2 apart, from a tenth of a millisecond to 100 s: coarser than needed to tell twice from once. */
const BUCKET_COUNT = 40;
const SMALLEST_MS = 0.1;
const BUCKETS_PER_NAT = 2 / Math.LN2;

export const SLOWNESS_CELLS: number = HISTOGRAM + BUCKET_COUNT / COUNTS_PER_CELL;

/** Fewer seconds have no p95: the largest of twenty stands for one in twenty. */
const LEARNED_MIN = 20;

/** Then every count is halved: what was usual counts for an hour or two of traffic. */
const LEARNED_MAX = 3600;

const USUAL_QUANTILE = 0.95;

/** How many times the usual is slow: latencies double in systems that are well, with load, caches and neighbours. */
const SLOW_FACTOR = 2;

/** And slower by less than this nobody minds: a collection or a busy core takes as long. In ms. */
const SLOW_FLOOR_MS = 10;

/**
 * Evidence of one second. Of usual seconds one in twenty is past the p95, and of those not more than half are past twice that,
 * as long as the latency has a mean (a tail heavier than 1/x has none). Of a slow subject's seconds every other one is.
 */
const SLOW_SHARE = 0.5;
const USUAL_SHARE = (1 - USUAL_QUANTILE) / SLOW_FACTOR;
const SLOW_STEP = Math.log(SLOW_SHARE / USUAL_SHARE);
const WELL_STEP = Math.log((1 - USUAL_SHARE) / (1 - SLOW_SHARE));

/**
 * A view that is heard every second is suspected by chance once an hour at the most: ln(3600) = 8.2, three slow seconds. It is
 * a suspicion and no conviction, so an hour will do.
 */
const THRESHOLD = Math.log(3600);

/** As many good seconds clear a view as bad ones suspected it; the half is for what is lost by adding up. */
const CLEARED = THRESHOLD - (Math.ceil(THRESHOLD / SLOW_STEP) - 0.5) * WELL_STEP;

/** A suspicion of which nothing was heard for so long is none: what comes after a pause is judged by itself. */
const FORGOTTEN_SECONDS = 60;

/** What has been slow for an hour is how it is now: it is learned anew. In ms. */
const RELEARN_MS = 3_600_000;

/** A row of the table: `cells` and `counts` are two views of one buffer, and the row begins at cell `at`. */
export interface SlownessRow {
  readonly cells: Float64Array;
  readonly counts: Uint16Array;
  readonly at: number;
}

/**
 * Takes calls in that took so long, and judges the second before if theirs is a new one. Late calls count in the second that
 * is open. O(1).
 *
 * @param typicalMs the typical latency of the calls
 * @param siblingMs what is usual with siblings of the subject, as `usualMs` says it; `undefined` where there are none
 */
export function noteLatency(
  row: SlownessRow,
  typicalMs: number,
  count: number,
  atMs: number,
  siblingMs: number | undefined,
): void {
  const { cells, at } = row;
  closeSecond(row, atMs, siblingMs);
  if (Math.floor(atMs / 1000) - (cells[at + SECOND] as number) > FORGOTTEN_SECONDS) forgetSuspicion(row);
  if (cells[at + COUNT] === 0) cells[at + SECOND] = Math.floor(atMs / 1000);
  cells[at + COUNT]! += count;
  cells[at + LOG_SUM]! += count * Math.log(Math.max(SMALLEST_MS, typicalMs));
}

/** Judges the open second if it is over. */
export function closeSecond(row: SlownessRow, nowMs: number, siblingMs: number | undefined): void {
  const { cells, at } = row;
  const count = cells[at + COUNT] as number;
  const second = cells[at + SECOND] as number;
  if (count === 0 || Math.floor(nowMs / 1000) <= second) return;
  const typicalMs = Math.exp((cells[at + LOG_SUM] as number) / count);
  cells[at + COUNT] = 0;
  cells[at + LOG_SUM] = 0;
  // Most seconds are quick, and suspect nobody who was not suspected.
  if (cells[at + SCORE] !== 0 || cells[at + SINCE_MS] !== 0 || !isQuick(typicalMs)) {
    const limitMs = limitOf(row, siblingMs);
    if (limitMs !== undefined) score(row, typicalMs > limitMs, second * 1000);
  }
  if (cells[at + SCORE] === 0) learn(row, typicalMs);
}

/** Whether a call is slow under no limit whatever, so that none need be asked for. */
export function isQuick(latencyMs: number): boolean {
  return latencyMs <= SLOW_FLOOR_MS;
}

/** Whether the open second will be a slow one if nothing more comes. Then it is worth closing it as soon as it is over. */
export function looksSlow(row: SlownessRow, siblingMs: number | undefined): boolean {
  const { cells, at } = row;
  const count = cells[at + COUNT] as number;
  const typicalMs = count === 0 ? 0 : Math.exp((cells[at + LOG_SUM] as number) / count);
  if (isQuick(typicalMs)) return false;
  const limitMs = limitOf(row, siblingMs);
  return limitMs !== undefined && typicalMs > limitMs;
}

/** Since when the view is slow, epoch ms; 0 where it is not. */
export function slowSinceMs({ cells, at }: SlownessRow): number {
  return cells[at + SINCE_MS] as number;
}

/** When it was slow last, epoch ms. */
export function slowLastMs({ cells, at }: SlownessRow): number {
  return cells[at + LAST_MS] as number;
}

/** The latency that 19 of 20 seconds stayed under, in ms; `undefined` while too few are known. */
export function usualMs({ cells, counts, at }: SlownessRow): number | undefined {
  const learned = cells[at + LEARNED] as number;
  if (learned < LEARNED_MIN) return undefined;
  const first = (at + HISTOGRAM) * COUNTS_PER_CELL;
  let missing = USUAL_QUANTILE * learned;
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
    const inBucket = counts[first + bucket] as number;
    if (inBucket >= missing) return latencyAt(bucket + missing / inBucket);
    missing -= inBucket;
  }
  return latencyAt(BUCKET_COUNT);
}

/** From which latency on a call is slow, in ms; `undefined` where nothing tells. */
export function limitOf(row: SlownessRow, siblingMs: number | undefined): number | undefined {
  const ownMs = usualMs(row);
  if (ownMs === undefined && siblingMs === undefined) return undefined;
  const usual = Math.min(ownMs ?? Number.POSITIVE_INFINITY, siblingMs ?? Number.POSITIVE_INFINITY);
  return Math.max(SLOW_FACTOR * usual, usual + SLOW_FLOOR_MS);
}

/** Takes over what another row learned of the same pair; the more certain suspicion stays. */
export function mergeSlowness(row: SlownessRow, from: SlownessRow): void {
  const { cells, counts, at } = row;
  const other = (cell: number) => from.cells[from.at + cell] as number;
  if (other(SCORE) > (cells[at + SCORE] as number)) {
    for (const cell of [SCORE, FIRST_MS, SINCE_MS, LAST_MS]) cells[at + cell] = other(cell);
  }
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
    const inBucket = from.counts[(from.at + HISTOGRAM) * COUNTS_PER_CELL + bucket] as number;
    counts[(at + HISTOGRAM) * COUNTS_PER_CELL + bucket]! += inBucket;
    cells[at + LEARNED]! += inBucket;
  }
  if ((cells[at + LEARNED] as number) >= LEARNED_MAX) halve(row);
}

/** What was suspected is forgotten; what is usual stays. */
function forgetSuspicion({ cells, at }: SlownessRow): void {
  for (const cell of [SCORE, FIRST_MS, SINCE_MS]) cells[at + cell] = 0;
}

function score({ cells, counts, at }: SlownessRow, isSlow: boolean, secondMs: number): void {
  const before = cells[at + SCORE] as number;
  const after = Math.min(THRESHOLD, Math.max(0, before + (isSlow ? SLOW_STEP : -WELL_STEP)));
  cells[at + SCORE] = after;
  if (isSlow) {
    if (before === 0) cells[at + FIRST_MS] = secondMs;
    cells[at + LAST_MS] = secondMs + 1000;
  }
  if (after >= THRESHOLD && cells[at + SINCE_MS] === 0) cells[at + SINCE_MS] = cells[at + FIRST_MS] as number;
  else if (after <= CLEARED) cells[at + SINCE_MS] = 0;
  const sinceMs = cells[at + SINCE_MS] as number;
  if (sinceMs === 0 || secondMs - sinceMs < RELEARN_MS) return;
  const first = (at + HISTOGRAM) * COUNTS_PER_CELL;
  counts.fill(0, first, first + BUCKET_COUNT);
  for (const cell of [SCORE, SINCE_MS, LEARNED]) cells[at + cell] = 0;
}

function learn(row: SlownessRow, typicalMs: number): void {
  const { cells, counts, at } = row;
  const bucket = Math.floor(BUCKETS_PER_NAT * Math.log(Math.max(SMALLEST_MS, typicalMs) / SMALLEST_MS));
  counts[(at + HISTOGRAM) * COUNTS_PER_CELL + Math.min(BUCKET_COUNT - 1, bucket)]! += 1;
  cells[at + LEARNED]! += 1;
  if ((cells[at + LEARNED] as number) >= LEARNED_MAX) halve(row);
}

function halve({ cells, counts, at }: SlownessRow): void {
  const first = (at + HISTOGRAM) * COUNTS_PER_CELL;
  let learned = 0;
  for (let index = first; index < first + BUCKET_COUNT; index++) {
    counts[index] = (counts[index] as number) >> 1;
    learned += counts[index] as number;
  }
  cells[at + LEARNED] = learned;
}

/** The latency at a place between buckets, in ms. */
function latencyAt(place: number): number {
  return SMALLEST_MS * Math.exp(place / BUCKETS_PER_NAT);
}
