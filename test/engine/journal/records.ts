// SPDX-License-Identifier: Apache-2.0
/** Records for journals, and journals in files of their own that go with the test. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type {
  JournalBatch,
  JournalProgress,
  NegativeEvidence,
  OpenedJournal,
  ViewRecord,
} from '../../../src/engine/journal/journal.js';
import { SqliteJournal, type SqliteJournalOptions } from '../../../src/engine/journal/sqlite-journal.js';
import { HealthStatus } from '../../../src/model/status.js';
import { transitionOf } from '../../support/verdicts.js';

/** The built program: a thread knows no TypeScript. */
export const PROGRAM = new URL('../../../dist/engine/journal/sqlite-worker.js', import.meta.url);

export const LAYOUT = 'test/1/3';

/** The records of most tests are from 1970. */
const FOREVER_MS = 1e14;

/** Whether SQLite is there. Under CI it has to be, so that no test is skipped in silence. */
export const HAS_SQLITE = process.env.CI !== undefined || isInstalled('better-sqlite3');

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    process.stderr.write(`${name} is not installed, so the tests of the history's file are skipped\n`);
    return false;
  }
}

/** A folder that is removed when the test ends. */
export function freshFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'panorama-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens a journal that is closed when the test ends. */
export async function openSqlite(options: Partial<SqliteJournalOptions> = {}): Promise<OpenedJournal> {
  const file = options.path ?? path.join(freshFolder(), 'history.db');
  const opened = await SqliteJournal.open({
    layout: LAYOUT,
    program: PROGRAM,
    ageMaxMs: FOREVER_MS,
    ...options,
    path: file,
  });
  onTestFinished(() => opened.journal.close());
  return opened;
}

export function evidenceOf(atMs: number, given: Partial<NegativeEvidence> = {}): NegativeEvidence {
  return {
    environment: '',
    subject: 'db',
    observer: 'web/1',
    operation: 'SELECT',
    status: HealthStatus.UNHEALTHY,
    reason: 'timeout',
    count: 1,
    atMs,
    ...given,
  };
}

export function viewOf(
  observer: string,
  lastMs: number,
  cells: readonly number[] = [1, -0.5, Number.MAX_VALUE],
): ViewRecord {
  return {
    environment: '',
    subject: 'db',
    resolution: 'service',
    observer,
    operation: 'SELECT',
    source: 'caller',
    lastMs,
    cells: Float64Array.from(cells),
  };
}

/** Writes, and waits until what was written survives. */
export async function written({ journal }: OpenedJournal, batch: JournalBatch, seq: number): Promise<void> {
  await new Promise<void>((resolve) => {
    journal.onProgress(({ durableSeq }: JournalProgress) => {
      if (durableSeq >= seq) resolve();
    });
    journal.write({ ...batch, transitions: [...(batch.transitions ?? []), transitionOf(seq)] });
  });
}
