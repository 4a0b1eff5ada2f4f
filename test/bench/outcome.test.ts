// SPDX-License-Identifier: Apache-2.0
/** What several trials of a fault come to, and what of it stands in the benchmark's last line. */
import { describe, expect, it } from 'vitest';
import type { Fault } from '#hadoop-like/faults/fault.js';
import type { Conviction, Figures } from '#hadoop-like/harness/figures.js';
import { entryOf, medianOf, outcomeOf, type Run, rounded } from '../../bench/detection/outcome.js';

const FAULT = { id: 'f11', operations: ['POST /blocks', 'GET /blocks'] } as unknown as Fault;

function figuresOf(parts: Partial<Figures> = {}): Figures {
  return {
    firstS: undefined,
    verdictS: undefined,
    recoveryS: undefined,
    builtinS: undefined,
    heldS: 6,
    verdict: undefined,
    wrong: [],
    failedOperations: {},
    problems: [],
    ...parts,
  };
}

const trial = (parts: Partial<Figures> = {}): Run => ({ figures: figuresOf(parts) });

const broken = (...wrong: readonly Conviction[]): Run => ({ error: 'no cluster', wrong });

/** A trial with a verdict at that time that finds these operations so. */
function found(verdictS: number, operations: Readonly<Record<string, string>>, reason?: string): Run {
  const listed = Object.entries(operations).map(([operation, status]) => ({ operation, status }));
  return trial({ verdictS, verdict: { operations: listed, reason } as unknown as NonNullable<Figures['verdict']> });
}

const wrongly = (subject: string) => ({ subject }) as Conviction;

describe('a median', () => {
  it('is the middle one, by size, or between the two in the middle', () => {
    expect(medianOf([10, 9, 2])).toBe(9);
    expect(medianOf([4, 1, 3, 2])).toBe(2.5);
    expect(medianOf([7])).toBe(7);
  });

  it('takes what is missing for longer than all else', () => {
    expect(medianOf([undefined, 1, 2])).toBe(2);
    expect(medianOf([3, undefined, 1, 2, undefined])).toBe(3);
    expect(medianOf([1, 2, 3, undefined])).toBe(2.5);
  });

  it('is missing where half of them or more are, or where there are none', () => {
    expect(medianOf([1, undefined])).toBeUndefined();
    expect(medianOf([1, 2, undefined, undefined])).toBeUndefined();
    expect(medianOf([undefined, 1, undefined])).toBeUndefined();
    expect(medianOf([])).toBeUndefined();
  });
});

