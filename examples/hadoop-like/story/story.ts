// SPDX-License-Identifier: Apache-2.0
/**
 * The story, act by act: a healthy cluster; a disk that hangs; who finds out; the repair; the recovery. It waits for
 * conditions, never for luck, and records what it sees; `findings.ts` judges.
 */
import { CLIENTS, type Cluster, DATANODES, WATCHED_SUBJECTS } from './cluster.js';
import { type ApiTransition, type ApiVerdict, type EngineApi, isConviction } from './engine-api.js';
import type { Engine } from './engine-process.js';
import { CONVICTION_BOUND_MS, type Findings, findingsOf, isGrayConviction, RECOVERY_BOUND_MS } from './findings.js';
import { Monitor, type Sample } from './monitor.js';
import type { Timeline } from './timeline.js';
import { VerdictWatch } from './verdict-watch.js';
import { eventually, pause } from './waiting.js';

const SICK_NAME = 'dn2';
const SICK_SUBJECT = `datanode/${SICK_NAME}`;

/** How long the engine may take to know all components as instances, and healthy. */
const KNOWN_BOUND_MS = 10_000;

const HEALTHY_LOAD_MS = 4000;

/** A late verdict is waited for beyond its bound, so that the failure can say how late. */
const LATE_MS = 3000;

/** How long the failure goes on after the verdict, for all to see. */
const SUFFERING_MS = 3500;

/** After the recovery: time for a false conviction to show itself. */
const SETTLING_MS = 1500;

/** Where the story is. Epoch milliseconds, infinite until it happens. */
interface Times {
  faultMs: number;
  repairMs: number;
  /** Told to the end; whatever a cluster that is left running does now is not counted from the story's fault. */
  isOver: boolean;
}

export interface Cast {
  readonly engine: Engine;
  readonly cluster: Cluster;
  readonly timeline: Timeline;
  /** Ends the story early; its reason says why. */
  readonly stop: AbortController;
}

/** Plays the story on a running cluster and judges it. Throws the reason of `stop` when that aborts. */
export async function playStory({ engine, cluster, timeline, stop }: Cast): Promise<Findings> {
  const { signal } = stop;
  const times: Times = { faultMs: Number.POSITIVE_INFINITY, repairMs: Number.POSITIVE_INFINITY, isOver: false };
  const watch = new VerdictWatch(engine.api, (transition) => tell(transition, timeline, times));
  const monitor = new Monitor(cluster, timeline);
  void watch.run(stop);
  await untilAllHealthy(engine.api, signal);
  timeline.line('healthy', `the engine knows ${WATCHED_SUBJECTS.join(', ')}, all healthy`, 'good');

  timeline.line('workload', `${CLIENTS.length} clients write to and read from ${DATANODES.length} datanodes`);
  void monitor.run(signal);
  await pause(HEALTHY_LOAD_MS, signal);

  const before = await monitor.look();
  times.faultMs = Date.now();
  await cluster.control(SICK_NAME, 'fault');
  timeline.line('FAULT', `${SICK_NAME}: from now on the disk call before each block it writes does not return`, 'loud');
  await eventually(() => said(watch, times.faultMs, isGrayConviction), CONVICTION_BOUND_MS + LATE_MS, signal);
  tellDetectors(before, await monitor.look(), timeline);
  await pause(SUFFERING_MS, signal);

  const after = await monitor.look();
  await watch.poll();
  times.repairMs = Date.now();
  await cluster.control(SICK_NAME, 'repair');
  timeline.line('REPAIR', `${SICK_NAME}: the stuck call returns, and writes go on`, 'loud');
  await eventually(() => said(watch, times.repairMs, isHealthy), RECOVERY_BOUND_MS, signal);
  await pause(SETTLING_MS, signal);
  await watch.poll();
  times.isOver = true;

  return findingsOf({
    sickName: SICK_NAME,
    sickSubject: SICK_SUBJECT,
    faultMs: times.faultMs,
    repairMs: times.repairMs,
    transitions: [...watch.transitions],
    missedTransitionCount: watch.missedCount,
    samples: monitor.samples.filter(({ atMs }) => atMs >= before.atMs && atMs <= after.atMs),
  });
}

