// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench -- detection`: for each fault a fresh cluster, healthy load, the fault, and a stopwatch to the first failing
 * observation in the verdict (the paper's clock), to the verdict itself, to the cluster's own failure detectors, and from the
 * repair to the recovery.
 */

import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Fault } from '#hadoop-like/faults/fault.js';
import { FAULTS, faultOf } from '#hadoop-like/faults/index.js';
import type { Conviction } from '#hadoop-like/harness/figures.js';
import { StolenTime } from '#hadoop-like/harness/stolen-time.js';
import type { RuleFigures } from './detection/firings.js';
import { runOf, type Seen } from './detection/one-trial.js';
import { entryOf, medianOf, type Outcome, outcomeOf, type Run, rounded, wrongOf } from './detection/outcome.js';
import { namesTableOf, pictureOf, rulesTableOf, timesTableOf } from './detection/report.js';
import { timelineOf } from './detection/timeline.js';
import { collectorThere, isThere } from './server.js';

/** Once is seldom enough on a machine that others use too. */
const RUN_COUNT = 5;

/** A trial in which the machine's host took its processors away is done again, whatever came of it, and so often at the most. */
const AGAIN_COUNT_MAX = 2;

export interface DetectionOptions {
  /** Ids of faults, joined by commas; all of them where it is not given. */
  readonly only: string | undefined;
  readonly runs: number | undefined;
  readonly judge: string | undefined;
  /** A folder into which the table and the picture are written as well. */
  readonly out: string | undefined;
  /** A folder into which each trial's telemetry is recorded. */
  readonly record: string | undefined;
  /** Whether telemetry goes through the Collector where there is one. */
  readonly collector: boolean;
}

export async function benchDetection(options: DetectionOptions): Promise<object> {
  const faults = options.only?.split(',').map(faultOf) ?? FAULTS;
  const runCount = options.runs ?? RUN_COUNT;
  const judge = options.judge ?? 'sequential';
  const collector = options.collector ? collectorThere() : undefined;
  if (options.record !== undefined && collector === undefined) {
    throw new Error('--record needs the Collector, which .ci/collector/build builds');
  }
  const hasPrometheus = collector !== undefined && isThere('prometheus');
  say(
    `telemetry ${collector ? `through the Collector${hasPrometheus ? ', and rules in Prometheus' : ''}` : 'straight to the engine'}`,
  );
  const machine = new StolenTime();
  const over = new AbortController();
  machine.watch(over.signal);
  let [againCount, wrongThereCount] = [0, 0];
  const runs = new Map<Fault, Run[]>(faults.map((fault) => [fault, []]));
  const outcomesNow = (): readonly Outcome[] => [...runs].map(([fault, done]) => outcomeOf(fault, done));
  // All faults once, then all again: a machine that has a bad quarter of an hour has it for a run of each.
  for (let run = 1; run <= runCount; run++) {
    for (const [index, fault] of faults.entries()) {
      say(`run ${run}/${runCount} [${index + 1}/${faults.length}] ${fault.id}: ${fault.title}`);
      const recording = options.record && join(options.record, `${fault.id}-${run}`);
      // The rules need a fault that goes on for long. Once is enough to tell whether they find it.
      const hasRules = hasPrometheus && run === 1;
      const { out } = options;
      const draw = out !== undefined && run === 1 ? (seen: Seen) => writePicture(out, fault, seen) : undefined;
      const tryOnce = () => runOf(fault, { judge, collector, hasRules, recording, draw });
      const done = await undisturbed(machine, tryOnce, async (thrownAway, count) => {
        againCount++;
        wrongThereCount += wrongOf(thrownAway).length;
        if (recording !== undefined) await keepApart(recording, count);
      });
      runs.get(fault)?.push(done);
    }
    // As far as it has come, lest an hour is lost.
    if (options.out !== undefined) await writeReport(options.out, outcomesNow());
  }
  over.abort();
  const outcomes = outcomesNow();
  for (const outcome of outcomes) process.stdout.write(`${lineOf(outcome)}\n`);
  // The paper's fifteen: the older story of ours has no time beside it.
  const gray = outcomes.filter(({ fault }) => fault.failure === 'gray' && Number.isFinite(fault.paperSeconds));
  return {
    judge,
    runs: runCount,
    faults: Object.fromEntries(outcomes.map((outcome) => [outcome.fault.id, entryOf(outcome)])),
    median_first_s: rounded(medianOf(gray.map(({ firstS }) => firstS))),
    max_first_s: rounded(Math.max(...gray.map(({ firstS }) => firstS ?? Number.NaN))),
    median_verdict_s: rounded(medianOf(gray.map(({ verdictS }) => verdictS))),
    max_verdict_s: rounded(Math.max(...gray.map(({ verdictMaxS }) => verdictMaxS ?? Number.NaN))),
    wrong_convictions: outcomes.reduce((sum, { wrong }) => sum + wrong.length, 0),
    failed_trials: outcomes.reduce((sum, { failedCount }) => sum + failedCount, 0),
    trials_done_again: againCount,
    wrong_in_trials_done_again: wrongThereCount,
  };
}

