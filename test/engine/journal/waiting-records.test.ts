// SPDX-License-Identifier: Apache-2.0
/** What waits for the journal's thread is bounded, in order, and the oldest goes first. */
import { describe, expect, it } from 'vitest';
import { WaitingRecords } from '../../../src/engine/journal/waiting-records.js';
import { transitionOf } from '../../support/verdicts.js';
import { evidenceOf, viewOf } from './records.js';

describe('records that wait', () => {
  it('leave in the order in which they came, some at a time', () => {
    const waiting = new WaitingRecords();
    for (let seq = 1; seq <= 500; seq++) waiting.push({ transitions: [transitionOf(seq)] });
    const taken: number[] = [];
    while (waiting.count > 0) {
      const { transitions } = waiting.take();
      expect(transitions.length).toBeLessThanOrEqual(200);
      taken.push(...transitions.map(({ seq }) => seq));
    }
    expect(taken).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  });

  it('let the oldest of their line go when it is full, and say how many', () => {
    const waiting = new WaitingRecords();
    const lost = Array.from({ length: 60 }, (_, round) => {
      const evidence = Array.from({ length: 500 }, (_, index) => evidenceOf(round * 500 + index));
      return waiting.push({ evidence, transitions: [transitionOf(round)] });
    });
    expect(lost.reduce((sum, { evidence }) => sum + evidence, 0)).toBe(10_000);
    expect(lost.reduce((sum, { transitions }) => sum + transitions, 0)).toBe(0);
    expect(waiting.take().evidence[0]?.atMs).toBe(10_000);
    expect(waiting.isLong).toBe(true);
  });

  it('forget a view before they set it, in one batch, and keep what is written about it in order', () => {
    const waiting = new WaitingRecords();
    const view = viewOf('web/1', 5);
    waiting.push({ gone: [view], views: [view] });
    waiting.push({ gone: [view] });
    const { cells: _, resolution: __, lastMs: ___, ...key } = view;
    expect(waiting.take().views).toEqual([key, view, key]);
  });
});
