// SPDX-License-Identifier: Apache-2.0
/**
 * One trial of one fault on a running cluster: healthy load, the fault, the verdict, some time for wrong verdicts to show
 * themselves, the repair, the recovery. It watches from three sides: what the engine says, what the built-in detectors
 * believe, and how the clients fare. It judges nothing; `figures.ts` does.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../faults/fault.js';
import type { Beliefs } from '../node/admin.js';
import type { Tally } from '../node/tally.js';
import type { Cluster } from './cluster.js';
import { ConvictionLog, type ToldConviction } from './conviction-log.js';
import type { ApiTransition, ApiVerdict } from './engine-api.js';
import type { Engine } from './engine-process.js';
import { isRightConviction } from './figures.js';
import { VerdictWatch } from './verdict-watch.js';
import { eventually, pause } from './waiting.js';

/** How long each part of a trial lasts, in ms. */
export interface TrialTimes {
  /** Healthy load before the fault, once everybody is known. */
  readonly warmUpMs: number;
  /** How long a verdict is waited for. */
  readonly verdictBoundMs: number;
  /** How long the fault goes on after the verdict: time for a wrong one. */
  readonly sufferingMs: number;
  /** How long it goes on at least, from its beginning: time for the built-in detectors. */
  readonly holdMs: number;
  /** How long a recovery is waited for. */
  readonly recoveryBoundMs: number;
  /** And how long the healthy cluster is watched after it. */
  readonly settlingMs: number;
}

/**
 * The warm-up: enough calls of every operation for a history of latencies, and a verdict of everybody. The hold: scaled as the
 * example's are, the defaults of the originals' detectors that find crashes take up to 5 s (sessions, gossip), and each of them
 * shall have its chance; but for the namenode's 63 s, which nobody waits for.
 */
export const TRIAL_TIMES: TrialTimes = {
  warmUpMs: 12_000,
  verdictBoundMs: 15_000,
  sufferingMs: 3000,
  holdMs: 6000,
  recoveryBoundMs: 20_000,
  settlingMs: 2000,
};

/** How long it may take until the engine knows every component by its name. */
const KNOWN_BOUND_MS = 30_000;
const LOOK_INTERVAL_MS = 100;

/** The cluster from its own side. Times are epoch ms. */
export interface Look {
  readonly atMs: number;
  readonly tally: Tally;
  /** By the detector's node. */
  readonly beliefs: Readonly<Record<string, Beliefs>>;
}

export interface TrialRecord {
  readonly faultMs: number;
  readonly repairMs: number;
  readonly endMs: number;
  /** Every change of every verdict from the engine's start to the end, and how many of them could not be read. */
  readonly transitions: readonly ApiTransition[];
  readonly missedTransitionCount: number;
  /** Every conviction from then on, also where only the blame changed, and how many looks for it the engine did not answer. */
  readonly convictions: readonly ToldConviction[];
  readonly failedPollCount: number;
  /** The right verdict as it was first seen: a verdict may become right without a change of its status, when its blame does. */
  readonly found: ApiVerdict | undefined;
  /** From shortly before the fault to the end. */
  readonly looks: readonly Look[];
}

/** Told of what happens, as it happens. */
export interface TrialWatcher {
  readonly healthy?: (subjects: readonly string[]) => void;
  readonly fault?: () => void;
  readonly transition?: (transition: ApiTransition, times: { faultMs?: number; repairMs?: number }) => void;
  /** For who wants to know of convictions also where the trial breaks. */
  readonly conviction?: (conviction: ToldConviction, times: { faultMs?: number }) => void;
  readonly look?: (look: Look) => void;
  readonly repair?: () => void;
}

export interface Cast {
  readonly engine: Engine;
  readonly cluster: Cluster;
  /** Ends the trial early; its reason says why. */
  readonly stop: AbortController;
}

