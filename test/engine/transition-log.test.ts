// SPDX-License-Identifier: Apache-2.0
/** The log of transitions is bounded, and a reader can tell that it has missed some. */
import { describe, expect, it } from 'vitest';
import { TransitionLog } from '../../src/engine/transition-log.js';
import type { Transition } from '../../src/model/verdict.js';

function logOf(count: number, countMax: number): TransitionLog {
  const log = new TransitionLog(countMax);
  for (let index = 0; index < count; index++) log.add({ atMs: index } as Omit<Transition, 'seq'>);
  return log;
}

const seqs = (log: TransitionLog, after: number, countMax: number) =>
  log.page(after, countMax).transitions.map(({ seq }) => seq);

describe('the transition log', () => {
  it('gives what came after a number, oldest first, a page at a time', () => {
    const log = logOf(5, 10);
    expect(seqs(log, 0, 3)).toEqual([1, 2, 3]);
    expect(log.page(0, 3).next).toBe(3);
    expect(seqs(log, 3, 3)).toEqual([4, 5]);
    expect(log.page(5, 3)).toEqual({ transitions: [], next: 5, truncated: false });
  });

  it('forgets the oldest past its bound, and tells a reader who asks for them', () => {
    const log = logOf(25, 10);
    expect(seqs(log, 0, 100)).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
    expect(log.page(0, 100).truncated).toBe(true);
    expect(log.page(14, 100).truncated).toBe(true);
    expect(log.page(15, 100).truncated).toBe(false);
  });

  it('brings a reader from another life back to the present', () => {
    expect(logOf(3, 10).page(1000, 10)).toEqual({ transitions: [], next: 3, truncated: false });
  });
});
