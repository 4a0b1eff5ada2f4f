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

/** Adds one, and tells of it at once. */
function added(log: TransitionLog, transition: Omit<Transition, 'seq'> = transitionOf()): Transition {
  const numbered = log.add(transition);
  log.tell(numbered.seq);
  return numbered;
}

function logOf(count: number, countMax: number): TransitionLog {
  const log = new TransitionLog(START, countMax);
  for (let index = 0; index < count; index++) added(log);
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
    for (let index = 0; index < 20; index++) added(log, transitionOf(1000));
    expect(seqs(log, 0, 100)).toEqual([16, 17, 18, 19]);
    added(log, transitionOf(100_000));
    expect(seqs(log, 0, 100)).toEqual([20]);
  });

  it('skips nothing for a reader who comes from an earlier life of the engine', () => {
    const later = new TransitionLog(START + 1_000_000);
    added(later);
    expect(later.page(START + 50, 10)).toMatchObject({ transitions: [{ seq: START + 1_000_000 }], truncated: true });
  });

  it('shows nothing before it may be told, and each then once', () => {
    const log = new TransitionLog(START);
    const numbered = [0, 1, 2].map(() => log.add(transitionOf()));
    expect(log.page(0, 10)).toEqual({ transitions: [], next: 0, truncated: false });
    expect(log.tell(START + 1)).toEqual(numbered.slice(0, 2));
    expect(log.page(0, 10)).toEqual({ transitions: numbered.slice(0, 2), next: START + 1, truncated: false });
    expect(log.tell(START)).toEqual([]);
    expect(log.tell(START + 9)).toEqual(numbered.slice(2));
    expect(log.totalCount).toBe(3);
  });

  describe('that was restored', () => {
    const earlier = [5, 6, 7].map((seq) => ({ seq, ...transitionOf() }));

    it('goes on from an earlier life, with a gap that is no loss', () => {
      const log = new TransitionLog(START);
      log.restore(earlier, 7, true);
      const next = added(log);
      expect(next.seq).toBe(START);
      expect(log.page(0, 10)).toEqual({ transitions: [...earlier, next], next: START, truncated: false });
      expect(log.page(6, 10)).toEqual({ transitions: [earlier[2], next], next: START, truncated: false });
      expect(log.page(7, 10)).toMatchObject({ transitions: [next], truncated: false });
      expect(log.page(2, 10).truncated).toBe(true);
      expect(log.totalCount).toBe(1);
    });

    it('says that there was more where there was', () => {
      const log = new TransitionLog(START);
      log.restore(earlier, 7, false);
      expect(log.page(0, 10)).toEqual({ transitions: earlier, next: 7, truncated: true });
    });

    it('forgets the earlier life first', () => {
      const log = new TransitionLog(START, 3);
      log.restore(earlier, 7, true);
      added(log);
      expect(log.page(0, 10)).toMatchObject({ truncated: true, transitions: [{ seq: 6 }, { seq: 7 }, { seq: START }] });
      expect(log.page(5, 10).truncated).toBe(false);
    });

    it('never numbers below what was kept, whatever the clock says', () => {
      const log = new TransitionLog(START);
      log.restore(earlier, START + 50, true);
      expect(added(log).seq).toBe(START + 51);
    });
  });
});