/** Waits until every component is known by its name, not by its address, and found healthy. */
async function untilAllHealthy(api: EngineApi, stop: AbortSignal): Promise<void> {
  let verdicts: readonly ApiVerdict[] = [];
  const isKnown = (subject: string): boolean =>
    verdicts.some((verdict) => verdict.subject === subject && verdict.resolution === 'instance' && isHealthy(verdict));
  const check = async (): Promise<true | undefined> => {
    verdicts = await api.verdicts();
    return WATCHED_SUBJECTS.every(isKnown) || undefined;
  };
  if (await eventually(check, KNOWN_BOUND_MS, stop)) return;
  const missing = WATCHED_SUBJECTS.filter((subject) => !isKnown(subject)).join(', ');
  const known = verdicts.map(({ subject, status }) => `${subject} ${status}`).join(', ') || 'nobody';
  throw new Error(
    `after ${KNOWN_BOUND_MS / 1000} s the engine does not know as healthy: ${missing}. It knows: ${known}`,
  );
}

/** The first transition of the sick datanode, from a time on, whose verdict is the expected one. */
function said(
  { transitions }: VerdictWatch,
  fromMs: number,
  isExpected: (verdict: ApiVerdict) => boolean,
): ApiTransition | undefined {
  return transitions.find(
    ({ atMs, verdict }) => verdict.subject === SICK_SUBJECT && atMs >= fromMs && isExpected(verdict),
  );
}

/** Prints a transition: large where it convicts anybody or acquits the sick datanode, small where it is in between. */
function tell(transition: ApiTransition, timeline: Timeline, { faultMs, repairMs, isOver }: Times): void {
  const { atMs, from, verdict } = transition;
  const isAcquittal = verdict.subject === SICK_SUBJECT && isHealthy(verdict) && atMs >= repairMs;
  if (isConviction(verdict) || isAcquittal) {
    const sinceMs = atMs - (isAcquittal ? repairMs : faultMs);
    const when = `${(sinceMs / 1000).toFixed(2)} s after the ${isAcquittal ? 'repair' : 'fault'}`;
    timeline.verdict(verdict, isOver ? undefined : sinceMs >= 0 ? when : 'before any fault');
  } else if (!isHealthy(verdict) || !['na', 'invalid'].includes(from.status)) {
    timeline.transition(transition);
  }
}

/** What the cluster's own detectors say meanwhile: the other half of a gray failure. */
function tellDetectors(before: Sample, now: Sample, timeline: Timeline): void {
  const report = now.datanodes.find(({ name }) => name === SICK_NAME);
  const asked = before.datanodes.find(({ name }) => name === SICK_NAME);
  if (!report || !asked) return;
  const beats = report.beatCount - asked.beatCount;
  const alive = report.alive ? 'alive' : 'DEAD';
  timeline.line('meanwhile', `heartbeat detector: ${SICK_NAME} ${alive}, ${beats} heartbeats since the fault`);
  const answered = report.health.okCount - asked.health.okCount;
  const failed = report.health.failedCount - asked.health.failedCount;
  timeline.detail('', `GET /health on ${SICK_NAME}: ${answered} answered, ${failed} failed since the fault`);
  const reads = (now.tally.readsOkBy[SICK_NAME] ?? 0) - (before.tally.readsOkBy[SICK_NAME] ?? 0);
  const badReads = (now.tally.readsFailedBy[SICK_NAME] ?? 0) - (before.tally.readsFailedBy[SICK_NAME] ?? 0);
  timeline.detail('', `reads from ${SICK_NAME}: ${reads} good, ${badReads} failed since the fault`);
}

function isHealthy({ status }: ApiVerdict): boolean {
  return status === 'healthy';
}
