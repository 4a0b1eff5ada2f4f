// SPDX-License-Identifier: Apache-2.0
/**
 * The history's tables, one numbered step after the other. `user_version` says how far a file has come; a step and its
 * number are one transaction, so that a file is never between two versions. A file that is further than we know is left
 * alone: an older engine would write rows that a newer one misreads.
 */
import type Sqlite from 'better-sqlite3';
import { PanoramaError } from '../../model/errors.js';

/** Step `n` (from 1) brings a file from version `n - 1` to `n`. Steps that were released are never changed. */
export const MIGRATIONS: readonly string[] = [
  // Times have fractions. A transition's row is found by its number, or by subject and time; `verdicts` has the last word
  // on every subject apart, so that neither age nor size takes it, and recovery need not look for it.
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE transitions (
     seq INTEGER PRIMARY KEY,
     at_ms REAL NOT NULL,
     environment TEXT NOT NULL,
     subject TEXT NOT NULL,
     body TEXT NOT NULL
   );
   CREATE INDEX transitions_of_subject ON transitions (subject, at_ms);
   CREATE TABLE verdicts (
     environment TEXT NOT NULL,
     subject TEXT NOT NULL,
     seq INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (subject, environment)
   );
   CREATE TABLE evidence (
     id INTEGER PRIMARY KEY,
     at_ms REAL NOT NULL,
     environment TEXT NOT NULL,
     subject TEXT NOT NULL,
     observer TEXT NOT NULL,
     operation TEXT NOT NULL,
     status INTEGER NOT NULL,
     reason TEXT NOT NULL,
     count INTEGER NOT NULL,
     trace_id TEXT,
     span_id TEXT,
     error_type TEXT,
     message TEXT
   );
   CREATE INDEX evidence_of_subject ON evidence (subject, at_ms);
   CREATE TABLE views (
     environment TEXT NOT NULL,
     subject TEXT NOT NULL,
     observer TEXT NOT NULL,
     operation TEXT NOT NULL,
     source TEXT NOT NULL,
     resolution TEXT NOT NULL,
     last_ms REAL NOT NULL,
     cells BLOB NOT NULL,
     PRIMARY KEY (subject, observer, operation, source, environment)
   ) WITHOUT ROWID;`,
  // What happened to anybody at a time.
  `CREATE INDEX transitions_by_time ON transitions (at_ms);
   CREATE INDEX evidence_by_time ON evidence (at_ms);`,
];

/**
 * Brings a file to the newest version.
 *
 * @param steps all of them, whatever version the file has
 * @throws PanoramaError PANO_HISTORY_NEWER
 */
export function migrate(database: Sqlite.Database, path: string, steps: readonly string[] = MIGRATIONS): void {
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > steps.length) {
    throw new PanoramaError(
      'PANO_HISTORY_NEWER',
      `the history ${path} has version ${version} and this engine knows versions up to ${steps.length}; run the newer engine, or give another file`,
    );
  }
  for (let next = version + 1; next <= steps.length; next++) {
    database.transaction(() => {
      database.exec(steps[next - 1] as string);
      database.pragma(`user_version = ${next}`);
    })();
  }
}
