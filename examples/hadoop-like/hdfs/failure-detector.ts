// SPDX-License-Identifier: Apache-2.0
/**
 * The namenode's own failure detector: a datanode that has missed so many heartbeats is dead. It measures what heartbeats
 * measure: that the process lives and the network carries. HDFS: `dfs.heartbeat.interval` 3 s, and dead after twice
 * `dfs.namenode.heartbeat.recheck-interval` (5 min) and ten heartbeats, 10 min 30 s.
 */
import type { Beliefs } from '../node/admin.js';
import { scaled } from '../node/time-scale.js';

/** Gap between two heartbeats of a datanode. */
export const HEARTBEAT_INTERVAL_MS: number = scaled(3_000);

/** A datanode that has been silent for so long is dead. */
export const DEAD_AFTER_MS: number = scaled(2 * 300_000 + 10 * 3_000);

/** What a datanode sends as its heartbeat. */
export interface Heartbeat {
  readonly name: string;
  /** Base URL of its data port. */
  readonly url: string;
}

/** What the detector believes of one datanode. */
export interface DatanodeBelief {
  readonly name: string;
  /** Base URL of its data port. */
  readonly url: string;
  readonly alive: boolean;
  readonly sinceBeatMs: number;
  readonly beatCount: number;
}

interface Beats {
  readonly url: string;
  readonly lastMs: number;
  readonly count: number;
}

export class FailureDetector {
  readonly #beats = new Map<string, Beats>();

  /** A heartbeat came in. The first one registers the datanode. */
  beat({ name, url }: Heartbeat, nowMs: number): void {
    this.#beats.set(name, { url, lastMs: nowMs, count: (this.#beats.get(name)?.count ?? 0) + 1 });
  }

  /** What is believed of every datanode that ever registered, by name. */
  beliefs(nowMs: number): readonly DatanodeBelief[] {
    const beliefs = [...this.#beats].map(([name, { url, lastMs, count }]): DatanodeBelief => {
      const sinceBeatMs = Math.round(nowMs - lastMs);
      const alive = sinceBeatMs <= DEAD_AFTER_MS;
      return { name, url, alive, sinceBeatMs, beatCount: count };
    });
    return beliefs.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The same, in the words of every detector of the cluster. */
  words(nowMs: number): Beliefs {
    return Object.fromEntries(this.beliefs(nowMs).map(({ name, alive }) => [name, alive ? 'alive' : 'dead']));
  }
}
