// SPDX-License-Identifier: Apache-2.0
/**
 * A datanode's share of one namespace: a directory with the namespace's blocks, and a VERSION file that says whose they are. It is
 * initialised when the datanode makes itself known to the namenode, and a VERSION that does not fit ends that. HDFS:
 * `BlockPoolSliceStorage`.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlockWriter } from './block-writer.js';
import { Volume } from './volume.js';

/** What this code can read; HDFS's number counts down. */
const LAYOUT_VERSION = '-57';

export class BlockPool {
  readonly id: string;
  readonly volume: Volume;
  readonly writer: BlockWriter;

  private constructor(id: string, volume: Volume) {
    this.id = id;
    this.volume = volume;
    this.writer = new BlockWriter(volume);
  }

  /** Opens the pool of a namespace; a new one is formatted. Throws where VERSION says something else, or nothing. */
  static async open(directory: string, id: string): Promise<BlockPool> {
    const path = versionPath(directory, id);
    await mkdir(join(directory, 'current', id), { recursive: true });
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) await writeFile(path, formatVersion(id));
    else checkVersion(text, id);
    return new BlockPool(id, await Volume.open(join(directory, 'current', id)));
  }
}

/** Where a pool's VERSION lies. */
export function versionPath(directory: string, id: string): string {
  return join(directory, 'current', id, 'VERSION');
}

/** VERSION of a new pool. */
export function formatVersion(id: string): string {
  return `blockpoolID=${id}\nlayoutVersion=${LAYOUT_VERSION}\n`;
}

/** Throws an Error where VERSION is not that of this pool. */
export function checkVersion(text: string, id: string): void {
  const properties = new Map(
    text.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
  const found = properties.get('blockpoolID');
  if (found !== id) throw new Error(`unexpected blockpoolID ${found}, expected ${id}`);
  const layout = properties.get('layoutVersion');
  if (layout !== LAYOUT_VERSION) throw new Error(`unexpected layoutVersion ${layout}, expected ${LAYOUT_VERSION}`);
}
