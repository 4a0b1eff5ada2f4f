// SPDX-License-Identifier: Apache-2.0
/**
 * Who is alive, by the ephemeral nodes in ZooKeeper: HBase's `RegionServerTracker` in the master, its `MasterAddressTracker` in a region
 * server. It is as honest as a session is: whose process can still ping is alive. Pure.
 */
import type { Beliefs } from '../node/admin.js';
import { nodeOf } from './cluster-protocol.js';

export class LivenessTracker {
  readonly #beliefs = new Map<string, 'alive' | 'dead'>();
  #servers: readonly string[] = [];

  /** What is believed of each node that was ever seen. */
  get beliefs(): Beliefs {
    return Object.fromEntries(this.#beliefs);
  }

  /**
   * These servers have a node in ZooKeeper now.
   *
   * @returns those that had one before and have none any more
   */
  saw(servers: readonly string[]): readonly string[] {
    const gone = this.#servers.filter((server) => !servers.includes(server));
    const alive = new Set(servers.map(nodeOf));
    for (const node of new Set([...this.#beliefs.keys(), ...alive])) {
      this.#beliefs.set(node, alive.has(node) ? 'alive' : 'dead');
    }
    this.#servers = servers;
    return gone;
  }
}
