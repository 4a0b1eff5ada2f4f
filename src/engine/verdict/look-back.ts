// SPDX-License-Identifier: Apache-2.0
/**
 * What one observer says now: the bounded look-back. Picture a person asked "does it work?" who thinks of the last few
 * tries, newest first, and stops thinking once the tries before were of another kind. A few successes after failures
 * therefore restore trust, and old success never hides a failure of just now.
 *
 * A guest sends the calls of a second folded by outcome. They are unfolded here, evenly over the second, so that they
 * mix as they did when they happened: 90 failures and 10 successes must not read as ten successes in a row.
 *
 * Source: Panorama (OSDI 2018), section 3.6, bounded-look-back majority.
 */
import type { OutcomeReason } from '../../model/observation.js';
import { HealthStatus, isFailing } from '../../model/status.js';
import { type LifetimeOptions, lifetimeMs } from './evidence-lifetime.js';
import type { Reading } from './judge.js';

export interface LookBackOptions extends LifetimeOptions {
  /** Calls looked back upon at the most. More gives a steadier and slower view. Default 10. */
  readonly lookBackCalls: number;
  /**
   * Calls still looked at once the status differs from the newest. The view recovers after this many successes and one
   * more: a strict majority against them. Default 3.
   */
  readonly differingCalls: number;
  /** How long a PENDING call may be out before it counts as UNHEALTHY, in ms. Default 2000. */
  readonly pendingMs: number;
}

/** One observation in a view. */
export interface Entry {
  readonly status: HealthStatus;
  readonly reason: OutcomeReason;
  /** Calls it stands for. */
  readonly count: number;
  /** When the last of them was seen, in epoch ms by the engine's clock. */
  readonly atMs: number;
  /** How long before that the first of them ended, in ms. */
  readonly windowMs: number;
}

/** One call of an entry. */
interface Call {
  readonly atMs: number;
  readonly status: HealthStatus;
  readonly entry: Entry;
}

/** The calls looked back upon, newest first. */
type Calls = readonly [Call, ...Call[]];

/**
 * Sums up a view; `undefined` when everything in it has expired.
 *
 * @param entries oldest first
 */
export function lookBack(entries: readonly Entry[], nowMs: number, options: LookBackOptions): Reading | undefined {
  const gapMs = usualGapMs(entries);
  const lifeMs = lifetimeMs(gapMs, options);
  const fresh = entries.filter(({ atMs }) => atMs >= nowMs - lifeMs);
  const newest = fresh.at(-1);
  if (!newest) return undefined;
  // Calls that are out: those with nothing settled after them. One that is out for too long has failed.
  const out = fresh.slice(fresh.findLastIndex(({ status }) => status !== HealthStatus.PENDING) + 1);
  const waiting = out.filter(({ atMs }) => nowMs < atMs + options.pendingMs);
  const overdue = out.filter((entry) => !waiting.includes(entry));
  const settled = [...fresh.filter(({ status }) => status !== HealthStatus.PENDING), ...overdue];
  const calls = callsOf(settled, options);
  const oldestMs = Math.min(newest.atMs, ...(calls ?? []).map(({ entry }) => entry.atMs));
  const dueMs = Math.min(oldestMs + lifeMs + 1, ...waiting.map(({ atMs }) => atMs + options.pendingMs));
  const reading = calls && { ...sumUp(calls), gapMs, dueMs };
  if (waiting.length === 0) return reading;
  // A call that is out says nothing yet, and takes nothing back: what failed before it goes on failing.
  if (reading && reading.status !== HealthStatus.HEALTHY) return reading;
  const atMs = Math.floor(newest.atMs);
  const healthyCount = reading?.healthyCount ?? 0;
  const { reason } = newest;
  const status = HealthStatus.PENDING;
  return {
    status,
    reason,
    healthyCount,
    failingCount: 0,
    sinceMs: atMs,
    lastMs: atMs,
    mixedMs: 0,
    goodRun: reading?.goodRun ?? 0,
    reasonMs: atMs,
    gapMs,
    dueMs,
  };
}

