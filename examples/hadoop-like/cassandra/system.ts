// SPDX-License-Identifier: Apache-2.0
/** A ring of four nodes, the first of them the seed, and two clients. */
import type { NodeSpec, System } from '../harness/system.js';

const RING = ['ca1', 'ca2', 'ca3', 'ca4'];

export const CASSANDRA: System = {
  name: 'Cassandra-like',
  nodes: [
    ...RING.map((name): NodeSpec => ({ name, service: 'cassandra', script: 'cassandra/node.js' })),
    { name: 'client-1', service: 'cassandra-client', script: 'cassandra/client.js', isClient: true },
    { name: 'client-2', service: 'cassandra-client', script: 'cassandra/client.js', isClient: true },
  ],
  detectors: RING,
};
