// SPDX-License-Identifier: Apache-2.0
/** What every journal must do. An implementation's test calls this with a way to open an empty one. */
import { describe, expect, it } from 'vitest';
import type {
  HistoryPage,
  HistoryQuery,
  Journal,
  JournalProgress,
  OpenedJournal,
} from '../../src/engine/journal/journal.js';
import { PanoramaError } from '../../src/model/errors.js';
import { evidenceOf, viewOf, written } from '../engine/journal/records.js';
import { transitionOf, verdictOf } from '../support/verdicts.js';

const DB = { subject: 'db', limit: 100 };

/** Every item of a history, a page at a time. */
async function allOf<T>(page: (query: HistoryQuery) => Promise<HistoryPage<T>>, query: HistoryQuery): Promise<T[]> {
  const { items, cursor } = await page(query);
  return cursor === undefined ? [...items] : [...items, ...(await allOf(page, { ...query, cursor }))];
}

export function journalContract(name: string, open: () => Promise<OpenedJournal>): void {
  const seqsOf = async (journal: Journal, query: Partial<HistoryQuery> = {}) =>
    (await journal.transitions({ ...DB, ...query })).items.map(({ seq }) => seq);

  describe(`a journal in ${name}`, () => {
    it('remembers nothing when it is new', async () => {
      const { recovered } = await open();
      expect(recovered).toEqual({
        lastSeq: 0,
        transitions: [],
        truncated: false,
        verdicts: [],
        views: [],
        newestMs: 0,
        dropped: [],
      });
    });

    it('tells how far it has come, up to the last transition, and never back', async () => {
      const { journal } = await open();
      const told: JournalProgress[] = [];
      await new Promise<void>((resolve) => {
        journal.onProgress((progress) => {
          told.push(progress);
          if (progress.durableSeq === 9) resolve();
        });
        for (let seq = 5; seq < 10; seq++) journal.write({ transitions: [transitionOf(seq)] });
      });
      const seqs = told.map(({ durableSeq }) => durableSeq);
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
      expect(told.filter(({ durableSeq, tellableSeq }) => durableSeq !== tellableSeq)).toEqual([]);
      expect(await seqsOf(journal)).toEqual([9, 8, 7, 6, 5]);
    });

    it('gives a transition back as it was', async () => {
      const opened = await open();
      const transition = transitionOf(7, { atMs: 6.5, cause: 'a span' });
      await written(opened, { transitions: [transition] }, 8);
      expect((await opened.journal.transitions(DB)).items[1]).toEqual(transition);
    });

    it('gives a subject’s transitions between two times, both included, newest first, and of one environment', async () => {
      const opened = await open();
      const transitions = [10, 20, 30, 40].map((seq) => transitionOf(seq));
      const elsewhere = transitionOf(50, { verdict: { environment: 'prod' } });
      const other = transitionOf(60, { verdict: { subject: 'db/other' } });
      await written(opened, { transitions: [...transitions, elsewhere, other] }, 70);
      expect(await seqsOf(opened.journal)).toEqual([70, 50, 40, 30, 20, 10]);
      expect(await seqsOf(opened.journal, { sinceMs: 20, untilMs: 40 })).toEqual([40, 30, 20]);
      expect(await seqsOf(opened.journal, { environment: 'prod' })).toEqual([50]);
      expect(await seqsOf(opened.journal, { environment: '' })).toEqual([70, 40, 30, 20, 10]);
      expect(await seqsOf(opened.journal, { subject: 'nobody' })).toEqual([]);
    });

    it('gives everybody’s transitions and evidence where nobody is named', async () => {
      const opened = await open();
      const others = transitionOf(20, { verdict: { subject: 'db/other' } });
      const evidence = [evidenceOf(2), evidenceOf(3, { subject: 'db/other' })];
      await written(opened, { transitions: [transitionOf(10), others, transitionOf(30)], evidence }, 40);
      const everybodys = { subject: undefined };
      expect(await seqsOf(opened.journal, everybodys)).toEqual([40, 30, 20, 10]);
      expect(await seqsOf(opened.journal, { ...everybodys, sinceMs: 15, untilMs: 30 })).toEqual([30, 20]);
      expect((await allOf((query) => opened.journal.transitions(query), { ...everybodys, limit: 1 })).length).toBe(4);
      expect((await opened.journal.evidence({ ...everybodys, limit: 9 })).items).toEqual([evidence[1], evidence[0]]);
    });

    it('gives pages that together are the whole, also where times are the same', async () => {
      const opened = await open();
      const transitions = Array.from({ length: 25 }, (_, index) =>
        transitionOf(100 + index, { atMs: 5 + (index >> 3) }),
      );
      const evidence = Array.from({ length: 25 }, (_, index) => evidenceOf(7.25, { count: index + 1 }));
      await written(opened, { transitions, evidence }, 200);
      const seqs = (await allOf((query) => opened.journal.transitions(query), { ...DB, limit: 4 })).map(
        ({ seq }) => seq,
      );
      expect(seqs).toEqual([200, ...transitions.map(({ seq }) => seq).reverse()]);
      const counts = (await allOf((query) => opened.journal.evidence(query), { ...DB, limit: 5 })).map(
        ({ count }) => count,
      );
      expect(counts).toEqual(evidence.map(({ count }) => count).reverse());
    });

    it('has no cursor on a page that is just full', async () => {
      const opened = await open();
      await written(opened, { transitions: [transitionOf(1)] }, 2);
      expect((await opened.journal.transitions({ ...DB, limit: 2 })).cursor).toBeUndefined();
    });

    it.each(['', 'x', '1', '1_', '-1_5', '1e9_5', '1_5; DROP TABLE evidence', '9'.repeat(30)])(
      'refuses the cursor %j',
      async (cursor) => {
        const { journal } = await open();
        const refusal = await journal.transitions({ ...DB, cursor }).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(PanoramaError);
        expect((refusal as PanoramaError).code).toBe('PANO_QUERY_INVALID');
      },
    );

    it('gives evidence back as it was, with its trace or without', async () => {
      const opened = await open();
      const bare = evidenceOf(2, { observer: 'quote’"; --' });
      const full = evidenceOf(3, {
        traceId: 'f'.repeat(32),
        spanId: 'e'.repeat(16),
        errorType: 'E',
        message: 'm\n\u0000',
        count: 7,
      });
      await written(opened, { evidence: [bare, full] }, 4);
      expect((await opened.journal.evidence(DB)).items).toEqual([full, bare]);
    });

    it('says how it is', async () => {
      const opened = await open();
      await written(opened, {}, 1);
      expect(opened.journal.status()).toMatchObject({
        state: 'ok',
        lagging: false,
        waiting: 0,
        lost: { transitions: 0, evidence: 0, views: 0 },
        lastError: undefined,
      });
    });

    it('takes a verdict that names thousands', async () => {
      const opened = await open();
      const observersAgainst = Array.from({ length: 20_000 }, (_, index) => `web/${index}`);
      await written(opened, { transitions: [transitionOf(1, { verdict: { observersAgainst } })] }, 2);
      expect((await opened.journal.transitions(DB)).items[1]?.verdict).toEqual(verdictOf({ observersAgainst }));
    });

    it('takes views, also those that are gone already, and copies them', async () => {
      const opened = await open();
      const view = viewOf('web/1', 5);
      opened.journal.write({ views: [view], gone: [viewOf('web/9', 5)] });
      view.cells.fill(0);
      await written(opened, { gone: [view] }, 1);
      expect(opened.journal.status().lost.views).toBe(0);
    });

    it('does nothing after it was closed, and closes twice', async () => {
      const { journal } = await open();
      await journal.close();
      journal.write({ transitions: [transitionOf(1)] });
      await journal.close();
      expect(journal.status().waiting).toBe(0);
    });
  });
}
