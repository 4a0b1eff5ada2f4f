// SPDX-License-Identifier: Apache-2.0
/**
 * The logs that are still to be shipped to the peer cluster, oldest first, as one stream of blocks. The last log is the
 * one that is being written; the reader follows it as far as it is synced, and goes on to the next when there is one.
 */
import type { StoredBlock } from './dfs-client.js';
import type { WalFile } from './wal.js';

/** The end of a log came before its magic. */
export class WalHeaderEofError extends Error {}

export class WalEntryStream {
  readonly #queue: WalFile[] = [];
  /** Blocks of the first log that have been shipped. */
  #position = 0;

  /** Logs in the queue, the one being written included (HBase's metric `sizeOfLogQueue`). */
  get queueLength(): number {
    return this.#queue.length;
  }

  /** Blocks that wait to be shipped. */
  get waitingCount(): number {
    return this.#queue.reduce((sum, { blocks }) => sum + blocks.length, -this.#position);
  }

  enqueue(file: WalFile): void {
    this.#queue.push(file);
  }

  /**
   * The next block to ship; `undefined` where all that is synced has been shipped.
   *
   * @throws WalHeaderEofError where the log at the head is closed and has no magic. It stays at the head: its file might
   *   still grow, for all the reader knows
   */
  peek(): StoredBlock | undefined {
    for (let [head, next] = this.#queue; head; [head, next] = this.#queue) {
      const block = head.blocks[this.#position];
      if (block || !next) return block;
      if (head.blocks.length === 0) throw new WalHeaderEofError(`EOF while reading the magic of ${head.name}`);
      this.#queue.shift();
      this.#position = 0;
    }
    return undefined;
  }

  /** The block that `peek` gave has been shipped. */
  advance(): void {
    this.#position++;
  }

  /** What an operator does who finds an empty log in the queue: takes it out. */
  removeEmpty(): void {
    const kept = this.#queue.filter((file, at) => file.blocks.length > 0 || at === this.#queue.length - 1);
    this.#queue.splice(0, this.#queue.length, ...kept);
  }
}
