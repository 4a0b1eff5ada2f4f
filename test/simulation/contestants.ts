// SPDX-License-Identifier: Apache-2.0
/**
 * Who is put into the simulated worlds: an engine with a judge, what that judge claims to find, and how many calls it says it
 * needs. The bounds that the oracle holds it to come from these claims and from the world, not from what it was seen to do.
 */
import { Engine, type EngineParts } from '../../src/engine/engine.js';
import type { Judge } from '../../src/engine/verdict/judge.js';
import { DEFAULT_MAJORITY, MajorityJudge } from '../../src/engine/verdict/majority.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import { DEFAULT_SEQUENTIAL } from '../../src/engine/verdict/sequential-options.js';
import type { Clock } from '../../src/model/clock.js';
import type { Capability } from './faults.js';

/** What may be asked of a view, given the usual time between two of its calls. */
export interface Needs {
  /** Failed calls in a row after which it must convict. */
  readonly toConvict: (gapMs: number) => number;
  /** Failed calls in a row after which it may, of one observer or of all together: chance that makes so many is none to it. */
  readonly leastToConvict: (gapMs: number) => number;
  /** Failed calls in a row after which one observer's word is a doubt, whatever all others say. */
  readonly toDoubt: (gapMs: number) => number;
  /** The same where calls fail in between good ones, four in ten or more: so many of them, told in so many requests. */
  readonly toDoubtPartly: (gapMs: number) => { readonly failed: number; readonly requests: number };
  /** Good calls in a row, and time without a failure, after which it must acquit; `relapses` is how often it has been ill again. */
  readonly toAcquit: (gapMs: number, relapses: number) => number;
  readonly acquitAfterMs: number;
  /** How long a call may be out before that alone convicts. */
  readonly pendingMs: number;
}

export interface Contestant {
  readonly name: string;
  readonly can: ReadonlySet<Capability>;
  readonly needs: Needs;
  readonly makeEngine: (clock: Clock, parts: Pick<EngineParts, 'onTransition'>) => Engine;
}

/**
 * The paper's judge: one failure tips a view, and the fourth success after failures tips it back. Where calls fail in between
 * good ones, it has forgotten them after one look in eight (four good calls in a row, at six in ten); after six looks that is
 * one time in 300,000.
 */
export const MAJORITY: Contestant = contestant('majority', ['slow', 'blame'], () => new MajorityJudge(), {
  toConvict: () => 1,
  leastToConvict: () => 1,
  toDoubt: () => 2,
  toDoubtPartly: () => ({ failed: 6, requests: 6 }),
  toAcquit: () => 4,
  acquitAfterMs: 0,
  pendingMs: DEFAULT_MAJORITY.pendingMs,
});

/** What the sequential judge documents: its false alarms a view, its least threshold, its p1, and its acquittal. */
const FALSE_ALARM_EVERY_MS = DEFAULT_SEQUENTIAL.falseAlarmEveryMs;
const THRESHOLD_MIN = 6;
const FAILING_SHARE = DEFAULT_SEQUENTIAL.failingShare;

/** The worlds' calls fail by chance one time in a hundred at the most, and a judge may learn twice as much from few calls. */
const USUAL_SHARE_MAX = 0.02;

/** Relapses double the good calls that are asked for, three times; a fold's good calls may count half, for it says no order. */
const RELAPSE_COUNT_MAX = 3;
const FOLD_FACTOR = 2;

/** What a failed call adds to the score at the most, at the least, and what one does of whose four in ten fail, less the good ones. */
const PER_FAILURE_MAX = Math.log(FAILING_SHARE / DEFAULT_SEQUENTIAL.usualShareMin);
const PER_FAILURE = Math.log(FAILING_SHARE / USUAL_SHARE_MAX);
const PER_PARTLY_FAILURE = PER_FAILURE - 1.5 * Math.log((1 - USUAL_SHARE_MAX) / (1 - FAILING_SHARE));

/** Ours: the bounds are those of a CUSUM whose threshold grows with the logarithm of the rate. */
export const SEQUENTIAL: Contestant = contestant(
  'sequential',
  ['noise', 'slow', 'trust', 'blame'],
  () => new SequentialJudge(),
  {
    toConvict: (gapMs) => Math.ceil(thresholdAt(gapMs) / PER_FAILURE),
    leastToConvict: (gapMs) => Math.ceil(thresholdAt(gapMs) / PER_FAILURE_MAX),
    toDoubt: (gapMs) => Math.ceil(thresholdAt(gapMs) / PER_FAILURE),
    toDoubtPartly: (gapMs) => ({ failed: Math.ceil(thresholdAt(gapMs) / PER_PARTLY_FAILURE) + 1, requests: 1 }),
    toAcquit: (gapMs, relapses) =>
      FOLD_FACTOR * Math.ceil(thresholdAt(gapMs) / PER_FAILURE) * 2 ** Math.min(relapses, RELAPSE_COUNT_MAX),
    acquitAfterMs: DEFAULT_SEQUENTIAL.recoverMs,
    pendingMs: DEFAULT_SEQUENTIAL.pendingMs,
  },
);

export function contestant(name: string, can: readonly Capability[], judge: () => Judge, needs: Needs): Contestant {
  return {
    name,
    can: new Set(can),
    needs,
    makeEngine: (clock, parts) => new Engine({ ...parts, judge: judge(), clock }),
  };
}

function thresholdAt(gapMs: number): number {
  return Math.max(THRESHOLD_MIN, Math.log(FALSE_ALARM_EVERY_MS / gapMs));
}
