// SPDX-License-Identifier: Apache-2.0
/**
 * Asks a command for a user's groups: a child process that looks into the group database. In production that database is often a
 * directory server somewhere, and a command that asks it has all the time in the world.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeFifo } from '../node/stuck-disk.js';

const run = promisify(execFile);

/** Names of users: nothing else may be part of a pattern. */
const USER = /^\w{1,32}$/;

export class ShellGroupsMapping {
  readonly #path: string;
  #silence: FileHandle | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Makes the database in a directory: everybody is in `users`. */
  static async create(directory: string): Promise<ShellGroupsMapping> {
    const mapping = new ShellGroupsMapping(join(directory, 'group'));
    await mkdir(directory, { recursive: true });
    await writeFile(mapping.#path, 'users:*\n');
    return mapping;
  }

  /** The groups of a user, as the command finds them. */
  async groupsOf(user: string): Promise<readonly string[]> {
    if (!USER.test(user)) throw new Error('no such user');
    const { stdout } = await run('grep', ['-E', `:(\\*|${user})$`, this.#path]);
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(':')));
  }

  /**
   * From now on the command does not return: the database is a FIFO with an open writer that never says a word, as a connection
   * to a directory server that has died behind a firewall. The writer is this process, so the commands end with it.
   */
  async fault(): Promise<void> {
    if (this.#silence) return;
    const fifo = `${this.#path}.fifo`;
    await makeFifo(fifo);
    this.#silence = await open(fifo, constants.O_RDWR);
    await link(this.#path, `${this.#path}.healthy`);
    await rename(fifo, this.#path);
  }

  /** The database is back; the commands that wait find the connection closed, and fail. */
  async repair(): Promise<void> {
    if (!this.#silence) return;
    await rename(`${this.#path}.healthy`, this.#path);
    await this.#silence.close();
    this.#silence = undefined;
  }
}
