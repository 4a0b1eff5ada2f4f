// SPDX-License-Identifier: Apache-2.0
/**
 * What the story has shown, judged from its record when it is over. Two things must hold: that there was a gray failure
 * at all (users suffered, every health check was green), and that the engine named it, in time and nobody else. Each
 * thing that does not hold is a sentence; no sentences is success. Pure: a record in, findings out.
 */
import { type ApiTransition, type ApiVerdict, isConviction } from './engine-api.js';
import type { Sample } from './monitor.js';

/** The verdict must come this soon after the fault. */
export const CONVICTION_BOUND_MS = 5000;

/** And be withdrawn this soon after the repair. */
export const RECOVERY_BOUND_MS = 10_000;

/** What happened. Times are epoch milliseconds. */
export interface StoryRecord {
  /** The datanode made to fail, and its identity. */
  readonly sickName: string;
  readonly sickSubject: string;
  readonly faultMs: number;
  readonly repairMs: number;
  /** Every transition of every subject from start to end, and how many of them could not be read. */
  readonly transitions: readonly ApiTransition[];
  readonly missedTransitionCount: number;
  /** Taken while the fault lasted; the first just before it, the last just before the repair. */
  readonly samples: readonly Sample[];
}

export interface Conviction {
  readonly subject: string;
  readonly status: string;
  readonly failure: string;
  /** Milliseconds since the fault; negative before it. */
  readonly afterFaultMs: number;
}

export interface Findings {
  readonly ok: boolean;
  /** What went wrong, one sentence each. */
  readonly problems: readonly string[];
  readonly subject: string;
  /** From the fault to the verdict, and from the repair to its withdrawal. */
  readonly convictedAfterMs: number | undefined;
  readonly recoveredAfterMs: number | undefined;
  readonly verdict: ApiVerdict | undefined;
  readonly convictions: readonly Conviction[];
  readonly duringFault: DuringFault;
}

/** The two sides of the failure, counted between fault and repair. */
export interface DuringFault {
  readonly writesOk: number;
  readonly writesFailed: number;
  readonly readsOkFromSick: number;
  readonly readsFailedFromSick: number;
  readonly heartbeats: number;
  readonly healthChecksOk: number;
  readonly healthChecksFailed: number;
  readonly declaredDead: boolean;
}

/** Judges the record. */
export function findingsOf(record: StoryRecord): Findings {
  const { sickSubject, faultMs, repairMs, transitions } = record;
  const convicted = transitions.find(
    ({ atMs, verdict }) => verdict.subject === sickSubject && atMs >= faultMs && isGrayConviction(verdict),
  );
  const recovered = transitions.find(
    ({ atMs, verdict }) => verdict.subject === sickSubject && atMs >= repairMs && verdict.status === 'healthy',
  );
  const convictions = transitions
    .filter(({ verdict }) => isConviction(verdict))
    .map(({ atMs, verdict: { subject, status, failure } }) => ({
      subject,
      status,
      failure,
      afterFaultMs: atMs - faultMs,
    }));
  const convictedAfterMs = convicted && convicted.atMs - faultMs;
  const recoveredAfterMs = recovered && recovered.atMs - repairMs;
  const duringFault = duringFaultOf(record);
  const problems = [
    ...engineProblems(record, convictedAfterMs, recoveredAfterMs, convictions),
    ...clusterProblems(record.sickName, duringFault),
  ];
  const verdict = convicted?.verdict;
  const ok = problems.length === 0;
  return { ok, problems, subject: sickSubject, convictedAfterMs, recoveredAfterMs, verdict, convictions, duringFault };
}

/** Whether a verdict is the one the story waits for. */
export function isGrayConviction(verdict: ApiVerdict): boolean {
  return verdict.status === 'unhealthy' && verdict.failure === 'gray';
}

