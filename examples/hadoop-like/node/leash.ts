// SPDX-License-Identifier: Apache-2.0
/**
 * Preloaded (`node --import`) into every process that the demo starts, the engine included: when the channel to the
 * demo closes, for whatever reason, this process ends at once. So nothing outlives the demo, not even when the demo
 * itself is killed with SIGKILL and has no last moment to clean up in.
 *
 * It ends by SIGKILL of itself, not by `process.exit`: a datanode whose disk call is stuck has a thread-pool thread
 * that never comes back, and an orderly exit waits for it.
 */
import { rmSync } from 'node:fs';

/** The cluster's temporary directory; whoever is last removes it. */
const directory = process.env['HADOOP_LIKE_DIRECTORY'];

/** A sibling may still be writing while this one deletes, so once may not be enough. */
const REMOVE_COUNT_MAX = 3;

function end(): void {
  for (let count = 0; directory && count < REMOVE_COUNT_MAX; count++) {
    try {
      rmSync(directory, { recursive: true, force: true });
      break;
    } catch {
      // A file appeared under our hands. The siblings try too.
    }
  }
  process.kill(process.pid, 'SIGKILL');
}

process.on('disconnect', end);
// The demo may have gone while this process was still loading.
if (!process.connected) end();