/**
 * A trial in which the machine was not short of processors, or the last one that there is patience for.
 *
 * @param again told of each one that is not taken, and the how manieth it is
 */
async function undisturbed(
  machine: StolenTime,
  tryOnce: () => Promise<Run>,
  again: (thrownAway: Run, count: number) => Promise<void>,
): Promise<Run> {
  for (let count = 1; ; count++) {
    const startMs = Date.now();
    const run = await tryOnce();
    sayRun(run);
    if (count > AGAIN_COUNT_MAX || !machine.wasShort(startMs, Date.now())) return run;
    say('    meanwhile the host took a processor away for more than a tenth of ten seconds; once more');
    await again(run, count);
  }
}

/** The recording of a trial that is done again stands in a folder beside the others. */
async function keepApart(recording: string, count: number): Promise<void> {
  const folder = join(dirname(recording), 'done-again');
  await mkdir(folder, { recursive: true });
  for (const ending of ['json', 'jsonl.gz']) {
    // A trial that broke has written only one of them, or none.
    await rename(`${recording}.${ending}`, join(folder, `${basename(recording)}-${count}.${ending}`)).catch(() => {});
  }
}

/** The picture of one trial. */
async function writePicture(folder: string, fault: Fault, seen: Seen): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${fault.id}.svg`), timelineOf(fault, seen));
}

/** The tables and a picture of all faults, for the page. */
async function writeReport(folder: string, outcomes: readonly Outcome[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tables = [timesTableOf(outcomes), namesTableOf(outcomes), rulesTableOf(outcomes) ?? []].flat();
  await writeFile(join(folder, 'detection-table.md'), `${tables.join('\n\n')}\n`);
  await writeFile(join(folder, 'detection.svg'), pictureOf(outcomes));
}

function sayRun(run: Run): void {
  if ('error' in run) {
    say(`    the trial broke: ${run.error}`);
    sayWrong(wrongOf(run));
    return;
  }
  const { firstS, verdictS, recoveryS, builtinS, heldS, wrong, failedOperations } = run.figures;
  const failed = Object.entries(failedOperations).map(([name, count]) => `${count} ${name}`);
  say(
    `    first ${text(firstS)} verdict ${text(verdictS)} recovery ${text(recoveryS)} built-in ${builtinS === undefined ? `not within ${text(heldS)}` : text(builtinS)}` +
      `; failed: ${failed.join(', ') || 'nothing came back'}`,
  );
  if (run.rule) say(`    the Collector's rule ${text(run.rule.ruleS)}: ${ruleText(run.rule)}`);
  sayWrong(wrong);
}

function ruleText({ said, before }: RuleFigures): string {
  const already = before.length > 0 ? `; before the fault already ${before.join(', ')}` : '';
  return `${said ?? 'none fired'}${already}`;
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
  ruleS,
  rightCount,
  runCount,
  failedCount,
  wrong,
  problems,
}: Outcome): string {
  const times = [firstS, verdictS, verdictMaxS, recoveryS, builtinS, ruleS].map((seconds) => text(seconds).padStart(8));
  return `${fault.id.padEnd(4)}${times.join('')}  paper ${Number.isFinite(fault.paperSeconds) ? `${fault.paperSeconds} s` : '-'}  right ${rightCount}/${runCount}  wrong ${wrong.length}  failed ${failedCount}${problems.map((problem) => `\n      PROBLEM ${problem}`).join('')}`;
}

function text(seconds: number | undefined): string {
  return seconds === undefined ? '-' : `${seconds.toFixed(2)}s`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
