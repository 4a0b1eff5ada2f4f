// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the leader fails to write its transaction log; its sync thread dies of it, it stays leader, no write is answered (ZOOKEEPER-2247).
 * Here: the path of zk1's log leads to `/dev/full`: the kernel answers ENOSPC (there: EIO), and zk1's `SyncRequestProcessor` ends by it.
 * Kept: the thread's end is logged and nothing made of it; requests are taken on, the pings go on and nobody elects another.
 */
import { ZOOKEEPER } from '../zookeeper/system.js';
import { controlledAt, type Fault } from './fault.js';

export const transactionLogWrite: Fault = {
  id: 'f5',
  system: ZOOKEEPER,
  title: 'the leader fails to write its transaction log',
  happening: 'there was no space for zk1’s transaction log, and the thread that writes it has ended; zk1 leads on',
  paperSeconds: 0.9,
  subject: 'zookeeper/zk1',
  operations: ['zookeeper.ZooKeeper/SetData', 'zookeeper.Quorum/Request'],
  failure: 'gray',
  nodes: ['zk1'],
  ...controlledAt('zk1', 'f5'),
};