/** Runs one trial. Throws the reason of `stop` when that aborts. */
export async function runTrial(
  { engine, cluster, stop }: Cast,
  fault: Fault,
  times: TrialTimes,
  watcher: TrialWatcher = {},
): Promise<TrialRecord> {
  const { signal } = stop;
  const reached: { faultMs?: number; repairMs?: number } = {};
  const log = new ConvictionLog();
  const convictions: ToldConviction[] = [];
  const note = (atMs: number, verdict: ApiVerdict): void => {
    if (!log.note(verdict)) return;
    convictions.push({ atMs, verdict });
    watcher.conviction?.({ atMs, verdict }, reached);
  };
  const watch = new VerdictWatch(
    engine.api,
    (transition) => {
      note(transition.atMs, transition.verdict);
      watcher.transition?.(transition, reached);
    },
    (verdicts, atMs) => {
      for (const verdict of verdicts) note(atMs, verdict);
    },
  );
  const over = new AbortController();
  const done = AbortSignal.any([signal, over.signal]);
  void watch.run(stop, done);
  try {
    await untilAllHealthy(engine, cluster.subjects, signal);
    watcher.healthy?.(cluster.subjects);
    const looks: Look[] = [];
    void lookAgainAndAgain(cluster, looks, watcher, done);
    await pause(times.warmUpMs, signal);

    let faultMs = Date.now();
    reached.faultMs = faultMs;
    await fault.inject(cluster, signal, () => {
      faultMs = Date.now();
      reached.faultMs = faultMs;
    });
    watcher.fault?.();
    const isFound = ({ atMs, verdict }: ApiTransition): boolean => atMs >= faultMs && isRightConviction(verdict, fault);
    const found = await eventually(
      async () => watch.transitions.find(isFound)?.verdict ?? (await rightVerdictNow(engine, fault)),
      times.verdictBoundMs,
      signal,
    );
    await pause(Math.max(times.sufferingMs, faultMs + times.holdMs - Date.now()), signal);
    await watch.poll();

    const repairMs = Date.now();
    reached.repairMs = repairMs;
    await fault.repair(cluster, signal);
    watcher.repair?.();
    await eventually(
      // The fault's subject may be a part of a node.
      async () => (await areHealthy(engine, [...cluster.subjects, fault.subject])) || undefined,
      times.recoveryBoundMs,
      signal,
    );
    await pause(times.settlingMs, signal);
    await watch.poll();
    return {
      faultMs,
      repairMs,
      endMs: Date.now(),
      transitions: [...watch.transitions],
      convictions,
      found,
      missedTransitionCount: watch.missedCount,
      failedPollCount: watch.failedPollCount,
      looks,
    };
  } finally {
    over.abort();
  }
}

async function rightVerdictNow({ api }: Engine, fault: Fault): Promise<ApiVerdict | undefined> {
  const verdict = await api.verdictOf(fault.subject);
  return verdict && isRightConviction(verdict, fault) ? verdict : undefined;
}

async function lookAgainAndAgain(
  cluster: Cluster,
  looks: Look[],
  watcher: TrialWatcher,
  done: AbortSignal,
): Promise<void> {
  while (!done.aborted) {
    const beliefs = await cluster.beliefs();
    const look: Look = { atMs: Date.now(), tally: structuredClone(cluster.tally()), beliefs };
    if (done.aborted) return;
    looks.push(look);
    watcher.look?.(look);
    await delay(LOOK_INTERVAL_MS);
  }
}

/** Waits until every component is known by its name, not by its address, and found healthy. */
async function untilAllHealthy({ api }: Engine, subjects: readonly string[], stop: AbortSignal): Promise<void> {
  let verdicts: readonly ApiVerdict[] = [];
  const isKnown = (subject: string): boolean =>
    verdicts.some((verdict) => verdict.subject === subject && verdict.status === 'healthy');
  const check = async (): Promise<true | undefined> => {
    verdicts = await api.verdicts();
    return subjects.every(isKnown) || undefined;
  };
  if (await eventually(check, KNOWN_BOUND_MS, stop)) return;
  const missing = subjects.filter((subject) => !isKnown(subject)).join(', ');
  const known = verdicts.map(({ subject, status }) => `${subject} ${status}`).join(', ') || 'nobody';
  throw new Error(
    `after ${KNOWN_BOUND_MS / 1000} s the engine does not know as healthy: ${missing}. It knows: ${known}`,
  );
}

async function areHealthy({ api }: Engine, subjects: readonly string[]): Promise<boolean> {
  const verdicts = await api.verdicts();
  const statuses = new Map(verdicts.map(({ subject, status }) => [subject, status]));
  return subjects.every((subject) => statuses.get(subject) === 'healthy');
}
