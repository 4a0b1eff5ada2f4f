// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench -- detection`: for each fault a fresh cluster, healthy load, the fault, and a stopwatch to the first failing
 * observation in the verdict (the paper's clock), to the verdict itself, to the cluster's own failure detectors, and from the
 * repair to the recovery.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault } from '#hadoop-like/faults/fault.js';
import { FAULTS, faultOf } from '#hadoop-like/faults/index.js';
import type { ToldConviction } from '#hadoop-like/harness/conviction-log.js';
import { type Conviction, figuresOf, wrongConvictions } from '#hadoop-like/harness/figures.js';
import { onStage } from '#hadoop-like/harness/run.js';
import { runTrial, TRIAL_TIMES } from '#hadoop-like/harness/trial.js';
import { entryOf, medianOf, type Outcome, outcomeOf, type Run, rounded } from './detection/outcome.js';
import { pictureOf, tableOf } from './detection/report.js';

/** Once is seldom enough on a machine that others use too. */
const RUN_COUNT = 5;

export interface DetectionOptions {
  /** Ids of faults, joined by commas; all of them where it is not given. */
  readonly only: string | undefined;
  readonly runs: number | undefined;
  readonly judge: string | undefined;
  /** A folder into which the table and the picture are written as well. */
  readonly out: string | undefined;
}

export async function benchDetection(options: DetectionOptions): Promise<object> {
  const faults = options.only?.split(',').map(faultOf) ?? FAULTS;
  const runCount = options.runs ?? RUN_COUNT;
  const judge = options.judge ?? 'sequential';
  const outcomes: Outcome[] = [];
  for (const [index, fault] of faults.entries()) {
    const runs: Run[] = [];
    for (let run = 1; run <= runCount; run++) {
      say(`[${index + 1}/${faults.length}] ${fault.id} run ${run}/${runCount}: ${fault.title}`);
      const done = await runOf(fault, judge);
      sayRun(done);
      runs.push(done);
    }
    outcomes.push(outcomeOf(fault, runs));
  }
  for (const outcome of outcomes) process.stdout.write(`${lineOf(outcome)}\n`);
  if (options.out !== undefined) await writeReport(options.out, outcomes);
  // The paper's fifteen: the older story of ours has no time beside it.
  const gray = outcomes.filter(({ fault }) => fault.failure === 'gray' && Number.isFinite(fault.paperSeconds));
  return {
    judge,
    runs: runCount,
    faults: Object.fromEntries(outcomes.map((outcome) => [outcome.fault.id, entryOf(outcome, undefined)])),
    median_first_s: rounded(medianOf(gray.map(({ firstS }) => firstS))),
    median_verdict_s: rounded(medianOf(gray.map(({ verdictS }) => verdictS))),
    max_verdict_s: rounded(Math.max(...gray.map(({ verdictMaxS }) => verdictMaxS ?? Number.NaN))),
    wrong_convictions: outcomes.reduce((sum, { wrong }) => sum + wrong.length, 0),
    failed_trials: outcomes.reduce((sum, { failedCount }) => sum + failedCount, 0),
  };
}

/** One trial on a cluster of its own. A trial that breaks is told, with whom it had seen wronged, and the next one goes on. */
async function runOf(fault: Fault, judge: string): Promise<Run> {
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const convictions: ToldConviction[] = [];
  let faultMs: number | undefined;
  const conviction = (told: ToldConviction, times: { faultMs?: number }): void => {
    convictions.push(told);
    faultMs = times.faultMs;
  };
  try {
    const { system } = fault;
    const record = await onStage({ system, stop, engineWords: ['--judge', judge] }, (stage) =>
      runTrial({ ...stage, stop }, fault, TRIAL_TIMES, { conviction }),
    );
    return { figures: figuresOf(record, fault) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message === 'interrupted') throw error;
    return { error: message, wrong: wrongConvictions(convictions, fault, faultMs) };
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    stop.abort(new Error('the trial is over'));
  }
}

/** The table and a picture, for the page. */
async function writeReport(folder: string, outcomes: readonly Outcome[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'detection-table.md'), `${tableOf(outcomes)}\n`);
  await writeFile(join(folder, 'detection.svg'), pictureOf(outcomes));
}

function sayRun(run: Run): void {
  if ('error' in run) {
    say(`    the trial broke: ${run.error}`);
    sayWrong(run.wrong);
    return;
  }
  const { firstS, verdictS, recoveryS, builtinS, heldS, wrong, failedOperations } = run.figures;
  const failed = Object.entries(failedOperations).map(([name, count]) => `${count} ${name}`);
  say(
    `    first ${text(firstS)} verdict ${text(verdictS)} recovery ${text(recoveryS)} built-in ${builtinS === undefined ? `not within ${text(heldS)}` : text(builtinS)}` +
      `; failed: ${failed.join(', ') || 'nothing came back'}`,
  );
  sayWrong(wrong);
}

function sayWrong(wrong: readonly Conviction[]): void {
  for (const { subject, status, culprit, afterFaultS, operations } of wrong) {
    say(`    WRONG ${subject} ${status} at ${text(afterFaultS)}, culprit ${culprit}, in ${operations.join(', ')}`);
  }
}

function lineOf({
  fault,
  firstS,
  verdictS,
  verdictMaxS,
  recoveryS,
  builtinS,
  rightCount,
  runCount,
  failedCount,
  wrong,
  problems,
}: Outcome): string {
  const times = [firstS, verdictS, verdictMaxS, recoveryS, builtinS].map((seconds) => text(seconds).padStart(8));
  return `${fault.id.padEnd(4)}${times.join('')}  paper ${fault.paperSeconds} s  right ${rightCount}/${runCount}  wrong ${wrong.length}  failed ${failedCount}${problems.map((problem) => `\n      PROBLEM ${problem}`).join('')}`;
}

function text(seconds: number | undefined): string {
  return seconds === undefined ? '-' : `${seconds.toFixed(2)}s`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
