// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: a disk in the leader goes bad and a call to it does not return; the ensemble takes no write any more.
 * Here: the leader's transaction log is a FIFO without a reader, so its `SyncRequestProcessor` hangs in `open()`.
 * Kept: one thread hangs, every write waits behind it, while reads, sessions and the servers' pings go on.
 */
import { ZOOKEEPER } from '../zookeeper/system.js';
import { controlledAt, type Fault } from './fault.js';

export const faultyDiskInLeader: Fault = {
  id: 'f1',
  system: ZOOKEEPER,
  title: 'a faulty disk in the leader locks the ensemble up',
  happening: 'the disk call before each transaction that zk1 logs does not return; reads and pings go on',
  paperSeconds: 4.0,
  subject: 'zookeeper/zk1',
  operations: ['zookeeper.ZooKeeper/SetData', 'zookeeper.Quorum/Request'],
  failure: 'gray',
  nodes: ['zk1'],
  ...controlledAt('zk1', 'f1'),
};
