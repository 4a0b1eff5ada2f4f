// SPDX-License-Identifier: Apache-2.0
/** The journal in a file keeps the contract of journals, and remembers when it is opened again. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OpenedJournal } from '../../../src/engine/journal/journal.js';
import { HealthStatus } from '../../../src/model/status.js';
import type { Verdict } from '../../../src/model/verdict.js';
import { journalContract } from '../../contract/journal.js';
import { until } from '../../support/until.js';
import { transitionOf, verdictOf } from '../../support/verdicts.js';
import { evidenceOf, freshFolder, HAS_SQLITE, LAYOUT, openSqlite, viewOf, written } from './records.js';

describe.skipIf(!HAS_SQLITE)('with SQLite', () => {
  journalContract('a file', () => openSqlite());

  /** What the next life remembers of this one. */
  async function reopened(first: OpenedJournal, layout = LAYOUT): Promise<OpenedJournal> {
    await first.journal.close();
    return openSqlite({ path: first.journal.status().path as string, layout });
  }

  describe('a history that is opened again', () => {
    it('has every transition, oldest first, and the number of the last', async () => {
      const first = await openSqlite();
      const transitions = [3, 4, 9].map((seq) => transitionOf(seq, { cause: `span ${seq}` }));
      await written(first, { transitions }, 10);
      const { recovered } = await reopened(first);
      expect(recovered).toMatchObject({ lastSeq: 10, truncated: false, dropped: [], newestMs: 10 });
      expect(recovered.transitions).toEqual([...transitions, transitionOf(10)]);
    });

    it('writes on close what was only handed to it', async () => {
      const first = await openSqlite();
      for (let seq = 1; seq <= 5000; seq++) first.journal.write({ evidence: [evidenceOf(seq)] });
      first.journal.write({ transitions: [transitionOf(1)] });
      const { journal, recovered } = await reopened(first);
      expect(recovered.lastSeq).toBe(1);
      expect((await journal.evidence({ subject: 'db', limit: 1 })).items).toEqual([evidenceOf(5000)]);
      expect(first.journal.status()).toMatchObject({ waiting: 0, lost: { evidence: 0 } });
    });

    it('has the last verdict on each subject that is not NA, whatever has been forgotten of its past', async () => {
      const first = await openSqlite();
      const transitions = [
        transitionOf(1, { verdict: { subject: 'ill' } }),
        transitionOf(2, { verdict: { subject: 'gone' } }),
        transitionOf(3, { verdict: { subject: 'ill', status: HealthStatus.MAYBE_UNHEALTHY } }),
        transitionOf(4, { verdict: { subject: 'gone', status: HealthStatus.NA } }),
        transitionOf(5, { verdict: { subject: 'ill', environment: 'prod' } }),
      ];
      await written(first, { transitions }, 6);
      const { recovered } = await reopened(first);
      const placeOf = ({ subject, environment }: Verdict) => `${subject} ${environment}`;
      expect([...recovered.verdicts].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))).toEqual([
        verdictOf(),
        verdictOf({ subject: 'ill', status: HealthStatus.MAYBE_UNHEALTHY }),
        verdictOf({ subject: 'ill', environment: 'prod' }),
      ]);
    });

    it('has the views as they were last written, without those that were forgotten or are too old', async () => {
      const first = await openSqlite();
      const views = [viewOf('new', 100_000), viewOf('old', 39_999), viewOf('gone', 99_000), viewOf('back', 99_000)];
      first.journal.write({ views });
      first.journal.write({ gone: [viewOf('gone', 0), viewOf('back', 0)], views: [viewOf('new', 100_000, [4, 5, 6])] });
      await written(first, { views: [viewOf('back', 40_000)] }, 1);
      const second = await reopened(first);
      const byObserver = [...second.recovered.views].sort((a, b) => (a.observer < b.observer ? -1 : 1));
      expect(byObserver).toEqual([viewOf('back', 40_000), viewOf('new', 100_000, [4, 5, 6])]);
      expect((await reopened(second)).recovered.views).toHaveLength(2);
    });

    it('has every bit of a view, also where its numbers are none', async () => {
      const first = await openSqlite();
      const bits = Uint16Array.from({ length: 12 }, (_, index) => 0xfff0 + index);
      await written(first, { views: [{ ...viewOf('web/1', 5), cells: new Float64Array(bits.buffer) }] }, 1);
      const { recovered } = await reopened(first);
      const { buffer, byteOffset, length } = recovered.views[0]?.cells ?? new Float64Array();
      expect([...new Uint16Array(buffer, byteOffset, 4 * length)]).toEqual([...bits]);
    });

    it('drops views of another layout and says how many, once', async () => {
      const first = await openSqlite();
      await written(first, { views: [viewOf('web/1', 5), viewOf('web/2', 5)] }, 1);
      const second = await reopened(first, 'test/2/9');
      expect(second.recovered.views).toEqual([]);
      expect(second.recovered.dropped).toEqual(['2 views have the layout test/1/3, and the judge now reads test/2/9']);
      expect((await reopened(second, 'test/2/9')).recovered.dropped).toEqual([]);
    });

    it('has the newest 2000 transitions and says that there are older ones', async () => {
      const first = await openSqlite();
      for (let seq = 1; seq < 2400; seq += 50) {
        await written(
          first,
          { transitions: Array.from({ length: 49 }, (_, index) => transitionOf(seq + index)) },
          seq + 49,
        );
      }
      const { recovered } = await reopened(first);
      expect(recovered.transitions.map(({ seq }) => seq)).toEqual(
        Array.from({ length: 2000 }, (_, index) => 401 + index),
      );
      expect(recovered.truncated).toBe(true);
    });

    it('has no more of them than 20 million characters', async () => {
      const first = await openSqlite();
      const observersAgainst = Array.from({ length: 50_000 }, (_, index) => `web/${'x'.repeat(80)}${index}`);
      for (let seq = 1; seq < 20; seq += 2) {
        await written(first, { transitions: [transitionOf(seq, { verdict: { observersAgainst } })] }, seq + 1);
      }
      const { recovered } = await reopened(first);
      expect(recovered.truncated).toBe(true);
      expect(recovered.transitions.length).toBeGreaterThan(2);
      expect(JSON.stringify(recovered.transitions).length).toBeLessThan(21_000_000);
    });
  });

  describe('retention', () => {
    const KIB = 1024;

    it('forgets what is older than its age, and no verdict with it', async () => {
      const nowMs = performance.timeOrigin + performance.now();
      const opened = await openSqlite({ ageMaxMs: 3_600_000 });
      const [old, young] = [nowMs - 3_700_000, nowMs - 3_500_000];
      const transitions = [
        transitionOf(1, { atMs: old, verdict: { subject: 'long ill' } }),
        transitionOf(2, { atMs: old }),
        transitionOf(3, { atMs: young }),
      ];
      await written(opened, { transitions, evidence: [evidenceOf(old), evidenceOf(young)] }, 4);
      await until('the old to be forgotten', async () => {
        const { items } = await opened.journal.transitions({ subject: 'db', limit: 10 });
        const evidence = await opened.journal.evidence({ subject: 'db', limit: 10 });
        // The one written last has its number for a time, and is as old as the epoch.
        return items.length === 1 && items[0]?.seq === 3 && evidence.items.length === 1 ? true : undefined;
      });
      const { recovered } = await reopened(opened);
      expect(recovered.verdicts.map(({ subject }) => subject).sort()).toEqual(['db', 'long ill']);
      expect(recovered.lastSeq).toBe(4);
    });

    it('keeps the file within its size, the oldest first, and leaves transitions room beside a flood of evidence', async () => {
      const startMs = Math.floor(performance.timeOrigin);
      const opened = await openSqlite({ bytesMax: 1024 * KIB });
      const file = opened.journal.status().path as string;
      const message = 'x'.repeat(200);
      for (let round = 1; round <= 60; round++) {
        const evidence = Array.from({ length: 500 }, (_, index) =>
          evidenceOf(startMs + round * 500 + index, { message }),
        );
        await written(
          opened,
          { evidence, transitions: [transitionOf(round * 2, { atMs: startMs + round })] },
          round * 2 + 1,
        );
      }
      await until('the file to shrink', () => (statSync(file).size <= 1100 * KIB ? true : undefined));
      const transitions = (await opened.journal.transitions({ subject: 'db', limit: 1000, sinceMs: startMs })).items;
      expect(transitions).toHaveLength(60);
      const evidence = (await opened.journal.evidence({ subject: 'db', limit: 1000 })).items;
      expect(evidence.length).toBeGreaterThan(200);
      expect(evidence[0]?.atMs).toBe(startMs + 60 * 500 + 499);
    });

    it('forgets transitions too when they alone are too large', async () => {
      const startMs = Math.floor(performance.timeOrigin);
      const opened = await openSqlite({ bytesMax: 1024 * KIB });
      const observersAgainst = Array.from({ length: 500 }, (_, index) => `web/${index}`);
      for (let seq = 1; seq <= 400; seq += 2) {
        const at = { atMs: startMs + seq, verdict: { observersAgainst } };
        await written(opened, { transitions: [transitionOf(seq, at)] }, seq + 1);
      }
      const file = opened.journal.status().path as string;
      await until('the file to shrink', () => (statSync(file).size <= 1100 * KIB ? true : undefined));
      const { items } = await opened.journal.transitions({ subject: 'db', limit: 1000, sinceMs: startMs });
      expect(items[0]?.seq).toBe(399);
      expect(items.length).toBeGreaterThan(50);
      expect(items.length).toBeLessThan(200);
    });
  });

  it('is made in a folder that is there, beside nothing else', async () => {
    const folder = freshFolder();
    const { journal } = await openSqlite({ path: path.join(folder, 'a b’c.db') });
    await journal.close();
    expect(readdirSync(folder)).toEqual(['a b’c.db']);
  });
});
