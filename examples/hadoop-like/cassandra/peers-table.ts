// SPDX-License-Identifier: Apache-2.0
/** The table `system.peers`: who belongs to the ring, on disk, so that a node that starts knows where to begin. */
import { readFileSync, writeFileSync } from 'node:fs';

/** The table's file in a node's directory. */
export const PEERS_FILE = 'system_peers.json';

export class PeersTable {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The members as last saved; none at the very first start. */
  load(): readonly string[] {
    try {
      return JSON.parse(readFileSync(this.#path, 'utf8')) as string[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  save(members: readonly string[]): void {
    writeFileSync(this.#path, JSON.stringify(members));
  }
}
