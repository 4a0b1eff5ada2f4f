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
import type { Evidence, OutcomeReason } from '../../model/observation.js';
import { HealthStatus, isFailing } from '../../model/status.js';
import type { ViewSummary } from '../../model/verdict.js';
import type { View, ViewEntry } from '../../model/view.js';
import { type LifetimeOptions, lifetimeMs, usualGapMs } from './evidence-lifetime.js';

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

/** A view summed up, and until when the sum holds if nothing new arrives. */
export interface LookBack {
  readonly summary: ViewSummary;
  /** How often the view is heard, in ms. */
  readonly gapMs: number;
  /** The earliest time at which it changes by time alone, epoch ms. */
  readonly dueMs: number;
}

/** One call of an entry. */
interface Call {
  readonly atMs: number;
  readonly status: HealthStatus;
  readonly entry: ViewEntry;
}

/** The calls looked back upon, newest first. */
type Calls = readonly [Call, ...Call[]];

/** Sums up a view; `undefined` when everything in it has expired. */
export function lookBack(view: View, nowMs: number, options: LookBackOptions): LookBack | undefined {
  const gapMs = usualGapMs(view);
  const lifeMs = lifetimeMs(gapMs, options);
  const fresh = view.entries.filter(({ atMs }) => atMs >= nowMs - lifeMs);
  const newest = fresh.at(-1);
  if (!newest) return undefined;
  // Calls that are out: those with nothing settled after them. One that is out for too long has failed.
  const out = fresh.slice(fresh.findLastIndex(({ status }) => status !== HealthStatus.PENDING) + 1);
  const waiting = out.filter(({ atMs }) => nowMs < atMs + options.pendingMs);
  const overdue = out.filter((entry) => !waiting.includes(entry));
  const settled = [...fresh.filter(({ status }) => status !== HealthStatus.PENDING), ...overdue];
  const calls = callsOf(settled, options);
  const summary = calls && sumUp(view, calls);
  const oldestMs = Math.min(newest.atMs, ...(calls ?? []).map(({ entry }) => entry.atMs));
  const dueMs = Math.min(oldestMs + lifeMs + 1, ...waiting.map(({ atMs }) => atMs + options.pendingMs));
  if (waiting.length === 0) return summary && { summary, gapMs, dueMs };
  // A call that is out says nothing yet, and takes nothing back: what failed before it goes on failing.
  const ill = summary !== undefined && summary.status !== HealthStatus.HEALTHY;
  return { summary: ill ? summary : pendingSummary(view, newest, summary), gapMs, dueMs };
}

function sumUp(view: View, calls: Calls): ViewSummary {
  const healthy = calls.filter(({ status }) => status === HealthStatus.HEALTHY);
  const failing = calls.filter(({ status }) => isFailing(status));
  const status = statusOf(calls[0].status, calls.length, healthy.length, failing.length);
  const bad = calls.filter((call) => call.status !== HealthStatus.HEALTHY);
  const telling = status === HealthStatus.HEALTHY ? healthy : bad;
  return {
    observer: view.observer,
    operation: view.operation,
    source: view.source,
    status,
    reason: reasonOf(telling),
    healthyCount: healthy.length,
    failingCount: failing.length,
    sinceMs: Math.floor((telling.at(-1) ?? calls[0]).atMs),
    lastMs: Math.floor((telling[0] ?? calls[0]).atMs),
    evidence: evidenceOf(bad),
  };
}

function pendingSummary(view: View, newest: ViewEntry, before: ViewSummary | undefined): ViewSummary {
  return {
    observer: view.observer,
    operation: view.operation,
    source: view.source,
    status: HealthStatus.PENDING,
    reason: newest.reason,
    healthyCount: before?.healthyCount ?? 0,
    failingCount: 0,
    sinceMs: Math.floor(newest.atMs),
    lastMs: Math.floor(newest.atMs),
    evidence: newest.evidence,
  };
}

/** The newest calls, up to the bounds of the look-back. */
function callsOf(entries: readonly ViewEntry[], { lookBackCalls, differingCalls }: LookBackOptions): Calls | undefined {
  const unfolded = entries.flatMap((entry) => unfold(entry, lookBackCalls));
  unfolded.sort((a, b) => b.atMs - a.atMs || (a.entry.id < b.entry.id ? 1 : -1));
  const [newest, ...older] = unfolded.slice(0, lookBackCalls);
  if (!newest) return undefined;
  const differs = older.findIndex(({ status }) => status !== newest.status);
  return [newest, ...(differs < 0 ? older : older.slice(0, differs + differingCalls))];
}

/** The newest calls of an entry, spread evenly over its window. */
function unfold(entry: ViewEntry, countMax: number): Call[] {
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

function reasonOf(telling: readonly Call[]): OutcomeReason {
  return telling[0]?.entry.reason ?? 'ok';
}

function evidenceOf(bad: readonly Call[]): readonly Evidence[] {
  return [...new Set(bad.map(({ entry }) => entry))].flatMap(({ evidence }) => evidence);
}
