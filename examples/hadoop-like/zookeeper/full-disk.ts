// SPDX-License-Identifier: Apache-2.0
/**
 * A disk that is full: a log whose path leads to `/dev/full`, to which the kernel answers every write with ENOSPC. Both
 * directions swap the file by link and rename, so that at no moment is there no log.
 */
import { link, rename, symlink } from 'node:fs/promises';

export class FullDisk {
  readonly #path: string;
  readonly #healthyPath: string;
  readonly #fullPath: string;
  #isFull = false;

  constructor(path: string) {
    this.#path = path;
    this.#healthyPath = `${path}.healthy`;
    this.#fullPath = `${path}.full`;
  }

  /** From now on the log can be opened and not written. Twice is once. */
  async fault(): Promise<void> {
    if (this.#isFull) return;
    this.#isFull = true;
    await symlink('/dev/full', this.#fullPath);
    await link(this.#path, this.#healthyPath);
    await rename(this.#fullPath, this.#path);
  }

  /** There is room again. */
  async repair(): Promise<void> {
    if (!this.#isFull) return;
    await rename(this.#healthyPath, this.#path);
    this.#isFull = false;
  }
}
