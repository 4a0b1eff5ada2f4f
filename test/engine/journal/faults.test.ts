// SPDX-License-Identifier: Apache-2.0
/** What can be wrong with a history's file, at the start and later: a clear error each time, and nobody is kept waiting. */
import { execFile } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { JournalProgress } from '../../../src/engine/journal/journal.js';
import { PanoramaError } from '../../../src/model/errors.js';
import { ROOT } from '../../support/imports.js';
import { until } from '../../support/until.js';
import { transitionOf } from '../../support/verdicts.js';
import { evidenceOf, freshFolder, HAS_SQLITE, openSqlite, viewOf, written } from './records.js';

const FULL_DISK = fileURLToPath(new URL('./fixtures/full-disk.mjs', import.meta.url));

/** A database as somebody else makes it. */
function databaseAt(file: string, sql: string): void {
  const driver = createRequire(import.meta.url)('better-sqlite3') as typeof Sqlite;
  const database = new driver(file);
  database.exec(sql);
  database.close();
}

async function refusalOf(file: string): Promise<PanoramaError> {
  const refusal = await openSqlite({ path: file }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(PanoramaError);
  return refusal as PanoramaError;
}

const fileIn = (folder: string) => path.join(folder, 'history.db');

describe.skipIf(!HAS_SQLITE)('a file that cannot be opened is refused, and left as it is:', () => {
  it('a folder that is not there', async () => {
    const { code, message } = await refusalOf(path.join(freshFolder(), 'nowhere', 'history.db'));
    expect(code).toBe('PANO_HISTORY_UNWRITABLE');
    expect(message).toContain('nowhere');
  });

  it('a folder in its place', async () => {
    const file = fileIn(freshFolder());
    mkdirSync(file);
    expect((await refusalOf(file)).code).toBe('PANO_HISTORY_UNWRITABLE');
  });

  it('text', async () => {
    const file = fileIn(freshFolder());
    writeFileSync(file, 'dear diary\n'.repeat(1000));
    const { code, message } = await refusalOf(file);
    expect(code).toBe('PANO_HISTORY_BROKEN');
    expect(message).toContain('move the file away');
    expect(readFileSync(file, 'utf8')).toBe('dear diary\n'.repeat(1000));
  });

  it('a database of another program', async () => {
    const file = fileIn(freshFolder());
    databaseAt(file, 'CREATE TABLE recipes (name TEXT)');
    const before = readFileSync(file);
    const { code, message } = await refusalOf(file);
    expect(code).toBe('PANO_HISTORY_BROKEN');
    expect(message).toContain('some other program');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('a history of a newer version', async () => {
    const file = fileIn(freshFolder());
    await (await openSqlite({ path: file })).journal.close();
    databaseAt(file, 'PRAGMA user_version = 9');
    const { code, message } = await refusalOf(file);
    expect(code).toBe('PANO_HISTORY_NEWER');
    expect(message).toMatch(/version 9 .* up to 2;/);
  });

  it('a history that another engine writes', async () => {
    const { journal } = await openSqlite();
    const { code, message } = await refusalOf(journal.status().path as string);
    expect(code).toBe('PANO_HISTORY_LOCKED');
    expect(message).toContain('another process');
  });

  it('a history with a hole in it', async () => {
    const opened = await openSqlite();
    const file = opened.journal.status().path as string;
    const transitions = Array.from({ length: 150 }, (_, index) => transitionOf(index + 1));
    await written(opened, { transitions }, 1000);
    await opened.journal.close();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xee, 4096, bytes.length));
    expect((await refusalOf(file)).code).toBe('PANO_HISTORY_BROKEN');
  });
});

describe.skipIf(!HAS_SQLITE)('a file that goes bad while it is written', () => {
  /** A journal with one transition in it, and what it says of itself from then on. */
  async function begun() {
    const faults: PanoramaError[] = [];
    const mended: unknown[] = [];
    const opened = await openSqlite({ onFault: (fault) => faults.push(fault), onMended: (lost) => mended.push(lost) });
    await written(opened, {}, 1);
    let progress: JournalProgress = { durableSeq: 1, tellableSeq: 1 };
    opened.journal.onProgress((told) => {
      progress = told;
    });
    const { journal } = opened;
    const file = journal.status().path as string;
    return { journal, file, faults, mended, progress: () => progress };
  }

  it('by being removed is said, and begun anew where it was', async () => {
    const { journal, file, faults, mended, progress } = await begun();
    for (const suffix of ['', '-wal']) rmSync(file + suffix, { force: true });
    journal.write({ transitions: [transitionOf(2)], views: [viewOf('web/1', 2)] });
    await until('the journal to be mended', () => (mended.length > 0 ? true : undefined));
    expect(faults.map(({ code, message }) => [code, message])).toEqual([
      ['PANO_HISTORY_BROKEN', expect.stringContaining('removed or replaced')],
    ]);
    expect(progress()).toEqual({ durableSeq: 2, tellableSeq: 2 });
    expect(statSync(file).size).toBeGreaterThan(0);
    await journal.close();
    const { recovered } = await openSqlite({ path: file });
    expect(recovered.transitions.map(({ seq }) => seq)).toEqual([2]);
    expect(recovered.views).toHaveLength(1);
  });

  it('by being overwritten is said once, judged without, and mended once it is moved away', async () => {
    const { journal, file, faults, mended, progress } = await begun();
    rmSync(file);
    rmSync(`${file}-wal`, { force: true });
    writeFileSync(file, 'not what it was\n'.repeat(1000));
    for (let seq = 2; seq <= 5; seq++) journal.write({ transitions: [transitionOf(seq)], evidence: [evidenceOf(seq)] });
    await until('a second attempt to fail', () =>
      /not a database/.test(journal.status().lastError?.message ?? '') ? true : undefined,
    );
    expect(journal.status()).toMatchObject({ state: 'failing', lagging: true });
    expect(progress()).toEqual({ durableSeq: 1, tellableSeq: 5 });
    journal.write({ transitions: [transitionOf(6)] });
    expect(progress()).toEqual({ durableSeq: 1, tellableSeq: 6 });
    expect(faults.map(({ code }) => code)).toEqual(['PANO_HISTORY_BROKEN']);
    await expect(journal.transitions({ subject: 'db', limit: 1 })).rejects.toMatchObject({
      code: 'PANO_HISTORY_BROKEN',
    });
    rmSync(file);
    await until('the journal to be mended', () => (mended.length > 0 ? true : undefined));
    await until('all to be written', () => (progress().durableSeq === 6 ? true : undefined));
    expect(mended).toEqual([{ transitions: 0, evidence: 0, views: 0 }]);
    expect(faults).toHaveLength(1);
    expect((await journal.transitions({ subject: 'db', limit: 10 })).items.map(({ seq }) => seq)).toEqual([
      6, 5, 4, 3, 2,
    ]);
  });

  it('by damage in its midst is said when that is met, and mended once it is moved away', async () => {
    const first = await openSqlite();
    const file = first.journal.status().path as string;
    const subjects = Array.from({ length: 2000 }, (_, index) => `s${index}`);
    await written(first, { evidence: subjects.map((subject, index) => evidenceOf(index, { subject })) }, 1);
    await first.journal.close();
    const faults: PanoramaError[] = [];
    const mended: unknown[] = [];
    const { journal } = await openSqlite({
      path: file,
      onFault: (fault) => faults.push(fault),
      onMended: (lost) => mended.push(lost),
    });
    const { size } = statSync(file);
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(size - 4096, 0xee), 0, size - 4096, 4096);
    closeSync(handle);
    journal.write({ evidence: subjects.map((subject) => evidenceOf(5000, { subject })) });
    await until('the damage to be noticed', () => (faults.length > 0 ? true : undefined));
    expect(faults.map(({ code }) => code)).toEqual(['PANO_HISTORY_BROKEN']);
    renameSync(file, `${file}.broken`);
    rmSync(`${file}-wal`, { force: true });
    await until('the journal to be mended', () => (mended.length > 0 ? true : undefined));
    expect((await journal.evidence({ subject: 's7', limit: 10 })).items.map(({ atMs }) => atMs)).toEqual([5000]);
  });

  it('counts what no longer fits while it waits, and the newest are kept', async () => {
    const { journal, file, mended, progress } = await begun();
    rmSync(file);
    writeFileSync(file, 'not what it was\n'.repeat(1000));
    for (let seq = 2; seq <= 5001; seq++) journal.write({ transitions: [transitionOf(seq)] });
    expect(journal.status()).toMatchObject({ lost: { transitions: 3000 }, waiting: 2000 });
    await until('the fault', () => (journal.status().state === 'failing' ? true : undefined));
    rmSync(file);
    await until('the rest to be written', () => (progress().durableSeq === 5001 ? true : undefined));
    expect(mended).toHaveLength(1);
    expect(journal.status()).toMatchObject({ lost: { transitions: 3000 }, waiting: 0, state: 'ok' });
    expect((await journal.transitions({ subject: 'db', limit: 1000, untilMs: 3500 })).items.at(-1)?.seq).toBe(3002);
  });

  it('by a full disk is said once, read all the same, and written again when there is room', async () => {
    const folder = freshFolder();
    const run = promisify(execFile);
    // A file system of its own, in a namespace of its own: it is gone with the process.
    const script = 'mount -t tmpfs -o size=3m tmpfs "$1" && exec "$2" "$3" "$1"';
    const shell = ['sh', '-c', script, 'sh', folder, process.execPath, FULL_DISK];
    const { stdout } = await run('unshare', ['--user', '--map-root-user', '--mount', ...shell]);
    const { full, readable, mended, mendedCount, faults } = JSON.parse(stdout);
    expect(faults).toEqual([{ code: 'PANO_HISTORY_FULL', message: expect.stringContaining('finds no room') }]);
    expect(full.status).toMatchObject({ state: 'failing', lagging: true, lastError: { code: 'PANO_HISTORY_FULL' } });
    expect(full.progress.tellableSeq).toBe(full.seq);
    expect(full.progress.durableSeq).toBeLessThan(full.seq - 50);
    expect(readable).toBe(1);
    expect(mendedCount).toBe(1);
    expect(mended.progress).toEqual({ durableSeq: mended.seq, tellableSeq: mended.seq });
    expect(mended.status).toMatchObject({ state: 'ok', waiting: 0, lost: { transitions: 0 } });
  });
});

describe('a journal without its driver', () => {
  it('says which package to install', async () => {
    const folder = freshFolder();
    // The built program where no packages are, as on a machine where this one could not be built.
    for (const room of ['model', 'engine/journal']) {
      cpSync(path.join(ROOT, 'dist', room), path.join(folder, room), { recursive: true });
    }
    const script = path.join(folder, 'open.mjs');
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(
      script,
      `import { SqliteJournal } from './engine/journal/sqlite-journal.js';
       await SqliteJournal.open({ path: 'history.db', layout: '' }).catch((error) => console.log(error.code, error.message));`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: folder });
    expect(stdout).toMatch(/^PANO_HISTORY_DRIVER .*npm install better-sqlite3/);
  });
});
