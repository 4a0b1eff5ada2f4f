// SPDX-License-Identifier: Apache-2.0
/**
 * Where a block pool's blocks lie: a directory of finalized ones, one of those being written (HDFS: `finalized` and `rbw`), and a
 * journal with one line a block. Reading a block touches its file only, never the journal.
 */
import { appendFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Replica } from './protocol.js';

export class Volume {
  /** Opened for append before each block is written. */
  readonly journalPath: string;
  /** Where blocks are being written. */
  readonly beingWrittenDirectory: string;
  readonly #finalized: string;

  private constructor(directory: string) {
    this.journalPath = join(directory, 'journal');
    this.beingWrittenDirectory = join(directory, 'rbw');
    this.#finalized = join(directory, 'finalized');
  }

  /** Opens the volume in a directory, with what is there already; makes it where it is not. */
  static async open(directory: string): Promise<Volume> {
    const volume = new Volume(directory);
    await mkdir(volume.#finalized, { recursive: true });
    await mkdir(volume.beingWrittenDirectory, { recursive: true });
    await appendFile(volume.journalPath, '');
    // What was being written when the process ended is as long as it is; the namenode knows how long it should be.
    for (const blockId of await readdir(volume.beingWrittenDirectory)) {
      await rename(volume.beingWrittenPath(blockId), volume.finalizedPath(blockId));
    }
    return volume;
  }

  /** Where a block lies once it is whole. */
  finalizedPath(blockId: string): string {
    return join(this.#finalized, blockId);
  }

  /** Where a block lies until then. */
  beingWrittenPath(blockId: string): string {
    return join(this.beingWrittenDirectory, blockId);
  }

  /** Where a block lies now; `undefined` where the volume does not hold it. */
  async pathOf(blockId: string): Promise<string | undefined> {
    // An append moves a block from one place to the other and back, perhaps between two looks.
    const paths = [this.finalizedPath(blockId), this.beingWrittenPath(blockId), this.finalizedPath(blockId)];
    for (const path of paths) if (await exists(path)) return path;
    return undefined;
  }

  /** A block's bytes; `undefined` where the volume does not hold it. */
  async read(blockId: string): Promise<Buffer | undefined> {
    for (const path of [this.finalizedPath(blockId), this.beingWrittenPath(blockId), this.finalizedPath(blockId)]) {
      const bytes = await readFile(path).catch(absent);
      if (bytes) return bytes;
    }
    return undefined;
  }

  /** All finalized blocks. */
  async replicas(): Promise<readonly Replica[]> {
    const replicas: Replica[] = [];
    for (const blockId of await readdir(this.#finalized)) {
      const found = await stat(this.finalizedPath(blockId)).catch(absent);
      if (found) replicas.push({ blockId, length: found.size });
    }
    return replicas;
  }

  /** Deletes a block. */
  async remove(blockId: string): Promise<void> {
    await rm(this.finalizedPath(blockId), { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(absent)) !== undefined;
}

/** A file that is not there is no error. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
