// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the leader's process dies.
 * Here: `kill -9` of zk1; the others elect one of them, and zk1 comes back as a follower.
 * Kept: its connections break, so the followers' own view finds it at once.
 */
import { ZOOKEEPER } from '../zookeeper/system.js';
import { crashOf, type Fault } from './fault.js';

export const zookeeperLeaderCrash: Fault = {
  id: 'c1',
  system: ZOOKEEPER,
  title: 'the leader crashes',
  happening: 'zk1 is killed; zk2 and zk3 look for a leader',
  paperSeconds: 0.008,
  subject: 'zookeeper/zk1',
  ...crashOf('zk1'),
};
