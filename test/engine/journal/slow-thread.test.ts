// SPDX-License-Identifier: Apache-2.0
/** A disk that does not answer, and a thread that ends, hold up nobody who reads transitions. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JournalProgress } from '../../../src/engine/journal/journal.js';
import { SqliteJournal } from '../../../src/engine/journal/sqlite-journal.js';
import { FakeClock } from '../../support/fake-clock.js';
import { until } from '../../support/until.js';
import { transitionOf } from '../../support/verdicts.js';

const QUESTION = { subject: 'db', limit: 1 };

async function begun() {
  const clock = new FakeClock();
  const faults: string[] = [];
  const mended: unknown[] = [];
  const { journal } = await SqliteJournal.open({
    path: 'nothing is written',
    layout: '',
    clock,
    program: new URL('./fixtures/slow-thread.mjs', import.meta.url),
    onFault: ({ code }) => faults.push(code),
    onMended: (lost) => mended.push(lost),
  });
  onTestFinished(() => journal.close());
  let progress: JournalProgress = { durableSeq: 0, tellableSeq: 0 };
  journal.onProgress((told) => {
    progress = told;
  });
  return { clock, journal, faults, mended, progress: () => progress };
}

describe('a thread that does not answer', () => {
  it('is waited for for two seconds, then transitions are told without it, and it is said once', async () => {
    const { clock, journal, faults, mended, progress } = await begun();
    journal.write({ transitions: [transitionOf(1)] });
    clock.advance(2009);
    expect(progress()).toEqual({ durableSeq: 0, tellableSeq: 0 });
    clock.advance(1);
    expect(progress()).toEqual({ durableSeq: 0, tellableSeq: 1 });
    journal.write({ transitions: [transitionOf(2)] });
    clock.advance(60_000);
    expect(progress()).toEqual({ durableSeq: 0, tellableSeq: 2 });
    expect(faults).toEqual(['PANO_HISTORY_BEHIND']);
    expect(journal.status()).toMatchObject({ state: 'failing', waiting: 2 });
    await journal.transitions(QUESTION);
    expect(progress()).toEqual({ durableSeq: 1, tellableSeq: 2 });
    expect(mended).toHaveLength(1);
    clock.advance(10);
    await journal.transitions(QUESTION);
    expect(progress()).toEqual({ durableSeq: 2, tellableSeq: 2 });
    expect(journal.status()).toMatchObject({ state: 'ok', waiting: 0 });
  });

  it('is not waited for when the engine closes', async () => {
    const { clock, journal } = await begun();
    journal.write({ transitions: [transitionOf(1)] });
    clock.advance(2010);
    await journal.close();
    expect(journal.status()).toMatchObject({ waiting: 0, lost: { transitions: 1 } });
  });
});

describe('a thread that ends', () => {
  it('is started again, and given again what it had not written', async () => {
    const { clock, journal, faults, mended, progress } = await begun();
    journal.write({ transitions: [transitionOf(1)] });
    clock.advance(10);
    await expect(journal.evidence(QUESTION)).rejects.toMatchObject({ code: 'PANO_HISTORY_BEHIND' });
    expect(progress()).toEqual({ durableSeq: 0, tellableSeq: 1 });
    await expect(journal.transitions(QUESTION)).rejects.toMatchObject({ code: 'PANO_HISTORY_BEHIND' });
    clock.advance(250);
    await until('the new thread to have it written', async () => {
      await journal.transitions(QUESTION).catch(() => undefined);
      return mended.length > 0 ? true : undefined;
    });
    expect(progress()).toEqual({ durableSeq: 1, tellableSeq: 1 });
    expect(faults).toEqual(['PANO_HISTORY_BEHIND']);
  });
});
