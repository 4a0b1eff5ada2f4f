// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: a packet was corrupted past TCP's checksum, and the thread that read its impossible length died (PagerDuty's “poison packet”).
 * Here: a real packet to zk2, two bits of its path's length flipped; `NIOServerCnxn`'s one reading thread does not catch what jute throws.
 * Kept: every request to that server waits to be read, while sessions' pings and the quorum's traffic go on.
 */

import { sendPacket } from '../zookeeper/lone-packet.js';
import { emptyRecord, serializeRequest } from '../zookeeper/protocol.js';
import { ZOOKEEPER } from '../zookeeper/system.js';
import { controlledAt, type Fault } from './fault.js';

export const corruptedPacket: Fault = {
  id: 'f3',
  system: ZOOKEEPER,
  title: 'a corrupted packet kills the thread that reads requests',
  happening: 'a packet with an impossible length has reached zk2, and nobody reads its requests any more; it pings on',
  paperSeconds: 0.2,
  subject: 'zookeeper/zk2',
  operations: ['zookeeper.ZooKeeper/GetData', 'zookeeper.ZooKeeper/SetData'],
  failure: 'gray',
  nodes: ['zk2'],
  inject: (cluster, _stop, strike) => sendPacket(cluster.address('zk2', 'clients'), 'GetData', corrupted, strike),
  repair: controlledAt('zk2', 'f3').repair,
};

function corrupted(sessionId: string): Buffer {
  const bytes = serializeRequest(emptyRecord({ sessionId, path: '/ycsb/user0' }));
  const lengthAt = 4 + sessionId.length;
  bytes.writeInt32BE(bytes.readInt32BE(lengthAt) | 0x41000000, lengthAt);
  return bytes;
}
