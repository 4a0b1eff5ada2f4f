// SPDX-License-Identifier: Apache-2.0
/**
 * A datanode's volume: a directory of finalized blocks, one of blocks being written (HDFS: `finalized` and `rbw`), and
 * a journal with one line a block. Reading a block touches its file only, never the journal.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export class Volume {
  /** Opened for append before each block is written. */
  readonly journalPath: string;
  readonly #finalized: string;
  readonly #beingWritten: string;

  private constructor(directory: string) {
    this.journalPath = join(directory, 'journal');
    this.#finalized = join(directory, 'finalized');
    this.#beingWritten = join(directory, 'rbw');
  }

  /** Makes the volume in a directory. */
  static async create(directory: string): Promise<Volume> {
    const volume = new Volume(directory);
    await mkdir(volume.#finalized, { recursive: true });
    await mkdir(volume.#beingWritten, { recursive: true });
    await writeFile(volume.journalPath, '');
    return volume;
  }

  /** Where a block lies once it is whole. */
  finalizedPath(blockId: string): string {
    return join(this.#finalized, blockId);
  }

  /** Where a block lies until then. */
  beingWrittenPath(blockId: string): string {
    return join(this.#beingWritten, blockId);
  }

  /** A block's bytes; `undefined` where the volume does not hold it. */
  async read(blockId: string): Promise<Buffer | undefined> {
    try {
      return await readFile(this.finalizedPath(blockId));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
