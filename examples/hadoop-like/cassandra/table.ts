// SPDX-License-Identifier: Apache-2.0
/**
 * The one table of the store. A write goes to the commit log and into memory; once memory holds enough that was not
 * flushed, all of it is written to a file and the commit log is relieved of it. For that the commit log has to say how
 * far the file reaches; a flush that does not hear it in time has worked for nothing, and the next write tries again,
 * with more in memory than before.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { scaled } from '../node/time-scale.js';
import { CommitLog } from './commit-log.js';
import type { Mutation, Row } from './row.js';
import { encodeSSTable, SSTables } from './sstable.js';

/** Unflushed mutations that begin a flush. */
const FLUSH_AT_COUNT = 32;

/** How long a flush waits for the commit log. */
const POSITION_TIMEOUT_MS = scaled(500);

/** Rows kept in memory to answer reads, as the row cache does; far more than the clients have keys. */
const ROW_COUNT_MAX = 4096;

export class Table {
  readonly commitLog: CommitLog;
  readonly sstables: SSTables;
  readonly #rows = new Map<string, Row>();
  readonly #unflushed: Mutation[] = [];
  #flushing: Promise<void> | undefined;

  private constructor(commitLog: CommitLog, sstables: SSTables) {
    this.commitLog = commitLog;
    this.sstables = sstables;
  }

  /** Opens the table in a node's directory, with what an earlier process left there. */
  static async open(directory: string): Promise<Table> {
    const logDirectory = join(directory, 'commitlog');
    const dataDirectory = join(directory, 'data');
    await mkdir(logDirectory, { recursive: true });
    await mkdir(dataDirectory, { recursive: true });
    const sstables = new SSTables(dataDirectory);
    const logged = await CommitLog.replay(logDirectory);
    const table = new Table(await CommitLog.open(logDirectory), sstables);
    table.addStreamed(await sstables.readAll());
    table.addStreamed(logged);
    table.#unflushed.push(...logged);
    await table.#flush();
    return table;
  }

  /** The rows that are in memory, by key. */
  get rows(): ReadonlyMap<string, Row> {
    return this.#rows;
  }

  /** Writes. Resolves when the write will survive a crash. */
  async apply(mutation: Mutation): Promise<void> {
    if (this.#unflushed.length >= FLUSH_AT_COUNT) this.#startFlush();
    await this.commitLog.add(mutation);
    this.#unflushed.push(mutation);
    this.#keep(mutation);
  }

  /** Takes in rows that are in files already, and so in no need of the commit log. */
  addStreamed(mutations: readonly Mutation[]): void {
    for (const mutation of mutations) this.#keep(mutation);
  }

  #startFlush(): void {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
  }

  async #flush(): Promise<void> {
    const count = this.#unflushed.length;
    const bytes = encodeSSTable(this.#unflushed);
    const position = await Promise.race([this.commitLog.position(), delay(POSITION_TIMEOUT_MS, undefined)]);
    if (position === undefined) return;
    await this.sstables.add(bytes);
    this.#unflushed.splice(0, count);
    await this.commitLog.discardUpTo(position);
  }

  #keep({ key, row }: Mutation): void {
    const known = this.#rows.get(key);
    if (known && known.timestamp >= row.timestamp) return;
    this.#rows.set(key, row);
    if (this.#rows.size > ROW_COUNT_MAX) this.#rows.delete(this.#rows.keys().next().value as string);
  }
}
