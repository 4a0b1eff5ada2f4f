// SPDX-License-Identifier: Apache-2.0
/**
 * Which groups a user is in. The namenode asks before each operation, for permissions go by groups; the answer comes from a
 * command outside, and is remembered. Whoever asks for a user that is not remembered waits for the command, which has no timeout.
 * HDFS: `Groups`, with `ShellBasedUnixGroupsMapping` (`hadoop.security.group.mapping`).
 */
import { scaled } from '../node/time-scale.js';

/** How long an answer is remembered (`hadoop.security.groups.cache.secs`, 5 min). */
export const CACHE_MS: number = scaled(300_000);

interface CachedGroups {
  readonly groups: readonly string[];
  readonly atMs: number;
}

/** Asks outside. Rejects when the command fails. */
export type GroupMapping = (user: string) => Promise<readonly string[]>;

export class Groups {
  readonly #mapping: GroupMapping;
  readonly #nowMs: () => number;
  readonly #cache = new Map<string, CachedGroups>();

  constructor(mapping: GroupMapping, nowMs: () => number = () => performance.now()) {
    this.#mapping = mapping;
    this.#nowMs = nowMs;
  }

  /** Forgets all answers, as `hdfs dfsadmin -refreshUserToGroupsMappings` has it do. */
  refresh(): void {
    this.#cache.clear();
  }

  /** The groups of a user. Two who ask for the same user at once are two commands, as before HADOOP-11238. */
  async of(user: string): Promise<readonly string[]> {
    const known = this.#cache.get(user);
    if (known && this.#nowMs() - known.atMs < CACHE_MS) return known.groups;
    const groups = await this.#mapping(user);
    this.#cache.set(user, { groups, atMs: this.#nowMs() });
    return groups;
  }
}
