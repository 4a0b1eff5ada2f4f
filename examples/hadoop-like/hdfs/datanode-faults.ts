// SPDX-License-Identifier: Apache-2.0
/** How a datanode's mechanisms are broken and mended from its admin port. */
import { EventEmitter } from 'node:events';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { FaultControl } from '../node/admin.js';
import { StuckDisk } from '../node/stuck-disk.js';
import { type BlockPool, formatVersion, versionPath } from './block-pool.js';
import type { DomainSocketWatcher } from './domain-socket-watcher.js';

export interface FaultyParts {
  /** The datanode's own. */
  readonly directory: string;
  /** The pool that is initialised; throws where none is. */
  readonly pool: () => BlockPool;
  readonly watcher: DomainSocketWatcher;
  /** Initialises the pool again. */
  readonly refreshNamenodes: () => Promise<void>;
}

export function datanodeFaults(parts: FaultyParts): Readonly<Record<string, FaultControl>> {
  return {
    f0: stuckJournal(parts),
    f11: lostDirectory(parts),
    f12: deadWatcher(parts),
    f13: corruptVersion(parts),
  };
}

/** Opening the journal, before each block, does not return. */
function stuckJournal({ pool }: FaultyParts): FaultControl {
  let disk: StuckDisk | undefined;
  return {
    fault: async () => {
      disk ??= new StuckDisk(pool().volume.journalPath);
      await disk.fault();
    },
    repair: async () => disk?.repair(() => pool().writer.inHand()),
  };
}

/** A file stands where the directory of blocks being written was, so that no replica can be begun. */
function lostDirectory({ pool }: FaultyParts): FaultControl {
  const paths = (): readonly [string, string] => {
    const { beingWrittenDirectory } = pool().volume;
    return [beingWrittenDirectory, `${beingWrittenDirectory}.lost`];
  };
  return {
    fault: async () => {
      const [there, lost] = paths();
      await rename(there, lost);
      await writeFile(there, '');
    },
    repair: async () => {
      const [there, lost] = paths();
      await rm(there);
      await rename(lost, there);
    },
  };
}

/** The watcher is told twice that a connection has closed, and its thread ends by the second. */
function deadWatcher({ watcher }: FaultyParts): FaultControl {
  return {
    fault: async () => {
      const connection = new EventEmitter();
      const slot = await watcher.add(connection);
      connection.emit('close');
      watcher.closed(slot);
    },
    repair: () => watcher.restart(),
  };
}

/** The pool's VERSION says nothing that can be read, and then somebody lets the datanode join its namespace anew. */
function corruptVersion({ directory, pool, refreshNamenodes }: FaultyParts): FaultControl {
  let id = '';
  return {
    fault: async () => {
      ({ id } = pool());
      const text = await readFile(versionPath(directory, id));
      await writeFile(versionPath(directory, id), text.fill(0, 0, 16));
      await refreshNamenodes();
    },
    repair: async () => {
      await writeFile(versionPath(directory, id), formatVersion(id));
      await refreshNamenodes();
    },
  };
}
