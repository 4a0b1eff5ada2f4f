// SPDX-License-Identifier: Apache-2.0
/**
 * Ships what was written here to the peer cluster: one worker that reads the logs in their order and sends their edits. It
 * never skips: what cannot be read or sent now is tried again, ever more slowly, until it can.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RpcClient } from '../node/rpc.js';
import { scaled } from '../node/time-scale.js';
import type { FileStore } from './file-system.js';
import { editsOf } from './wal.js';
import { WalEntryStream } from './wal-entry-stream.js';

/** `replication.source.sleepforretries`: between two looks for new edits, and between retries times their number. */
const SLEEP_FOR_RETRIES_MS = scaled(1_000);

/** `replication.source.maxretriesmultiplier`. */
const RETRIES_MULTIPLIER_MAX = 300;

/** `hbase.rpc.timeout`. */
const SHIP_TIMEOUT_MS = scaled(60_000);

export class ReplicationSource {
  readonly stream: WalEntryStream = new WalEntryStream();
  readonly #store: FileStore;
  #shippedMs = performance.now();

  constructor(store: FileStore) {
    this.#store = store;
  }

  /** For how long edits have been waiting that are not shipped, in ms; 0 when there are none. */
  lagMs(nowMs: number): number {
    return this.stream.waitingCount === 0 ? 0 : Math.round(nowMs - this.#shippedMs);
  }

  /** Ships as long as the process lives. */
  async run(peer: RpcClient): Promise<never> {
    for (let retryCount = 0; ; ) {
      try {
        const shipped = await this.#shipNext(peer);
        retryCount = 0;
        if (!shipped) await delay(SLEEP_FOR_RETRIES_MS);
      } catch {
        retryCount = Math.min(retryCount + 1, RETRIES_MULTIPLIER_MAX);
        await delay(SLEEP_FOR_RETRIES_MS * retryCount);
      }
    }
  }

  /** Whether there was something to ship. */
  async #shipNext(peer: RpcClient): Promise<boolean> {
    const piece = this.stream.peek();
    if (!piece) {
      this.#shippedMs = performance.now();
      return false;
    }
    const entries = editsOf(await this.#store.read(piece));
    await peer.call('ReplicateWALEntry', { entries }, SHIP_TIMEOUT_MS);
    this.stream.advance();
    this.#store.discard(piece);
    this.#shippedMs = performance.now();
    return true;
  }
}
