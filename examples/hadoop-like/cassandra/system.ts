// SPDX-License-Identifier: Apache-2.0
/** A ring of four nodes, the first of them the seed, and two clients. */
import type { NodeSpec, System } from '../harness/system.js';

const RING = ['ca1', 'ca2', 'ca3', 'ca4'];

/**
 * Its timeouts are two seconds and five, not a minute, and its gossip is every second: ten times as fast would leave a write
 * 200 ms, which a small machine with a dozen processes does not always keep.
 */
const environment = { HADOOP_LIKE_TIME_SCALE: '4' };

export const CASSANDRA: System = {
  name: 'Cassandra-like',
  nodes: [
    ...RING.map((name): NodeSpec => ({ name, service: 'cassandra', script: 'cassandra/node.js', environment })),
    { name: 'client-1', service: 'cassandra-client', script: 'cassandra/client.js', isClient: true, environment },
    { name: 'client-2', service: 'cassandra-client', script: 'cassandra/client.js', isClient: true, environment },
  ],
  detectors: RING,
};
