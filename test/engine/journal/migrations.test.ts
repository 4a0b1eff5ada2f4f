// SPDX-License-Identifier: Apache-2.0
/** An older version's file is brought up to date whole or not at all, and a newer version's is left alone. */
import { createRequire } from 'node:module';
import type Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MIGRATIONS, migrate } from '../../../src/engine/journal/migrations.js';
import { HAS_SQLITE } from './records.js';

function emptyDatabase(): Sqlite.Database {
  const driver = createRequire(import.meta.url)('better-sqlite3') as typeof Sqlite;
  const database = new driver(':memory:');
  onTestFinished(() => void database.close());
  return database;
}

const versionOf = (database: Sqlite.Database) => database.pragma('user_version', { simple: true });
const tablesOf = (database: Sqlite.Database) =>
  database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).pluck().all();

describe.skipIf(!HAS_SQLITE)('migrations', () => {
  it('make an empty file one of the newest version', () => {
    const database = emptyDatabase();
    migrate(database, 'file');
    expect(versionOf(database)).toBe(MIGRATIONS.length);
    expect(tablesOf(database)).toEqual(['evidence', 'meta', 'transitions', 'verdicts', 'views']);
  });

  it('take the steps that a file has not taken, in order, and keep what is in it', () => {
    const database = emptyDatabase();
    migrate(database, 'file');
    database.exec(`INSERT INTO meta VALUES ('name', 'kept')`);
    const later = ['ALTER TABLE meta ADD COLUMN note TEXT', `UPDATE meta SET note = 'second'`];
    migrate(database, 'file', [...MIGRATIONS, ...later]);
    expect(versionOf(database)).toBe(MIGRATIONS.length + 2);
    expect(database.prepare('SELECT * FROM meta').all()).toEqual([{ name: 'name', value: 'kept', note: 'second' }]);
    migrate(database, 'file', [...MIGRATIONS, ...later]);
    expect(versionOf(database)).toBe(MIGRATIONS.length + 2);
  });

  it('leave a file at the version before a step that fails, with nothing of it', () => {
    const database = emptyDatabase();
    const steps = [...MIGRATIONS, 'CREATE TABLE half (a TEXT); INSERT INTO nowhere VALUES (1)'];
    expect(() => migrate(database, 'file', steps)).toThrow(/nowhere/);
    expect(versionOf(database)).toBe(MIGRATIONS.length);
    expect(tablesOf(database)).not.toContain('half');
  });

  it('refuse a file that has gone further', () => {
    const database = emptyDatabase();
    database.pragma('user_version = 7');
    expect(() => migrate(database, 'history.db')).toThrow(
      expect.objectContaining({ code: 'PANO_HISTORY_NEWER', message: expect.stringContaining('history.db') }),
    );
    expect(tablesOf(database)).toEqual([]);
  });
});
