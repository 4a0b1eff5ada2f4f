// SPDX-License-Identifier: Apache-2.0
/** The log of transitions is bounded, and a reader can tell that it has missed some. */
import { describe, expect, it } from 'vitest';
import { TransitionLog } from '../../src/engine/transition-log.js';
import type { Transition, Verdict } from '../../src/model/verdict.js';

const START = 1000;

function transitionOf(observerCount = 0): Omit<Transition, 'seq'> {
  const observersAgainst = Array.from({ length: observerCount }, (_, index) => `c/${index}`);
  const verdict = { operations: [], observersFor: [], observersAgainst, evidence: [] } as unknown as Verdict;
  return { atMs: 0, from: { status: 1, failure: 'none' }, cause: undefined, verdict };
}

function logOf(count: number, countMax: number): TransitionLog {
  const log = new TransitionLog(START, countMax);
  for (let index = 0; index < count; index++) log.add(transitionOf());
  return log;
}

const seqs = (log: TransitionLog, after: number, countMax: number) =>
  log.page(after, countMax).transitions.map(({ seq }) => seq - START);

describe('the transition log', () => {
  it('gives what came after a number, oldest first, a page at a time', () => {
    const log = logOf(5, 10);
    expect(seqs(log, 0, 3)).toEqual([0, 1, 2]);
    expect(log.page(0, 3)).toMatchObject({ next: START + 2, truncated: false });
    expect(seqs(log, START + 2, 3)).toEqual([3, 4]);
    expect(log.page(START + 4, 3)).toEqual({ transitions: [], next: START + 4, truncated: false });
    expect(log.totalCount).toBe(5);
  });

  it('is empty before anything happened', () => {
    expect(logOf(0, 10).page(0, 10)).toEqual({ transitions: [], next: 0, truncated: false });
  });

  it('forgets the oldest past its bound, and tells a reader who asks for them', () => {
    const log = logOf(25, 10);
    expect(seqs(log, 0, 100)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
    expect(log.page(0, 100).truncated).toBe(true);
    expect(log.page(START + 13, 100).truncated).toBe(true);
    expect(log.page(START + 14, 100).truncated).toBe(false);
  });

  it('forgets sooner when verdicts name thousands, and always keeps the newest', () => {
    const log = new TransitionLog(START, 1000, 5000);
    for (let index = 0; index < 20; index++) log.add(transitionOf(1000));
    expect(seqs(log, 0, 100)).toEqual([16, 17, 18, 19]);
    log.add(transitionOf(100_000));
    expect(seqs(log, 0, 100)).toEqual([20]);
  });

  it('skips nothing for a reader who comes from an earlier life of the engine', () => {
    const later = new TransitionLog(START + 1_000_000);
    later.add(transitionOf());
    expect(later.page(START + 50, 10)).toMatchObject({ transitions: [{ seq: START + 1_000_000 }], truncated: true });
  });
});
