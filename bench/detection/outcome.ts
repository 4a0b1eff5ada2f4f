// SPDX-License-Identifier: Apache-2.0
/** What several trials of one fault come to. Pure. */
import type { Fault } from '#hadoop-like/faults/fault.js';
import { breaks, type Conviction, type Figures } from '#hadoop-like/harness/figures.js';
import type { RuleFigures } from './firings.js';

/** One trial; or why it broke, and whom it had seen wronged until then. */
export type Run =
  | { readonly figures: Figures; readonly rule?: RuleFigures }
  | { readonly error: string; readonly wrong: readonly Conviction[] };

export interface Outcome {
  readonly fault: Fault;
  readonly runCount: number;
  /** Trials that ended with the right verdict. */
  readonly rightCount: number;
  /** Trials that broke. */
  readonly failedCount: number;
  /** Medians over all trials, s; `undefined` where half of them or more have none. */
  readonly firstS: number | undefined;
  readonly verdictS: number | undefined;
  readonly recoveryS: number | undefined;
  readonly builtinS: number | undefined;
  /** Where the built-in detectors did not find it: how long they had at least, s. */
  readonly builtinNotWithinS: number | undefined;
  /** Of the trials with the Collector's rules, s; which alerts fired first, and which had fired before the fault. */
  readonly ruleS: number | undefined;
  readonly hasRules: boolean;
  readonly ruleSaid: readonly string[];
  readonly ruleBefore: readonly string[];
  /** The slowest trial's, s. */
  readonly verdictMaxS: number | undefined;
  readonly wrong: readonly Conviction[];
  /** Operations in the right verdicts, and the reason they gave. */
  readonly operations: readonly string[];
  readonly reasons: readonly string[];
  /** What went wrong in the trials themselves. */
  readonly problems: readonly string[];
}

export function outcomeOf(fault: Fault, runs: readonly Run[]): Outcome {
  const all = runs.flatMap((run) => ('figures' in run ? [run.figures] : []));
  const rules = runs.flatMap((run) => ('figures' in run && run.rule ? [run.rule] : []));
  const unfound = all.filter(({ builtinS }) => builtinS === undefined);
  const right = all.filter(({ verdictS }) => verdictS !== undefined);
  const median = (pick: (figures: Figures) => number | undefined) => medianOf(all.map(pick));
  return {
    fault,
    runCount: runs.length,
    rightCount: right.length,
    failedCount: runs.length - all.length,
    firstS: median(({ firstS }) => firstS),
    verdictS: median(({ verdictS }) => verdictS),
    recoveryS: median(({ recoveryS }) => recoveryS),
    builtinS: median(({ builtinS }) => builtinS),
    builtinNotWithinS: unfound.length > 0 ? Math.min(...unfound.map(({ heldS }) => heldS)) : undefined,
    ruleS: medianOf(rules.map(({ ruleS }) => ruleS)),
    hasRules: rules.length > 0,
    ruleSaid: distinct(rules.flatMap(({ said }) => said ?? [])),
    ruleBefore: distinct(rules.flatMap(({ before }) => before)),
    verdictMaxS: right.length > 0 ? Math.max(...right.map(({ verdictS = 0 }) => verdictS)) : undefined,
    wrong: runs.flatMap(wrongOf),
    operations: distinct(right.flatMap(({ verdict }) => failingIn(fault, verdict))),
    reasons: distinct(right.flatMap(({ verdict }) => verdict?.reason ?? [])),
    problems: runs.flatMap((run) => ('figures' in run ? run.figures.problems : [run.error])),
  };
}

/** Whom a trial saw wronged, whatever became of it. */
export function wrongOf(run: Run): readonly Conviction[] {
  return 'figures' in run ? run.figures.wrong : run.wrong;
}

/** A fault's entry in the last line. */
export function entryOf(outcome: Outcome): object {
  const { firstS, verdictS, recoveryS, builtinS, ruleS, rightCount, runCount, wrong } = outcome;
  return {
    first_s: rounded(firstS),
    verdict_s: rounded(verdictS),
    recovery_s: rounded(recoveryS),
    builtin_s: rounded(builtinS),
    collector_rule_s: rounded(ruleS),
    right: rightCount === runCount,
    wrong_convictions: wrong.length,
    failed_trials: outcome.failedCount,
    problems: outcome.problems.length,
  };
}

/** A judge's entry for a fault, of trials that were recorded: what only the live cluster shows is not in it. */
export function judgedEntryOf({ firstS, verdictS, recoveryS, rightCount, runCount, wrong, problems }: Outcome): object {
  return {
    right: rightCount === runCount,
    first_s: rounded(firstS),
    verdict_s: rounded(verdictS),
    recovery_s: rounded(recoveryS),
    wrong_convictions: wrong.length,
    problems: problems.length,
  };
}

/** The middle one; `undefined` where half of them or more are missing, or there are none. */
export function medianOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.map((value) => value ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const lower = known[Math.ceil(known.length / 2) - 1];
  const upper = known[Math.floor(known.length / 2)];
  return lower === undefined || upper === undefined || upper === Number.POSITIVE_INFINITY
    ? undefined
    : (lower + upper) / 2;
}

export function rounded(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Math.round(seconds * 1000) / 1000;
}

function failingIn(fault: Fault, verdict: Figures['verdict']): string[] {
  const failing = verdict?.operations.filter(({ status }) => status !== 'healthy' && status !== 'na') ?? [];
  return failing.map(({ operation }) => operation).filter((operation) => breaks(fault, operation));
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}
