// SPDX-License-Identifier: Apache-2.0
/**
 * What the history forgets, oldest first: what is too old, and what is too much. It goes in slices of some hundred rows,
 * a few milliseconds each, so that no write waits long. The room that it leaves is used again, and where the file is
 * larger than it may be, given back to the disk.
 *
 * Evidence comes in floods and would push every transition out, so it goes first for as long as it takes more than half of
 * the room.
 */
import type Sqlite from 'better-sqlite3';

export interface RetentionOptions {
  /** Records older than this go. */
  readonly ageMaxMs: number;
  /** Bytes of the file, without the write-ahead log beside it (some 4 MB). */
  readonly bytesMax: number;
}

/** Pages given back at a time: one MB. */
const PAGES_PER_SLICE = 256;

/** Unused pages are given back past this share of the file, although it is not too large. */
const UNUSED_SHARE_MAX = 0.25;

/** Rows of evidence whose length stands for that of all. */
const SAMPLE_COUNT = 50;

/** Bytes of a row of evidence beside its texts, in the table and in its index. */
const ROW_OVERHEAD_BYTES = 60;

export class Retention {
  readonly #options: RetentionOptions;
  readonly #database: Sqlite.Database;
  readonly #pageBytes: number;
  readonly #tables: readonly [transitions: AgingTable, evidence: AgingTable];
  readonly #sample: Sqlite.Statement;

  constructor(database: Sqlite.Database, options: RetentionOptions) {
    this.#options = options;
    this.#database = database;
    this.#pageBytes = database.pragma('page_size', { simple: true }) as number;
    this.#tables = [agingTable(database, 'transitions', 'seq'), agingTable(database, 'evidence', 'id')];
    this.#sample = database.prepare(
      `SELECT avg(length(environment) + 2 * length(subject) + length(observer) + length(operation) + length(reason)
         + ifnull(length(trace_id), 0) + ifnull(length(span_id), 0) + ifnull(length(error_type), 0)
         + ifnull(length(message), 0)) AS length, min(id) AS first, (SELECT max(id) FROM evidence) AS last
       FROM (SELECT * FROM evidence ORDER BY id LIMIT ${SAMPLE_COUNT})`,
    );
  }

  /** Does one slice of what there is to do. Returns whether there is more. */
  step(nowMs: number, rowCountMax: number): boolean {
    let gone = 0;
    for (const table of this.#tables) {
      const oldestMs = table.oldestMs();
      if (oldestMs === undefined || oldestMs >= nowMs - this.#options.ageMaxMs) continue;
      gone += table.forget(nowMs - this.#options.ageMaxMs, rowCountMax);
    }
    if (this.#usedBytes() > this.#options.bytesMax) {
      const [transitions, evidence] = this.#tables;
      const first = this.#evidenceBytes() > this.#options.bytesMax / 2 ? evidence : transitions;
      const second = first === evidence ? transitions : evidence;
      gone +=
        first.forget(Number.POSITIVE_INFINITY, rowCountMax) || second.forget(Number.POSITIVE_INFINITY, rowCountMax);
    }
    return this.#shrink() || gone > 0;
  }

  /** Bytes of the file that hold something. */
  #usedBytes(): number {
    return (this.#pages() - this.#unusedPages()) * this.#pageBytes;
  }

  #evidenceBytes(): number {
    const { length, first, last } = this.#sample.get() as { length: number; first: number; last: number };
    // Numbers run on and the oldest go first, so there are no gaps.
    return first === null ? 0 : (last - first + 1) * (length + ROW_OVERHEAD_BYTES);
  }

  #shrink(): boolean {
    if (!this.#isTooLarge()) return false;
    const before = this.#unusedPages();
    this.#database.pragma(`incremental_vacuum(${PAGES_PER_SLICE})`);
    if (this.#isTooLarge()) return this.#unusedPages() < before;
    // What was cut off stays on the disk until the log is written into the file.
    this.#database.pragma('wal_checkpoint(PASSIVE)');
    return false;
  }

  /** Whether there are unused pages, and they are to be given back. */
  #isTooLarge(): boolean {
    const [pages, unused] = [this.#pages(), this.#unusedPages()];
    return unused > 0 && (pages * this.#pageBytes > this.#options.bytesMax || unused > pages * UNUSED_SHARE_MAX);
  }

  #pages(): number {
    return this.#database.pragma('page_count', { simple: true }) as number;
  }

  #unusedPages(): number {
    return this.#database.pragma('freelist_count', { simple: true }) as number;
  }
}

/** A table whose rows are numbered in the order in which they came. */
interface AgingTable {
  oldestMs(): number | undefined;
  /** Forgets the oldest rows, if they are from before `beforeMs`. Returns how many. */
  forget(beforeMs: number, rowCountMax: number): number;
}

function agingTable(database: Sqlite.Database, name: string, number: string): AgingTable {
  const oldest = database.prepare(`SELECT at_ms FROM ${name} ORDER BY ${number} LIMIT 1`).pluck();
  const forget = database.prepare(
    `DELETE FROM ${name} WHERE ${number} IN (SELECT ${number} FROM ${name} ORDER BY ${number} LIMIT ?) AND at_ms < ?`,
  );
  return {
    oldestMs: () => oldest.get() as number | undefined,
    forget: (beforeMs, rowCountMax) => forget.run(rowCountMax, beforeMs).changes,
  };
}
