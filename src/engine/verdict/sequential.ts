// SPDX-License-Identifier: Apache-2.0
/**
 * The sequential judge. Each view keeps a score: how much more likely its last calls are if the subject is failing now
 * (every second call, or worse) than if it is as it always was. A failed call raises the score by ln(p1 / p0), a good one
 * lowers it by ln((1 − p0) / (1 − p1)), and it never falls below 0, so that yesterday's good calls do not hide today's bad
 * ones. The view convicts when the score is past a threshold that grows with the rate of calls, and acquits after as many
 * good calls in a row as it took bad ones.
 *
 * So one error in a hundred stays what it is, two or three failures in a row convict, and a flapping subject has to be well
 * for longer each time.
 *
 * Sources: Page, "Continuous inspection schemes" (1954), for the score (CUSUM); Wald, "Sequential tests of statistical
 * hypotheses" (1945), for the threshold; Hayashibara et al., "The φ accrual failure detector" (2004), for calls that are
 * out; RFC 2439 (route flap damping) for relapses.
 */
import { OUTCOME_REASONS } from '../../model/observation.js';
import { HealthStatus, isFailing } from '../../model/status.js';
import { lifetimeMs } from './evidence-lifetime.js';
import type { Judge, Out, Reading, Seen } from './judge.js';
import {
  CELL_COUNT,
  closeOut,
  DOUBT,
  DOUBT_BEFORE,
  enter,
  enterHung,
  FAILING_COUNT,
  FAILURE,
  FAILURE_BEFORE,
  FIRST_BAD_MS,
  forgetStatus,
  GAP_MS,
  GOOD_RUN,
  HEALTHY_COUNT,
  hung,
  ILLNESSES,
  isOldNews,
  LAST_BAD_MS,
  LAST_MS,
  MIXED_MS,
  noteOut,
  noteReason,
  noteTime,
  openWindow,
  PENDING_AGE_MS,
  PENDING_GOOD,
  PENDING_MS,
  SINCE_MS,
  STATUS,
  standing,
  USUAL,
  WINDOW_DOUBTED,
  WINDOW_FAILED,
  WINDOW_GOOD,
  WINDOW_MS,
} from './sequential-cells.js';
import {
  areConvicting,
  goodBaseOf,
  isQuick,
  noteBack,
  outOf,
  takenOff,
  thresholdOf,
  tookAsLong,
} from './sequential-evidence.js';
import { DEFAULT_SEQUENTIAL, type SequentialOptions } from './sequential-options.js';

/** A call's weight in what is usual: an error rate is known after some hundreds of calls. */
const USUAL_GAIN = 1 / 512;
const USUAL_KEPT = 1 - USUAL_GAIN;

/** Calls that come more seldom than evidence lasts are rare: one failure is a doubt at once. In ms. */
const RARE_GAP_MS = 60_000;

/** Relapses double the good calls that are asked for, up to eight times as many. */
const RELAPSE_COUNT_MAX = 3;

export class SequentialJudge implements Judge {
  readonly name = 'sequential';
  readonly cellCount: number = CELL_COUNT;
  readonly weighsTrust = true;
  readonly #options: SequentialOptions;
  readonly #goodBase: number;

  constructor(options: Partial<SequentialOptions> = {}) {
    this.#options = { ...DEFAULT_SEQUENTIAL, ...options };
    this.#goodBase = goodBaseOf(this.#options);
  }

