// SPDX-License-Identifier: Apache-2.0
/**
 * `LearnerHandler`: the leader's thread for one follower. It sends proposals and commits in order, and what does not get
 * through is sent again, as TCP would, for as long as the follower's pings come.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RpcClient } from '../node/rpc.js';
import { SYNC_LIMIT_MS, TICK_TIME_MS } from './config.js';
import type { Transaction } from './data-tree.js';

const RETRY_INTERVAL_MS = TICK_TIME_MS / 4;

/** `zookeeper.Quorum/Propose`; its answer is the acknowledgement. */
export interface Proposal {
  readonly epoch: number;
  readonly transactions: readonly Transaction[];
}

/** `zookeeper.Quorum/Commit`: all up to this one. */
export interface Commit {
  readonly epoch: number;
  readonly zxid: number;
}

export class LearnerHandler {
  readonly #follower: RpcClient;
  readonly #epoch: number;
  readonly #onAck: (zxid: number) => void;
  #proposals: Transaction[] = [];
  #committedZxid: number;
  #sentCommitZxid: number;
  #isStarted = false;
  #isClosed = false;
  #isRunning = false;

  /**
   * @param zxid what the follower is brought up to by its synchronisation
   * @param onAck all transactions up to this one are in the follower's log
   */
  constructor(follower: RpcClient, epoch: number, zxid: number, onAck: (zxid: number) => void) {
    this.#follower = follower;
    this.#epoch = epoch;
    this.#committedZxid = zxid;
    this.#sentCommitZxid = zxid;
    this.#onAck = onAck;
  }

  /** The follower has what it was sent to begin with; from now on it gets what is new. */
  start(): void {
    this.#isStarted = true;
    this.#wake();
  }

  propose(transaction: Transaction): void {
    this.#proposals.push(transaction);
    this.#wake();
  }

  commit(zxid: number): void {
    this.#committedZxid = zxid;
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
  }

  #wake(): void {
    if (!this.#isStarted || this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed && (this.#proposals.length > 0 || this.#committedZxid > this.#sentCommitZxid)) {
      // Taken before the proposals are: whatever is committed by now is among them, or was sent before.
      const zxid = this.#committedZxid;
      const transactions = this.#proposals;
      this.#proposals = [];
      const last = transactions.at(-1);
      if (last) {
        await this.#deliver('Propose', { epoch: this.#epoch, transactions });
        if (!this.#isClosed) this.#onAck(last.zxid);
      }
      if (zxid > this.#sentCommitZxid) await this.#deliver('Commit', { epoch: this.#epoch, zxid });
      this.#sentCommitZxid = zxid;
    }
    this.#isRunning = false;
  }

  async #deliver(method: 'Propose' | 'Commit', message: Proposal | Commit): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#follower.call(method, message, SYNC_LIMIT_MS);
        return;
      } catch {
        await delay(RETRY_INTERVAL_MS);
      }
    }
  }
}
