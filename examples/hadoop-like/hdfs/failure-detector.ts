// SPDX-License-Identifier: Apache-2.0
/**
 * The namenode's own failure detector: a datanode that has missed so many heartbeats is dead. It measures what heartbeats
 * measure: that the process lives and the network carries. HDFS: `dfs.heartbeat.interval` 3 s, and dead after twice
 * `dfs.namenode.heartbeat.recheck-interval` (5 min) and ten heartbeats, 10 min 30 s.
 */
import type { Beliefs } from '../node/admin.js';
import { scaled } from '../node/time-scale.js';
import type { DatanodeAddress } from './protocol.js';

/** Gap between two heartbeats of a datanode. */
export const HEARTBEAT_INTERVAL_MS: number = scaled(3_000);

/** A datanode that has been silent for so long is dead. */
export const DEAD_AFTER_MS: number = scaled(2 * 300_000 + 10 * 3_000);

/** What the detector believes of one datanode. */
export interface DatanodeBelief extends DatanodeAddress {
  readonly alive: boolean;
  readonly sinceBeatMs: number;
  readonly beatCount: number;
}

interface Beats {
  readonly address: DatanodeAddress;
  readonly lastMs: number;
  readonly count: number;
}

export class FailureDetector {
  readonly #beats = new Map<string, Beats>();

  /** A datanode has made itself known. */
  register(address: DatanodeAddress, nowMs: number): void {
    this.#beats.set(address.name, { address, lastMs: nowMs, count: 0 });
  }

  /** A heartbeat came in. `false`: of a datanode that has not registered. */
  beat(name: string, nowMs: number): boolean {
    const known = this.#beats.get(name);
    if (!known) return false;
    this.#beats.set(name, { ...known, lastMs: nowMs, count: known.count + 1 });
    return true;
  }

  /** What is believed of every datanode that ever registered, by name. */
  beliefs(nowMs: number): readonly DatanodeBelief[] {
    const beliefs = [...this.#beats.values()].map(({ address, lastMs, count }): DatanodeBelief => {
      const sinceBeatMs = Math.round(nowMs - lastMs);
      return { ...address, alive: sinceBeatMs <= DEAD_AFTER_MS, sinceBeatMs, beatCount: count };
    });
    return beliefs.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The datanodes that are believed alive. */
  alive(nowMs: number): readonly DatanodeAddress[] {
    return this.beliefs(nowMs)
      .filter(({ alive }) => alive)
      .map(({ name, url, socketPath }) => ({ name, url, socketPath }));
  }

  /** The same, in the words of every detector of the cluster. */
  words(nowMs: number): Beliefs {
    return Object.fromEntries(this.beliefs(nowMs).map(({ name, alive }) => [name, alive ? 'alive' : 'dead']));
  }
}
