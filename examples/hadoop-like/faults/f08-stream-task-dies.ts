// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: streaming meets an error that nobody expected. The thread ends, and neither side is told; the transfer stays open.
 * Here: ca3's files are corrupted on disk; the stream task that reads the next one dies of what the decompression throws.
 * Kept: every request is accepted at once, none is ever worked on, and the receiver waits without a timeout.
 */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CASSANDRA } from '../cassandra/system.js';
import type { Fault } from './fault.js';

/** Nodes that stream from ca3. */
const RECEIVERS = ['ca1', 'ca2', 'ca4'];

export const streamTaskDies: Fault = {
  id: 'f8',
  system: CASSANDRA,
  title: 'a node’s stream task dies',
  happening: 'ca3’s files are corrupt, and its streaming thread has died of it; it accepts every stream as before',
  paperSeconds: 1.2,
  subject: 'cassandra/ca3',
  operations: ['stream'],
  failure: 'gray',
  nodes: ['ca3'],
  inject: (cluster) => corruptFiles(join(cluster.directoryOf('ca3'), 'data')),
  repair: async (cluster) => {
    await cluster.control('ca3', 'repair', 'f8');
    // The stream that the thread died of is not in the queue any more.
    await Promise.all(RECEIVERS.map((node) => cluster.control(node, 'repair', 'f8_plans')));
  },
};

/** Overwrites the beginning of every file, as a bad sector would. */
async function corruptFiles(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = await open(join(directory, name), 'r+');
    try {
      await file.write(Buffer.alloc(16, 0xff), 0, 16, 0);
    } finally {
      await file.close();
    }
  }
}
