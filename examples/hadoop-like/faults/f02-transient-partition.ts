// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: a short loss of the network between a follower and the leader; long after it, clients of that follower still hang.
 * Here: zk3's and zk1's quorum ports are cut off for 1.5 s; the next write to the broken connection ends `FollowerRequestProcessor`.
 * Kept: pings take another way, so zk3 never joins anew and its writes enter a dead queue. The time runs from the cut, as the paper's does.
 */
import { pause } from '../harness/waiting.js';
import { ZOOKEEPER } from '../zookeeper/system.js';
import { controlledAt, type Fault } from './fault.js';

/** Longer than `syncLimit`, after which a silent connection is given up. */
const PARTITION_MS = 1500;

/*
 * From the cut, not from the healing: callers hang from the cut on and nothing tells them when it heals, so what they have seen by
 * then is part of what convicts. But the failure is what stays: a conviction that ends with the partition is gone before the repair,
 * and that is a problem of its trial.
 */
export const transientPartition: Fault = {
  id: 'f2',
  system: ZOOKEEPER,
  title: 'a partition heals, and one follower’s clients go on hanging',
  happening:
    'zk3 and the leader were cut off from each other for 1.5 s; its thread that forwards writes has died of it',
  paperSeconds: 6.0,
  subject: 'zookeeper/zk3',
  operations: ['zookeeper.ZooKeeper/SetData'],
  failure: 'gray',
  nodes: ['zk3'],
  inject: async (cluster, stop) => {
    const ways = [cluster.link('zk3', 'zk1'), cluster.link('zk1', 'zk3')];
    for (const way of ways) way.cut();
    await pause(PARTITION_MS, stop);
    for (const way of ways) way.mend();
  },
  repair: controlledAt('zk3', 'f2').repair,
};