  observe(cells: Float64Array, at: number, seen: Seen, atMs: number): void {
    const { status, count } = seen;
    if (status < HealthStatus.HEALTHY) return;
    // Told late of a call that was out before others came back: as one that was told in time, it is out no more.
    if (status === HealthStatus.PENDING && atMs <= Math.abs(cells[at + WINDOW_MS] as number)) return;
    const heardMs = cells[at + LAST_MS] as number;
    noteTime(cells, at, atMs, seen);
    // By the gap as it is known now: who is heard every five minutes is not forgotten in between.
    if (heardMs > 0 && atMs >= heardMs + this.#lifetimeMs(cells, at) + 1) forgetStatus(cells, at);
    if (status === HealthStatus.PENDING) {
      noteOut(cells, at, seen, atMs);
      return;
    }
    const outMs = atMs >= (cells[at + PENDING_MS] as number) ? (cells[at + PENDING_MS] as number) : 0;
    // What was seen to hang, and has failed now, is trouble since it was seen.
    const seenMs = outMs > 0 && isFailing(status) && tookAsLong(cells, at, seen) ? outMs : 0;
    const isOther = isFailing(status) || isQuick(cells, at, seen);
    const isConfirmed = outMs > 0 && isOther && this.#areConvicting(cells, at);
    if (isConfirmed) closeOut(cells, at, status === HealthStatus.HEALTHY ? atMs : 0);
    else if (outMs > 0) noteBack(cells, at, seen, atMs, this.#options);
    if (status === HealthStatus.HEALTHY && isOldNews(cells, at, atMs, seen.windowMs)) return;
    openWindow(cells, at, atMs, seen.windowMs);
    if (isConfirmed) this.#confirm(cells, at, outMs, Math.min(heardMs, atMs), seen);
    if (status === HealthStatus.HEALTHY) cells[at + WINDOW_GOOD]! += count;
    else if (isFailing(status)) cells[at + WINDOW_FAILED]! += count;
    else cells[at + WINDOW_DOUBTED]! += count;
    this.#learn(cells, at, status, count);
    this.#score(cells, at);
    this.#settle(cells, at, seen, atMs, seenMs);
  }

  statusOf(cells: Float64Array, at: number, nowMs: number): HealthStatus {
    if (nowMs >= this.#goneMs(cells, at)) return HealthStatus.NA;
    const standing = (cells[at + STATUS] as HealthStatus) || HealthStatus.NA;
    if (cells[at + PENDING_MS] === 0 || isFailing(standing)) return standing;
    if (this.#isOverdue(cells, at, nowMs)) return HealthStatus.UNHEALTHY;
    // A call that is out says nothing yet, and takes nothing back.
    const isQuiet = standing >= HealthStatus.MAYBE_UNHEALTHY || cells[at + PENDING_GOOD] !== 0;
    return isQuiet ? standing : HealthStatus.PENDING;
  }

  read(cells: Float64Array, at: number, nowMs: number): Reading | undefined {
    const status = this.statusOf(cells, at, nowMs);
    const goneMs = this.#goneMs(cells, at);
    if (nowMs >= goneMs) return undefined;
    const isOut = cells[at + PENDING_MS] !== 0;
    const isHung = isOut && status !== cells[at + STATUS];
    const dueMs =
      isOut && !isFailing(status) && cells[at + PENDING_GOOD] === 0
        ? Math.min(goneMs, this.#overdueMs(cells, at))
        : goneMs;
    return isHung ? hung(cells, at, status, dueMs) : standing(cells, at, status, dueMs);
  }

  accusation(cells: Float64Array, at: number, nowMs: number): Reading | undefined {
    const goneMs = this.#goneMs(cells, at);
    if (nowMs >= goneMs) return undefined;
    if (cells[at + PENDING_MS] !== 0 && (cells[at + PENDING_AGE_MS] as number) >= this.#options.hungMs) {
      return hung(cells, at, HealthStatus.UNHEALTHY, goneMs);
    }
    if (cells[at + FAILURE] === 0 || cells[at + GOOD_RUN] !== 0) return undefined;
    const reading = standing(cells, at, HealthStatus.UNHEALTHY, goneMs);
    return { ...reading, sinceMs: Math.floor(cells[at + FIRST_BAD_MS] as number) };
  }

  outOf(cells: Float64Array, at: number): Out | undefined {
    return cells[at + PENDING_GOOD] === 0 ? outOf(cells, at) : undefined;
  }

  areConvicting(outs: readonly Out[]): boolean {
    return areConvicting(outs, this.#options);
  }

  merge(cells: Float64Array, at: number, from: Float64Array, fromAt: number): void {
    // The row with the newer word is the view's; of the other only how bad it looked, and since when.
    const other = from.slice(fromAt, fromAt + CELL_COUNT);
    if ((other[LAST_MS] as number) > (cells[at + LAST_MS] as number)) {
      const own = cells.slice(at, at + CELL_COUNT);
      cells.set(other, at);
      other.set(own);
    }
    if ((cells[at + STATUS] as number) === 0) cells[at + STATUS] = other[STATUS] as number;
    for (const sum of [HEALTHY_COUNT, FAILING_COUNT]) cells[at + sum]! += other[sum] as number;
    const bothIll = Math.min(cells[at + STATUS] as number, other[STATUS] as number) >= HealthStatus.MAYBE_UNHEALTHY;
    if (bothIll) cells[at + SINCE_MS] = Math.min(cells[at + SINCE_MS] as number, other[SINCE_MS] as number);
  }

  /** When everything in it has expired, epoch ms. */
  #goneMs(cells: Float64Array, at: number): number {
    return (cells[at + LAST_MS] as number) + this.#lifetimeMs(cells, at) + 1;
  }

  #lifetimeMs(cells: Float64Array, at: number): number {
    return lifetimeMs(cells[at + GAP_MS] as number, this.#options);
  }

  /**
   * Calls that were out convicted, and now one has failed, or a later one has come back while they are still out: it stays so
   * until it is well again. Else a subject of whose workers some are stuck would be ill and well several times a second.
   */
  #confirm(cells: Float64Array, at: number, outMs: number, heardMs: number, seen: Seen): void {
    cells[at + FAILURE_BEFORE] = thresholdOf(cells[at + GAP_MS] as number, this.#options);
    cells[at + DOUBT_BEFORE] = cells[at + FAILURE_BEFORE] as number;
    if (cells[at + FIRST_BAD_MS] === 0) cells[at + FIRST_BAD_MS] = outMs;
    if (seen.status !== HealthStatus.HEALTHY) return;
    enterHung(cells, at, outMs, heardMs, seen);
  }

  /** What is usual is learned while nothing is suspected: a first failure is chance until a second one follows. */
  #learn(cells: Float64Array, at: number, status: HealthStatus, count: number): void {
    if (cells[at + DOUBT] !== 0 || (cells[at + STATUS] as number) > HealthStatus.HEALTHY) return;
    const failed = status === HealthStatus.HEALTHY ? 0 : 1;
    const kept = failed === 1 || count === 1 ? USUAL_KEPT : USUAL_KEPT ** Math.min(count, 10_000);
    cells[at + USUAL] = failed + kept * ((cells[at + USUAL] as number) - failed);
  }

  /** Both scores after the window: its calls are taken as evenly mixed, because a fold does not tell their order. */
  #score(cells: Float64Array, at: number): void {
    // A good call takes from a score, and of most views there is nothing to take: that needs no logarithm.
    const isClear = cells[at + FAILURE_BEFORE] === 0 && cells[at + DOUBT_BEFORE] === 0;
    if (isClear && cells[at + WINDOW_FAILED] === 0 && cells[at + WINDOW_DOUBTED] === 0) {
      cells[at + FAILURE] = 0;
      cells[at + DOUBT] = 0;
      return;
    }
    const { usualShareMin, usualShareMax, failingShare } = this.#options;
    const usual = Math.min(usualShareMax, Math.max(usualShareMin, cells[at + USUAL] as number));
    const bad = Math.log(failingShare / usual);
    const good = (cells[at + WINDOW_GOOD] as number) * (this.#goodBase + Math.log(1 - usual));
    const failed = bad * (cells[at + WINDOW_FAILED] as number);
    const doubted = bad * (cells[at + WINDOW_DOUBTED] as number);
    const most = thresholdOf(cells[at + GAP_MS] as number, this.#options);
    cells[at + FAILURE] = Math.min(most, Math.max(0, (cells[at + FAILURE_BEFORE] as number) + failed - good));
    cells[at + DOUBT] = Math.min(most, Math.max(0, (cells[at + DOUBT_BEFORE] as number) + failed + doubted - good));
  }

  /** The status that stands after the call. */
  #settle(cells: Float64Array, at: number, seen: Seen, atMs: number, seenMs: number): void {
    const { status, count } = seen;
    if (status === HealthStatus.HEALTHY) {
      // A mixed window has runs of good calls between its bad ones, no longer than an even share.
      const bad = (cells[at + WINDOW_FAILED] as number) + (cells[at + WINDOW_DOUBTED] as number);
      if (bad === 0) cells[at + GOOD_RUN]! += count;
      else cells[at + GOOD_RUN] = Math.floor((cells[at + WINDOW_GOOD] as number) / (bad + 1));
      cells[at + HEALTHY_COUNT]! += count;
    } else {
      if (cells[at + FIRST_BAD_MS] === 0)
        cells[at + FIRST_BAD_MS] = seenMs || (count > 1 ? atMs - seen.windowMs : atMs);
      else if ((cells[at + GOOD_RUN] as number) > 0) cells[at + MIXED_MS] = atMs;
      cells[at + LAST_BAD_MS] = Math.max(cells[at + LAST_BAD_MS] as number, atMs);
      cells[at + GOOD_RUN] = 0;
      cells[at + FAILING_COUNT]! += count;
      noteReason(cells, at, OUTCOME_REASONS.indexOf(seen.reason), count > 1 ? atMs - seen.windowMs : atMs);
    }
    const before = cells[at + STATUS] as HealthStatus;
    const after = this.#after(cells, at, before, seen, atMs);
    if (after !== before) enter(cells, at, before, after, atMs, seen);
    if (cells[at + DOUBT] !== 0 || after > HealthStatus.HEALTHY) return;
    cells[at + FIRST_BAD_MS] = 0;
    cells[at + FAILING_COUNT] = 0;
  }

  #after(cells: Float64Array, at: number, before: HealthStatus, { status }: Seen, atMs: number): HealthStatus {
    const isClear = cells[at + FAILURE] === 0 && cells[at + DOUBT] === 0;
    if (isClear && status === HealthStatus.HEALTHY && before < HealthStatus.MAYBE_UNHEALTHY)
      return HealthStatus.HEALTHY;
    const threshold = thresholdOf(cells[at + GAP_MS] as number, this.#options);
    if ((cells[at + FAILURE] as number) >= threshold) {
      return isFailing(status) ? status : (Math.max(before, HealthStatus.UNHEALTHY) as HealthStatus);
    }
    const ill = before >= HealthStatus.MAYBE_UNHEALTHY;
    if (ill && !this.#isWellAgain(cells, at, atMs, threshold)) return before;
    if ((cells[at + DOUBT] as number) >= threshold) return HealthStatus.MAYBE_UNHEALTHY;
    if (status === HealthStatus.HEALTHY) return HealthStatus.HEALTHY;
    // Of whom nothing is known but failures nobody can say that they are chance, and who calls seldom cannot wait for the next.
    const isRare = (cells[at + GAP_MS] as number) >= RARE_GAP_MS;
    return before === 0 || isRare ? HealthStatus.MAYBE_UNHEALTHY : HealthStatus.HEALTHY;
  }

  /** As many good calls in a row as it took bad ones, twice as many for each relapse, and for a second at least. */
  #isWellAgain(cells: Float64Array, at: number, atMs: number, threshold: number): boolean {
    const bad = Math.log(this.#options.failingShare / this.#options.usualShareMin);
    const relapses = Math.max(0, Math.min(RELAPSE_COUNT_MAX, (cells[at + ILLNESSES] as number) - 1));
    // A relapse shows with its first bad call, since the score is still high; it is not over the sooner for that.
    const count = relapses > 0 ? Number.POSITIVE_INFINITY : (cells[at + FAILING_COUNT] as number);
    const asked = Math.min(Math.ceil(threshold / bad), count) * 2 ** relapses;
    return (
      (cells[at + GOOD_RUN] as number) >= asked && atMs - (cells[at + LAST_BAD_MS] as number) >= this.#options.recoverMs
    );
  }

  #overdueMs(cells: Float64Array, at: number): number {
    return (cells[at + PENDING_MS] as number) + this.#options.pendingMs;
  }

  /** Whether a call has been out for too long, with none after it that came back, or calls are that convict. */
  #isOverdue(cells: Float64Array, at: number, nowMs: number): boolean {
    if (cells[at + PENDING_GOOD] === 0 && nowMs >= this.#overdueMs(cells, at)) return true;
    return this.#areConvicting(cells, at);
  }

  /** Whether calls that are out are, with what else speaks for and against the subject, too unlikely to be only slow. */
  #areConvicting(cells: Float64Array, at: number): boolean {
    const out = outOf(cells, at);
    if (!out) return false;
    const score = (cells[at + FAILURE] as number) - takenOff(cells, at, this.#options);
    return areConvicting([out], this.#options, score);
  }
}