function engineProblems(
  { sickSubject, repairMs, transitions, missedTransitionCount }: StoryRecord,
  convictedAfterMs: number | undefined,
  recoveredAfterMs: number | undefined,
  convictions: readonly Conviction[],
): string[] {
  const problems: string[] = [];
  if (missedTransitionCount > 0) {
    problems.push(`${missedTransitionCount} transitions were gone from the engine's log before they could be read`);
  }
  for (const { subject, status, failure, afterFaultMs } of convictions) {
    if (subject !== sickSubject) {
      problems.push(`${subject} was found ${status} (${failure}) ${whenText(afterFaultMs)}, though nothing ails it`);
    } else if (afterFaultMs < 0) {
      problems.push(`${subject} was found ${status} (${failure}) ${whenText(afterFaultMs)}`);
    }
  }
  if (convictedAfterMs === undefined) {
    problems.push(`${sickSubject} was never found unhealthy and gray${lastWord(sickSubject, transitions, repairMs)}`);
  } else if (convictedAfterMs > CONVICTION_BOUND_MS) {
    problems.push(`${sickSubject} was found ${seconds(convictedAfterMs)} after the fault; the bound is 5 s`);
  }
  if (convictedAfterMs !== undefined && recoveredAfterMs === undefined) {
    problems.push(`${sickSubject} was not healthy again after the repair${lastWord(sickSubject, transitions)}`);
  } else if (recoveredAfterMs !== undefined && recoveredAfterMs > RECOVERY_BOUND_MS) {
    problems.push(
      `${sickSubject} was healthy again only ${seconds(recoveredAfterMs)} after the repair; the bound is 10 s`,
    );
  }
  if (convictedAfterMs !== undefined && !isConvicted(sickSubject, transitions, repairMs)) {
    problems.push(
      `${sickSubject} lost its conviction before the repair${lastWord(sickSubject, transitions, repairMs)}`,
    );
  }
  if (recoveredAfterMs !== undefined && isConvicted(sickSubject, transitions)) {
    problems.push(`${sickSubject} was convicted again after its recovery`);
  }
  return problems;
}

/** Without these the demo has not shown a gray failure, whatever the engine says. */
function clusterProblems(sickName: string, during: DuringFault): string[] {
  const problems: string[] = [];
  if (during.writesFailed === 0) problems.push('no write failed during the fault');
  if (during.readsOkFromSick === 0) problems.push(`no read from ${sickName} succeeded during the fault`);
  if (during.readsFailedFromSick > 0) {
    problems.push(`${during.readsFailedFromSick} reads from ${sickName} failed during the fault`);
  }
  if (during.declaredDead) problems.push(`the heartbeat detector declared ${sickName} dead`);
  if (during.heartbeats === 0) problems.push(`no heartbeat of ${sickName} came in during the fault`);
  if (during.healthChecksOk === 0) problems.push(`no health check of ${sickName} was answered during the fault`);
  if (during.healthChecksFailed > 0) {
    problems.push(`${during.healthChecksFailed} health checks of ${sickName} failed during the fault`);
  }
  return problems;
}

function duringFaultOf({ samples, sickName }: StoryRecord): DuringFault {
  const first = samples.at(0);
  const last = samples.at(-1);
  const grown = (count: (sample: Sample) => number | undefined): number =>
    first && last ? (count(last) ?? 0) - (count(first) ?? 0) : 0;
  const report = ({ datanodes }: Sample) => datanodes.find(({ name }) => name === sickName);
  return {
    writesOk: grown(({ tally }) => tally.writesOk),
    writesFailed: grown(({ tally }) => tally.writesFailed),
    readsOkFromSick: grown(({ tally }) => tally.readsOkBy[sickName]),
    readsFailedFromSick: grown(({ tally }) => tally.readsFailedBy[sickName]),
    heartbeats: grown((sample) => report(sample)?.beatCount),
    healthChecksOk: grown((sample) => report(sample)?.health.okCount),
    healthChecksFailed: grown((sample) => report(sample)?.health.failedCount),
    declaredDead: samples.some((sample) => report(sample)?.alive !== true),
  };
}

/** Whether the subject's last transition, up to a time, is a conviction. */
function isConvicted(
  subject: string,
  transitions: readonly ApiTransition[],
  untilMs = Number.POSITIVE_INFINITY,
): boolean {
  const last = transitions.findLast(({ atMs, verdict }) => verdict.subject === subject && atMs <= untilMs);
  return last !== undefined && isConviction(last.verdict);
}

function lastWord(subject: string, transitions: readonly ApiTransition[], untilMs = Number.POSITIVE_INFINITY): string {
  const last = transitions.findLast(({ atMs, verdict }) => verdict.subject === subject && atMs <= untilMs);
  return last
    ? `; the last word was ${last.verdict.status} (${last.verdict.failure})`
    : '; the engine never spoke of it';
}

function whenText(afterFaultMs: number): string {
  return `${seconds(Math.abs(afterFaultMs))} ${afterFaultMs < 0 ? 'before' : 'after'} the fault`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(2)} s`;
}
