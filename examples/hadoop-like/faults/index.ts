// SPDX-License-Identifier: Apache-2.0
/** All faults: one of our own, then the paper's in its order. */
import { zookeeperLeaderCrash } from './c1-zookeeper-leader.js';
import { zookeeperFollowerCrash } from './c2-zookeeper-follower.js';
import { seedCrash } from './c3-seed.js';
import { dataNodeCrash } from './c4-data-node.js';
import { namenodeCrash } from './c5-namenode.js';
import { datanodeCrash } from './c6-datanode.js';
import { hmasterCrash } from './c7-hmaster.js';
import { regionServerCrash } from './c8-region-server.js';
import { stuckDisk } from './f00-stuck-disk.js';
import { faultyDiskInLeader } from './f01-faulty-disk-in-leader.js';
import { transientPartition } from './f02-transient-partition.js';
import { corruptedPacket } from './f03-corrupted-packet.js';
import { transactionThreadException } from './f04-transaction-thread-exception.js';
import { transactionLogWrite } from './f05-transaction-log-write.js';
import { droppedRepairResponse } from './f06-dropped-repair-response.js';
import { stalePeers } from './f07-stale-peers.js';
import { streamTaskDies } from './f08-stream-task-dies.js';
import { commitLogExecutorExits } from './f09-commit-log-executor-exits.js';
import { exhaustedHandlers } from './f10-exhausted-handlers.js';
import { failedPipeline } from './f11-failed-pipeline.js';
import { deadSocketWatcher } from './f12-dead-socket-watcher.js';
import { failedBlockPool } from './f13-failed-block-pool.js';
import { deadRootDrive } from './f14-dead-root-drive.js';
import { emptyWal } from './f15-empty-wal.js';
import type { Fault } from './fault.js';

export const FAULTS: readonly Fault[] = [
  stuckDisk,
  faultyDiskInLeader,
  transientPartition,
  corruptedPacket,
  transactionThreadException,
  transactionLogWrite,
  droppedRepairResponse,
  stalePeers,
  streamTaskDies,
  commitLogExecutorExits,
  exhaustedHandlers,
  failedPipeline,
  deadSocketWatcher,
  failedBlockPool,
  deadRootDrive,
  emptyWal,
  zookeeperLeaderCrash,
  zookeeperFollowerCrash,
  seedCrash,
  dataNodeCrash,
  namenodeCrash,
  datanodeCrash,
  hmasterCrash,
  regionServerCrash,
];

/** The fault of an id. Throws an Error that names those there are. */
export function faultOf(id: string): Fault {
  const fault = FAULTS.find((one) => one.id === id);
  if (!fault) throw new Error(`there is no fault ${id}; there are ${FAULTS.map((one) => one.id).join(', ')}`);
  return fault;
}
