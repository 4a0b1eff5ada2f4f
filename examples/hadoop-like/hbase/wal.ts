// SPDX-License-Identifier: Apache-2.0
/**
 * The write-ahead log of a region server. An edit is acknowledged when it is in the store below; edits that come in while
 * a sync is on its way go together in the next one (group commit). Each sync is a file of its own here: a piece of the log.
 */
import { resumeTogether, type Stored, storeWith } from 'panorama-otel/baggage';
import { Executor } from '../node/executor.js';
import type { FileStore, StoredFile } from './file-system.js';
import type { Edit } from './table.js';

/** A log is closed and a new one begun at this length; HBase's is 95 % of a block of HDFS. */
const LOG_LENGTH_MAX = 32 * 1024;

/** What each log begins with: its first sync brings it. */
const MAGIC = 'PWAL\n';

/** One log. It has no bytes, not even its magic, until the first sync. */
export interface WalFile {
  readonly name: string;
  readonly pieces: readonly StoredFile[];
}

interface OpenFile extends WalFile {
  readonly pieces: StoredFile[];
  length: number;
}

interface Append {
  readonly edits: readonly Edit[];
  readonly synced: () => void;
  readonly failed: (error: unknown) => void;
}

export class Wal {
  readonly #store: FileStore;
  readonly #onNewFile: (file: WalFile) => void;
  /** Syncs and rolls, one after the other, so that no sync's piece comes into a log that is closed. */
  readonly #syncRunner = new Executor<() => Promise<void> | void>(1, async (step) => step());
  #appends: Stored<Append>[] = [];
  #fileCount = 0;
  #file: OpenFile;

  /** @param onNewFile told of each log when it is begun; replication lines it up */
  constructor(store: FileStore, onNewFile: (file: WalFile) => void) {
    this.#store = store;
    this.#onNewFile = onNewFile;
    this.#file = this.#begin();
  }

  /** Resolves when the edits are in the store. */
  append(edits: readonly Edit[]): Promise<void> {
    return new Promise((synced, failed) => {
      this.#appends.push(storeWith({ edits, synced, failed }));
      this.#syncRunner.submit(() => this.#sync());
    });
  }

  /**
   * Closes the log and begins another.
   *
   * @param force also where the log has no edit yet. As its magic comes with the first sync only, it then stays empty
   */
  rollWriter(force = false): Promise<void> {
    return new Promise((rolled) => {
      this.#syncRunner.submit(() => {
        if (force || this.#file.length > 0) this.#file = this.#begin();
        rolled();
      });
    });
  }

  async #sync(): Promise<void> {
    const batch = this.#appends;
    this.#appends = [];
    if (batch.length === 0) return;
    const appends = batch.map(({ item }) => item);
    const file = this.#file;
    const bytes = walBytes(
      appends.flatMap(({ edits }) => edits),
      file.length === 0,
    );
    try {
      file.pieces.push(await resumeTogether(batch, () => this.#store.write(bytes)));
    } catch (error) {
      for (const { failed } of appends) failed(error);
      return;
    }
    file.length += bytes.length;
    for (const { synced } of appends) synced();
    if (file.length >= LOG_LENGTH_MAX) this.#file = this.#begin();
  }

  #begin(): OpenFile {
    const file: OpenFile = { name: `wal.${this.#fileCount++}`, pieces: [], length: 0 };
    this.#onNewFile(file);
    return file;
  }
}

/** Edits as a log's bytes. */
function walBytes(edits: readonly Edit[], isFirst: boolean): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode((isFirst ? MAGIC : '') + edits.map((edit) => `${JSON.stringify(edit)}\n`).join(''));
}

/** The edits of a piece of a log. */
export function editsOf(bytes: Buffer): readonly Edit[] {
  const lines = bytes.toString('utf8').split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Edit);
}
