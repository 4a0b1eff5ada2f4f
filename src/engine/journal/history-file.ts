// SPDX-License-Identifier: Apache-2.0
/**
 * The history's file: a SQLite database, opened by one engine at a time and written in whole batches. It runs in a thread
 * of its own (`sqlite-worker.ts`), where waiting for a disk harms nobody.
 *
 * The write-ahead log makes a commit one append, and it is in the kernel's hands when `write` returns: it survives
 * whatever happens to the process. `synchronous=NORMAL` waits for the disk at checkpoints only, so that a machine that
 * loses its power may lose the last seconds, and never the file.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { PanoramaError } from '../../model/errors.js';
import type { Transition } from '../../model/verdict.js';
import { HistoryReads, type RecoveryOptions } from './history-reads.js';
import { HistoryWrites } from './history-writes.js';
import type { HistoryPage, HistoryQuery, NegativeEvidence, Recovered } from './journal.js';
import { migrate } from './migrations.js';
import { Retention, type RetentionOptions } from './retention.js';
import { historyFault } from './sqlite-faults.js';
import type { RecordSlice } from './waiting-records.js';

export interface HistoryFileOptions extends RetentionOptions, RecoveryOptions {
  readonly path: string;
}

/** `PANO` in ASCII: whose file it is, by `PRAGMA application_id`. */
const APPLICATION_ID = 0x50_41_4e_4f;

/** Bytes that the write-ahead log keeps on the disk after it has grown in a large batch. */
const LOG_BYTES_KEPT = 16_777_216;

export class HistoryFile {
  readonly #options: HistoryFileOptions;
  readonly #database: Sqlite.Database;
  readonly #inode: number;
  readonly #reads: HistoryReads;
  readonly #writes: HistoryWrites;
  readonly #retention: Retention;

  private constructor(database: Sqlite.Database, options: HistoryFileOptions) {
    this.#options = options;
    this.#database = database;
    this.#inode = statSync(options.path).ino;
    this.#reads = new HistoryReads(database, options);
    this.#writes = new HistoryWrites(database);
    this.#retention = new Retention(database, options);
  }

  /**
   * Opens the file, or makes it, and locks it until it is closed or the process ends, however that is.
   *
   * @throws PanoramaError with a `PANO_HISTORY_…` code
   */
  static open(driver: typeof Sqlite, options: HistoryFileOptions): HistoryFile {
    let database: Sqlite.Database | undefined;
    try {
      database = openDatabase(driver, options.path);
      return new HistoryFile(database, options);
    } catch (thrown) {
      database?.close();
      throw historyFault(thrown, options.path);
    }
  }

  /** What an engine that starts must know. Costs the same however long the history is. */
  recover(): Recovered {
    return this.#reads.recover();
  }

  /** Takes away the views that were not recovered: the engine has forgotten them, and will never say so. */
  forgetViewsBut(recovered: Recovered): void {
    this.#writes.forgetViewsBut(recovered.views, this.#options.layout);
  }

  /** Writes everything or nothing. */
  write(records: RecordSlice): void {
    this.#requireSameFile();
    this.#writes.write(records);
  }

  /** One slice of what is due to be forgotten. Returns whether there is more. */
  retain(nowMs: number, rowCountMax: number): boolean {
    return this.#retention.step(nowMs, rowCountMax);
  }

  transitions(query: HistoryQuery): HistoryPage<Transition> {
    return this.#reads.transitions(query);
  }

  evidence(query: HistoryQuery): HistoryPage<NegativeEvidence> {
    return this.#reads.evidence(query);
  }

  close(): void {
    this.#database.close();
  }

  /** A file that was removed takes writes for as long as it is open, and all of them are lost. */
  #requireSameFile(): void {
    const { path } = this.#options;
    if (statSync(path, { throwIfNoEntry: false })?.ino === this.#inode) return;
    throw new PanoramaError(
      'PANO_HISTORY_BROKEN',
      `the history ${path} was removed or replaced while the engine wrote it; what it held is gone, and another is begun there`,
    );
  }
}

function openDatabase(driver: typeof Sqlite, path: string): Sqlite.Database {
  const folder = dirname(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new PanoramaError('PANO_HISTORY_UNWRITABLE', `the history ${path} has no folder ${folder}; make it first`);
  }
  const database = new driver(path, { timeout: 0 });
  try {
    // First of all, so that the log's index lies in our memory, and nobody else gets in.
    database.pragma('locking_mode = EXCLUSIVE');
    requireOurs(database, path);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma(`journal_size_limit = ${LOG_BYTES_KEPT}`);
    migrate(database, path);
    // Shows that it can be written, before an engine relies on it.
    database.prepare(`INSERT OR REPLACE INTO meta VALUES ('writable', 'yes')`).run();
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** Nothing of others is written into: the file is ours by its mark, or has nothing in it. */
function requireOurs(database: Sqlite.Database, path: string): void {
  if (database.pragma('application_id', { simple: true }) === APPLICATION_ID) return;
  if (database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() !== 0) {
    throw new PanoramaError(
      'PANO_HISTORY_BROKEN',
      `${path} is a database of some other program; give another file for the history`,
    );
  }
  // To be set before the first table, or it is not set at all.
  database.pragma('auto_vacuum = INCREMENTAL');
  database.pragma(`application_id = ${APPLICATION_ID}`);
}
