// SPDX-License-Identifier: Apache-2.0
/**
 * The logs that are still to be shipped to the peer cluster, oldest first, as one stream of pieces. The last log is the
 * one that is being written; the reader follows it as far as it is synced, and goes on to the next when there is one.
 */
import type { StoredFile } from './file-system.js';
import type { WalFile } from './wal.js';

/** The end of a log came before its magic. */
export class WalHeaderEofError extends Error {}

export class WalEntryStream {
  readonly #queue: WalFile[] = [];
  /** Pieces of the first log that have been shipped. */
  #position = 0;

  /** Logs in the queue, the one being written included (HBase's metric `sizeOfLogQueue`). */
  get queueLength(): number {
    return this.#queue.length;
  }

  /** Pieces that wait to be shipped. */
  get waitingCount(): number {
    return this.#queue.reduce((sum, { pieces }) => sum + pieces.length, -this.#position);
  }

  enqueue(file: WalFile): void {
    this.#queue.push(file);
  }

  /**
   * The next piece to ship; `undefined` where all that is synced has been shipped.
   *
   * @throws WalHeaderEofError where the log at the head is closed and has no magic. It stays at the head: its file might
   *   still grow, for all the reader knows
   */
  peek(): StoredFile | undefined {
    for (let [head, next] = this.#queue; head; [head, next] = this.#queue) {
      const piece = head.pieces[this.#position];
      if (piece || !next) return piece;
      if (head.pieces.length === 0) throw new WalHeaderEofError(`EOF while reading the magic of ${head.name}`);
      this.#queue.shift();
      this.#position = 0;
    }
    return undefined;
  }

  /** The piece that `peek` gave has been shipped. */
  advance(): void {
    this.#position++;
  }

  /** What an operator does who finds an empty log in the queue: takes it out. */
  removeEmpty(): void {
    const kept = this.#queue.filter((file, at) => file.pieces.length > 0 || at === this.#queue.length - 1);
    this.#queue.splice(0, this.#queue.length, ...kept);
  }
}
