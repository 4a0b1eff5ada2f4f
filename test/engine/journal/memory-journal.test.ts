// SPDX-License-Identifier: Apache-2.0
/** The journal in memory keeps the contract of journals, tells at once, and is bounded. */
import { describe, expect, it } from 'vitest';
import { NOTHING_RECOVERED } from '../../../src/engine/journal/journal.js';
import { MemoryJournal } from '../../../src/engine/journal/memory-journal.js';
import { PanoramaError } from '../../../src/model/errors.js';
import { journalContract } from '../../contract/journal.js';
import { transitionOf } from '../../support/verdicts.js';
import { evidenceOf } from './records.js';

journalContract('memory', async () => ({ journal: new MemoryJournal(), recovered: NOTHING_RECOVERED }));

describe('the journal in memory', () => {
  it('tells of a transition while it is written', () => {
    const journal = new MemoryJournal();
    const told: number[] = [];
    journal.onProgress(({ tellableSeq }) => told.push(tellableSeq));
    journal.write({ transitions: [transitionOf(1)] });
    expect(told).toEqual([1]);
  });

  it('forgets the oldest past its bounds', async () => {
    const journal = new MemoryJournal();
    for (let at = 1; at <= 20_000; at++) journal.write({ transitions: [transitionOf(at)], evidence: [evidenceOf(at)] });
    const oldest = async (query: 'transitions' | 'evidence', sinceMs: number) =>
      (await journal[query]({ subject: 'db', limit: 1000, sinceMs, untilMs: sinceMs + 600 })).items.length;
    expect(await oldest('transitions', 19_000)).toBe(601);
    expect(await oldest('transitions', 16_000)).toBe(0);
    expect(await oldest('evidence', 11_000)).toBe(601);
    expect(await oldest('evidence', 8000)).toBe(0);
  });

  it('says what it stands in for', () => {
    const error = new PanoramaError('PANO_HISTORY_BROKEN', 'no history');
    expect(new MemoryJournal({ insteadOf: { path: 'history.db', error, atMs: 5 } }).status()).toMatchObject({
      kind: 'memory',
      path: 'history.db',
      state: 'failing',
      lastError: { code: 'PANO_HISTORY_BROKEN', message: 'no history', atMs: 5 },
    });
  });
});
