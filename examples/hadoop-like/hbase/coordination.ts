// SPDX-License-Identifier: Apache-2.0
/** What HBase keeps in ZooKeeper: who is there. A node lives as long as its maker's session. */
import { setTimeout as delay } from 'node:timers/promises';
import { scaled } from '../node/time-scale.js';
import { ZooKeeperClient } from '../zookeeper/zookeeper-client.js';
import { MASTER_PATH, SERVERS_PATH } from './cluster-protocol.js';

/** `zookeeper.session.timeout`; the servers grant 40 s of the original's time at the most. */
const SESSION_TIMEOUT_MS = scaled(90_000);

/** Between two tries while ZooKeeper cannot be reached (`zookeeper.recovery.retry.intervalmill`). */
const RETRY_INTERVAL_MS = scaled(1_000);

export class Coordination {
  readonly #zookeeper: ZooKeeperClient;

  /** @param address `host:port` */
  constructor(address: string) {
    this.#zookeeper = new ZooKeeperClient([address], { sessionTimeoutMs: SESSION_TIMEOUT_MS });
  }

  /** Makes this server known until its session ends. Resolves when it is. */
  async register(path: typeof SERVERS_PATH | typeof MASTER_PATH, server: string): Promise<void> {
    for (const parent of ['/hbase', SERVERS_PATH, MASTER_PATH]) {
      // Whoever comes first makes them.
      await this.#zookeeper.create(parent).catch(() => {});
    }
    for (;;) {
      try {
        await this.#zookeeper.create(`${path}/${server}`, '', { ephemeral: true });
        return;
      } catch {
        await delay(RETRY_INTERVAL_MS);
      }
    }
  }

  /** Who is there. */
  servers(path: typeof SERVERS_PATH | typeof MASTER_PATH): Promise<readonly string[]> {
    return this.#zookeeper.getChildren(path);
  }
}
