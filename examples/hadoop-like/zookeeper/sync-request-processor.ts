// SPDX-License-Identifier: Apache-2.0
/**
 * `SyncRequestProcessor`: the one thread that writes transactions to the log. All that came in while the disk was busy are
 * one batch and one `fsync`. Nothing is proposed by a leader, or acknowledged by a follower, before it is in its log.
 *
 * A disk that refuses a batch is the end of the thread (a “severe unrecoverable error”): what is not logged cannot be answered, and
 * nobody knows how much of it is on the disk. Its queue takes on and on.
 */
import { Executor } from '../node/executor.js';
import type { DataTree, Snapshot, Transaction } from './data-tree.js';
import type { TxnLog } from './txn-log.js';

interface Waiting {
  readonly transactions: readonly Transaction[];
  readonly logged: () => void;
}

/** What it needs of a transaction log. */
export type Log = Pick<TxnLog, 'append' | 'isLong' | 'purge' | 'replace'>;

export class SyncRequestProcessor {
  readonly #log: Log;
  readonly #tree: DataTree;
  readonly #thread: Executor<() => Promise<void>>;
  #waiting: Waiting[] = [];
  #inHand: Promise<void> = Promise.resolve();

  /** @param tree what is written down when the log has become long */
  constructor(log: Log, tree: DataTree) {
    this.#log = log;
    this.#tree = tree;
    this.#thread = new Executor(1, (work) => {
      this.#inHand = work();
      return this.#inHand;
    });
  }

  /** Logs transactions, after all that came before them. Resolves when they are on the disk; never, where it refuses them. */
  log(transactions: readonly Transaction[]): Promise<void> {
    return new Promise((logged) => {
      this.#waiting.push({ transactions, logged });
      this.#thread.submit(() => this.#flush());
    });
  }

  /** Puts another server's snapshot in place of all that was logged before. */
  replace(snapshot: Snapshot): Promise<void> {
    return new Promise((done, failed) => {
      this.#thread.submit(() => this.#log.replace(snapshot).then(done, failed));
    });
  }

  /** Resolves when the batch that the disk has in hand, if any, is over, whatever has become of it. */
  inHand(): Promise<void> {
    return this.#inHand.catch(() => {});
  }

  /** A new thread in place of one that died. It begins with what the other had in hand. */
  restart(): void {
    if (this.#thread.workerCount > 0) return;
    this.#thread.startWorker();
    this.#thread.submit(() => this.#flush());
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    try {
      await this.#log.append(batch.flatMap(({ transactions }) => transactions));
    } catch (error) {
      this.#waiting.unshift(...batch);
      throw error;
    }
    for (const { logged } of batch) logged();
    if (this.#log.isLong) await this.#log.purge(this.#tree.snapshot());
  }
}
