// SPDX-License-Identifier: Apache-2.0
/**
 * `SyncRequestProcessor`: the one thread that writes transactions to the log. All that came in while the disk was busy are
 * one batch and one `fsync`. Nothing is proposed by a leader, or acknowledged by a follower, before it is in its log.
 */
import { Executor } from '../node/executor.js';
import type { DataTree, Snapshot, Transaction } from './data-tree.js';
import type { TxnLog } from './txn-log.js';

interface Waiting {
  readonly transactions: readonly Transaction[];
  readonly logged: () => void;
  readonly failed: (error: unknown) => void;
}

export class SyncRequestProcessor {
  readonly #log: TxnLog;
  readonly #tree: DataTree;
  readonly #thread: Executor<() => Promise<void>>;
  #waiting: Waiting[] = [];
  #inHand: Promise<void> = Promise.resolve();

  /** @param tree what is written down when the log has become long */
  constructor(log: TxnLog, tree: DataTree) {
    this.#log = log;
    this.#tree = tree;
    this.#thread = new Executor(1, (work) => {
      this.#inHand = work();
      return this.#inHand;
    });
  }

  /**
   * Logs transactions, after all that came before them.
   *
   * @throws Error of the disk
   */
  log(transactions: readonly Transaction[]): Promise<void> {
    return new Promise((logged, failed) => {
      this.#waiting.push({ transactions, logged, failed });
      this.#thread.submit(() => this.#flush());
    });
  }

  /** Puts another server's snapshot in place of all that was logged before. */
  replace(snapshot: Snapshot): Promise<void> {
    return new Promise((done, failed) => {
      this.#thread.submit(() => this.#log.replace(snapshot).then(done, failed));
    });
  }

  /** Resolves when the batch that the disk has in hand, if any, is over. */
  inHand(): Promise<void> {
    return this.#inHand;
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    try {
      await this.#log.append(batch.flatMap(({ transactions }) => transactions));
      for (const { logged } of batch) logged();
      if (this.#log.isLong) await this.#log.purge(this.#tree.snapshot());
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }
}
