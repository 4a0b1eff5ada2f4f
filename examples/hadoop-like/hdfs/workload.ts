// SPDX-License-Identifier: Apache-2.0
/**
 * What a client does for its users: it writes files, makes them longer, looks at them and reads them back. It has files of its own, and
 * works on one of them in one thread at a time.
 */
import { randomBytes } from 'node:crypto';
import { zipfianKeys } from '../node/load.js';
import { DfsClient } from './dfs-client.js';
import { PACKET_LENGTH } from './packets.js';

const FILE_COUNT = 60;

/** Users for whom it works; many, of whom few are there often. */
const USER_COUNT = 300;

/** What is written and what is appended, in packets. */
const WRITTEN_COUNT = 4;
const APPENDED_COUNT = 1;

export class Workload {
  readonly #namenode: string;
  readonly #name: string;
  readonly #key = zipfianKeys(FILE_COUNT);
  readonly #user = zipfianKeys(USER_COUNT);
  readonly #written = new Set<string>();
  readonly #busy = new Set<string>();

  /**
   * @param namenode `host:port`
   * @param name of this client
   */
  constructor(namenode: string, name: string) {
    this.#namenode = namenode;
    this.#name = name;
  }

  /** Writes one of the files anew. */
  write(): Promise<void> {
    return this.#alone(this.#idleFile(), async (file) => {
      await this.#client().create(file, randomBytes(WRITTEN_COUNT * PACKET_LENGTH));
      this.#written.add(file);
    });
  }

  /** Makes one of the files longer; writes it where it is not there yet. */
  append(): Promise<void> {
    const file = this.#idleFile();
    if (!this.#written.has(file)) return this.write();
    return this.#alone(file, (own) => this.#client().append(own, randomBytes(APPENDED_COUNT * PACKET_LENGTH)));
  }

  /** Reads one of the files over the network. */
  async read(): Promise<void> {
    const file = this.#writtenFile();
    if (file) await this.#client().read(file);
  }

  /** Reads one of the files from the disk. */
  async readLocal(): Promise<void> {
    const file = this.#writtenFile();
    if (file) await this.#client().readLocal(file);
  }

  /** Asks how long one of the files is. */
  async stat(): Promise<void> {
    const file = this.#writtenFile();
    if (file) await this.#client().info(file);
  }

  #client(): DfsClient {
    return new DfsClient(this.#namenode, this.#name, this.#user());
  }

  /** The next file to be written to: none that another thread is writing. */
  #idleFile(): string {
    for (;;) {
      const file = `${this.#name.replace('-', '_')}_${this.#key()}`;
      if (!this.#busy.has(file)) return file;
    }
  }

  /** The next file to be read: the first by chance that has been written. */
  #writtenFile(): string | undefined {
    if (this.#written.size === 0) return undefined;
    for (;;) {
      const file = `${this.#name.replace('-', '_')}_${this.#key()}`;
      if (this.#written.has(file)) return file;
    }
  }

  async #alone(file: string, work: (file: string) => Promise<void>): Promise<void> {
    this.#busy.add(file);
    try {
      await work(file);
    } finally {
      this.#busy.delete(file);
    }
  }
}