describe('the outcome', () => {
  it('has a median of each time, over all trials', () => {
    const runs = [
      trial({ firstS: 1, verdictS: 2, recoveryS: 3, builtinS: 60 }),
      trial({ firstS: 3, verdictS: 4, recoveryS: 9 }),
      trial({ firstS: 2, verdictS: 3 }),
    ];
    const { firstS, verdictS, recoveryS, builtinS } = outcomeOf(FAULT, runs);
    expect([firstS, verdictS, recoveryS, builtinS]).toEqual([2, 3, 9, undefined]);
  });

  it('counts all runs, and those with the right verdict', () => {
    const { fault, runCount, rightCount, failedCount } = outcomeOf(FAULT, [trial({ verdictS: 0 }), trial(), broken()]);
    expect(fault).toBe(FAULT);
    expect([runCount, rightCount, failedCount]).toEqual([3, 1, 1]);
  });

  it('says how long the built-in detectors had at least where they did not find it', () => {
    const runs = [trial({ heldS: 9 }), trial({ heldS: 7 }), trial({ heldS: 6, builtinS: 5 }), broken()];
    expect(outcomeOf(FAULT, runs).builtinNotWithinS).toBe(7);
    expect(outcomeOf(FAULT, [trial({ builtinS: 5 })]).builtinNotWithinS).toBeUndefined();
  });

  it('has the slowest verdict, and none where there was no verdict', () => {
    expect(outcomeOf(FAULT, [trial({ verdictS: 1 }), trial({ verdictS: 5 }), trial()]).verdictMaxS).toBe(5);
    expect(outcomeOf(FAULT, [trial()]).verdictMaxS).toBeUndefined();
  });

  it('has every wrong conviction, of trials without the right one too', () => {
    const runs = [trial({ wrong: [wrongly('a'), wrongly('b')] }), trial({ verdictS: 1, wrong: [wrongly('a')] })];
    expect(outcomeOf(FAULT, runs).wrong.map(({ subject }) => subject)).toEqual(['a', 'b', 'a']);
    expect(outcomeOf(FAULT, [trial(), broken(wrongly('c'))]).wrong).toEqual([wrongly('c')]);
  });

  it('has the broken operations that right verdicts found failing, and their reasons, once each and in order', () => {
    const runs = [
      found(1, { 'POST /blocks': 'unhealthy', 'GET /blocks': 'healthy', 'POST /slots': 'unhealthy' }, 'timeout'),
      found(2, { 'GET /blocks': 'maybe_unhealthy', 'POST /blocks': 'dead' }, 'error'),
      found(3, { 'POST /blocks': 'na' }, 'timeout'),
    ];
    const { operations, reasons } = outcomeOf(FAULT, runs);
    expect(operations).toEqual(['GET /blocks', 'POST /blocks']);
    expect(reasons).toEqual(['error', 'timeout']);
    expect(outcomeOf(FAULT, [found(1, { 'GET /blocks': 'healthy', 'POST /blocks': 'na' })]).operations).toEqual([]);
  });

  it('has the time of the Collector’s rule, of the trials that asked for it alone, and which alert it was', () => {
    const ruled = (ruleS: number | undefined, said?: string): Run => ({
      figures: figuresOf(),
      rule: { ruleS, said, before: ['SlowCalls of web as client'] },
    });
    const outcome = outcomeOf(FAULT, [ruled(11.5, 'FailedCalls of web as client'), trial(), broken()]);
    expect(outcome).toMatchObject({
      hasRules: true,
      ruleS: 11.5,
      ruleSaid: ['FailedCalls of web as client'],
      ruleBefore: ['SlowCalls of web as client'],
    });
    expect(entryOf(outcome)).toMatchObject({ collector_rule_s: 11.5 });
    expect(entryOf(outcomeOf(FAULT, [ruled(undefined)]))).toMatchObject({ collector_rule_s: null });
    expect(outcomeOf(FAULT, [trial()])).toMatchObject({ hasRules: false, ruleS: undefined });
  });

  it('has what went wrong in the trials, in their order', () => {
    const runs: Run[] = [trial({ problems: ['3 changes were missed'] }), broken(), trial()];
    expect(outcomeOf(FAULT, runs).problems).toEqual(['3 changes were missed', 'no cluster']);
  });
});

describe('an entry', () => {
  it('has times to the millisecond, null where there is none, and whether all trials were right', () => {
    const runs = [trial({ firstS: 0.12345, verdictS: 0.6, recoveryS: 1.9996, wrong: [wrongly('a')] })];
    expect(entryOf(outcomeOf(FAULT, runs))).toEqual({
      first_s: 0.123,
      verdict_s: 0.6,
      recovery_s: 2,
      builtin_s: null,
      collector_rule_s: null,
      right: true,
      wrong_convictions: 1,
      failed_trials: 0,
      problems: 0,
    });
    expect(entryOf(outcomeOf(FAULT, [trial({ builtinS: 63 })]))).toMatchObject({ builtin_s: 63 });
  });

  it('is not right when one trial has no right verdict, or was none', () => {
    const right = trial({ verdictS: 1 });
    expect(entryOf(outcomeOf(FAULT, [right, trial()]))).toMatchObject({ right: false });
    expect(entryOf(outcomeOf(FAULT, [right, broken()]))).toMatchObject({ right: false });
  });
});

describe('a figure', () => {
  it('is zero where it is, and null where there is none', () => {
    expect(rounded(0)).toBe(0);
    expect(rounded(undefined)).toBeNull();
  });
});