/**
 * The usual time between two entries of a view, in ms: the median, so that one long pause is no habit; 0 while there is
 * only one entry.
 */
export function usualGapMs(entries: readonly Entry[]): number {
  const gaps = entries.slice(1).map(({ atMs }, index) => atMs - (entries[index]?.atMs ?? atMs));
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 0;
}

function sumUp(calls: Calls): Omit<Reading, 'gapMs' | 'dueMs'> {
  const healthy = calls.filter(({ status }) => status === HealthStatus.HEALTHY);
  const failing = calls.filter(({ status }) => isFailing(status));
  const status = statusOf(calls[0].status, calls.length, healthy.length, failing.length);
  const telling =
    status === HealthStatus.HEALTHY ? healthy : calls.filter((call) => call.status !== HealthStatus.HEALTHY);
  const reason = telling[0]?.entry.reason ?? 'ok';
  const newestBad = calls.findIndex((call) => call.status !== HealthStatus.HEALTHY);
  const otherwise = telling.findIndex(({ entry }) => entry.reason !== reason);
  const alike = otherwise < 0 ? telling : telling.slice(0, otherwise);
  return {
    status,
    reason,
    healthyCount: healthy.length,
    failingCount: failing.length,
    sinceMs: Math.floor((telling.at(-1) ?? calls[0]).atMs),
    lastMs: Math.floor((telling[0] ?? calls[0]).atMs),
    mixedMs: mixedMsOf(calls),
    goodRun: newestBad < 0 ? calls.length : newestBad,
    reasonMs: Math.floor((alike.at(-1) ?? calls[0]).atMs),
  };
}

/** The newest calls, up to the bounds of the look-back. */
function callsOf(entries: readonly Entry[], { lookBackCalls, differingCalls }: LookBackOptions): Calls | undefined {
  const unfolded = entries.flatMap((entry) => unfold(entry, lookBackCalls));
  unfolded.sort((a, b) => b.atMs - a.atMs || b.status - a.status);
  const [newest, ...older] = unfolded.slice(0, lookBackCalls);
  if (!newest) return undefined;
  const differs = older.findIndex(({ status }) => status !== newest.status);
  return [newest, ...(differs < 0 ? older : older.slice(0, differs + differingCalls))];
}

/** The newest calls of an entry, spread evenly over its window. */
function unfold(entry: Entry, countMax: number): Call[] {
  // A PENDING that got here has been out for too long.
  const status = entry.status === HealthStatus.PENDING ? HealthStatus.UNHEALTHY : entry.status;
  const stepMs = entry.count > 1 ? entry.windowMs / (entry.count - 1) : 0;
  const length = Math.min(entry.count, countMax);
  return Array.from({ length }, (_, index) => ({ atMs: entry.atMs - index * stepMs, status, entry }));
}

function statusOf(newest: HealthStatus, calls: number, healthy: number, failing: number): HealthStatus {
  if (isFailing(newest)) return newest;
  if (newest === HealthStatus.HEALTHY && healthy * 2 > calls) return HealthStatus.HEALTHY;
  if (newest === HealthStatus.HEALTHY && failing > 0) return HealthStatus.UNHEALTHY;
  return failing * 2 > calls ? HealthStatus.UNHEALTHY : HealthStatus.MAYBE_UNHEALTHY;
}

/** When a call failed last after a good one that came after a failing one; 0 where they do not alternate. */
function mixedMsOf(calls: Calls): number {
  const newest = calls.findIndex(({ status }) => isFailing(status));
  const good = calls.findIndex(({ status }, index) => index > newest && status === HealthStatus.HEALTHY);
  const isMixed = newest >= 0 && good >= 0 && calls.slice(good).some(({ status }) => isFailing(status));
  return isMixed ? Math.floor(calls[newest]?.atMs ?? 0) : 0;
}
