// SPDX-License-Identifier: Apache-2.0
/** The files that memory is flushed to: sorted by key, compressed, never changed. */
import { readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import type { Mutation } from './row.js';

/** Files kept; compaction would have merged the older ones away. */
const SSTABLE_COUNT_MAX = 2;

const SSTABLE_NAME = /^nb-(\d+)-big-Data\.db$/;

/** Mutations as a file's bytes. Takes the longer the more there are. */
export function encodeSSTable(mutations: readonly Mutation[]): Buffer {
  const sorted = [...mutations].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return deflateSync(JSON.stringify(sorted));
}

/** A file's mutations. Throws an error of zlib or of the parser for a file that is corrupt. */
export function decodeSSTable(bytes: Uint8Array): readonly Mutation[] {
  return JSON.parse(inflateSync(bytes).toString('utf8')) as Mutation[];
}

/** The directory with a node's files. */
export class SSTables {
  readonly #directory: string;
  #generation = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Paths of the live files, the oldest first. */
  async live(): Promise<readonly string[]> {
    const generations = (await readdir(this.#directory)).flatMap((name) => SSTABLE_NAME.exec(name)?.[1] ?? []);
    const sorted = generations.map(Number).sort((a, b) => a - b);
    this.#generation = Math.max(this.#generation, ...sorted);
    return sorted.map((generation) => this.#path(generation));
  }

  /** Adds a file, and removes the oldest where there are too many. */
  async add(bytes: Buffer): Promise<void> {
    const paths = await this.live();
    await writeFile(this.#path(this.#generation + 1), bytes);
    for (const path of paths.slice(0, Math.max(paths.length + 1 - SSTABLE_COUNT_MAX, 0))) await unlink(path);
  }

  /** Everything in all files. Throws what `decodeSSTable` throws. */
  async readAll(): Promise<readonly Mutation[]> {
    const files = await Promise.all((await this.live()).map(readUnlessGone));
    return files.flatMap((bytes) => (bytes ? decodeSSTable(bytes) : []));
  }

  /** Rewrites every file from what is known to be right, as `nodetool scrub` and a repair would. */
  async scrub(mutations: readonly Mutation[]): Promise<void> {
    const bytes = encodeSSTable(mutations);
    for (const path of await this.live()) await writeFile(path, bytes);
  }

  #path(generation: number): string {
    return join(this.#directory, `nb-${generation}-big-Data.db`);
  }
}

/** A file that was compacted away meanwhile is not missed: what it held is in the others. */
async function readUnlessGone(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
