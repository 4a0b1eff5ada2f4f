// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the leader fails to write its transaction log and stays leader, so the service takes no write (ZOOKEEPER-2247).
 * Here: the path of zk1's log leads to `/dev/full`, and the kernel answers each write of its `SyncRequestProcessor` with ENOSPC.
 * Kept: every write fails with an error, reads are served, the leader's pings go on and nobody elects another.
 */
import { ZOOKEEPER } from '../zookeeper/system.js';
import { controlledAt, type Fault } from './fault.js';

export const transactionLogWrite: Fault = {
  id: 'f5',
  system: ZOOKEEPER,
  title: 'the leader fails to write its transaction log',
  happening: 'there is no space for zk1’s transaction log; each write fails, and zk1 leads on',
  paperSeconds: 0.9,
  subject: 'zookeeper/zk1',
  operations: ['zookeeper.ZooKeeper/SetData', 'zookeeper.Quorum/Request'],
  failure: 'gray',
  nodes: ['zk1'],
  ...controlledAt('zk1', 'f5'),
};
