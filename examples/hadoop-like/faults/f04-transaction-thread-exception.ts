// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the leader's thread that makes transactions meets an exception it does not catch, and ends; the process goes on as leader.
 * Here: a `Create` whose vector of ACLs is absent, which jute allows, is a null to `PrepRequestProcessor`, and its thread dies of it.
 * Kept: requests are queued for ever and the queue takes them; the leader pings, its followers follow, their reads are served.
 */

import { sendPacket } from '../zookeeper/lone-packet.js';
import { emptyRecord, serializeRequest } from '../zookeeper/protocol.js';
import { ZOOKEEPER } from '../zookeeper/system.js';
import { controlledAt, type Fault } from './fault.js';

export const transactionThreadException: Fault = {
  id: 'f4',
  system: ZOOKEEPER,
  title: 'an exception ends the leader’s transaction thread',
  happening:
    'a request without ACLs has ended zk1’s PrepRequestProcessor; its queue takes requests on, and it still leads',
  paperSeconds: 1.1,
  subject: 'zookeeper/zk1',
  operations: ['zookeeper.ZooKeeper/SetData', 'zookeeper.ZooKeeper/GetData', 'zookeeper.Quorum/Request'],
  failure: 'gray',
  nodes: ['zk1'],
  inject: (cluster, _stop, strike) => sendPacket(cluster.address('zk1', 'clients'), 'Create', withoutAcl, strike),
  repair: controlledAt('zk1', 'f4').repair,
};

function withoutAcl(sessionId: string): Buffer {
  return serializeRequest(emptyRecord({ sessionId, path: '/ycsb/poison', acl: undefined }));
}
