// SPDX-License-Identifier: Apache-2.0
/** What outlives a server's roles: its data, its log, and how far it has logged. */
import type { DataTree, Transaction } from './data-tree.js';
import { SyncRequestProcessor } from './sync-request-processor.js';
import { TxnLog } from './txn-log.js';

/** A zxid is an epoch and a count within it, of 32 bits. */
const ZXIDS_PER_EPOCH = 2 ** 32;

/** The first number of an epoch; transactions come after it. */
export function firstZxidOf(epoch: number): number {
  return epoch * ZXIDS_PER_EPOCH;
}

export class ServerState {
  readonly name: string;
  readonly log: TxnLog;
  readonly tree: DataTree;
  readonly sync: SyncRequestProcessor;
  /** Logged, not known to be committed, in order. */
  pending: Transaction[];
  #epoch: number;

  private constructor(name: string, log: TxnLog, tree: DataTree, pending: Transaction[], epoch: number) {
    this.name = name;
    this.log = log;
    this.tree = tree;
    this.pending = pending;
    this.#epoch = epoch;
    this.sync = new SyncRequestProcessor(log, tree);
  }

  /** What this server's disk says. */
  static async load(name: string, directory: string): Promise<ServerState> {
    const log = new TxnLog(directory);
    const { tree, logged, epoch } = await log.load();
    return new ServerState(name, log, tree, [...logged], epoch);
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Of the latest transaction that is logged, or is being logged. */
  get lastZxid(): number {
    return this.pending.at(-1)?.zxid ?? this.tree.zxid;
  }

  async acceptEpoch(epoch: number): Promise<void> {
    await this.log.acceptEpoch(epoch);
    this.#epoch = epoch;
  }
}
