// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: a follower's process dies.
 * Here: `kill -9` of zk2; zk1 and zk3 are a quorum, and zk2 comes back with its log and is brought up to date.
 * Kept: the leader finds it by its silence for `syncLimit` ticks; its clients find it refused.
 */
import { ZOOKEEPER } from '../zookeeper/system.js';
import { crashOf, type Fault } from './fault.js';

export const zookeeperFollowerCrash: Fault = {
  id: 'c2',
  system: ZOOKEEPER,
  title: 'a follower crashes',
  happening: 'zk2 is killed; zk1 leads on with zk3',
  paperSeconds: 0.002,
  subject: 'zookeeper/zk2',
  ...crashOf('zk2'),
};
