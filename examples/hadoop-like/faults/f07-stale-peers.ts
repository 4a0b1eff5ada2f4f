// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: a node takes stale saved state for the ring's. Others know that a node has left (rows in `system.peers`: CASSANDRA-6053).
 * Here: ca4 is decommissioned; ca2 reads an old copy of its table of peers, as at a start, and asks ca4 for a quarter of the rows.
 * Kept: all others are right; a node that was never heard has no arrivals, so φ of it is 0 and ca2's detector holds it up for ever.
 */
import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { PEERS_FILE } from '../cassandra/peers-table.js';
import { CASSANDRA } from '../cassandra/system.js';
import type { Cluster } from '../harness/cluster.js';
import type { Fault } from './fault.js';

/*
 * To be named is ca2. That ca4 is gone is as it should be: whoever is woken for ca4 finds it retired by the book, and nothing
 * to mend on it. What its callers see of ca4 is a proper refusal (421: not mine); what the clients see of ca2 are failed
 * reads, while every other coordinator serves the same rows. Mending ca2's table ends the failure.
 */
export const stalePeers: Fault = {
  id: 'f7',
  system: CASSANDRA,
  title: 'a node believes in a peer that has left',
  happening: 'ca4 has left the ring in good order; ca2 has read a stale table of peers and goes on asking it',
  paperSeconds: 6.2,
  subject: 'cassandra/ca2',
  operations: ['GET /rows/{id}', 'PUT /rows/{id}'],
  failure: 'gray',
  nodes: ['ca2'],
  inject: async (cluster) => {
    const peers = peersFile(cluster);
    await copyFile(peers, `${peers}.stale`);
    await cluster.control('ca4', 'fault', 'f7_decommission');
    await rename(`${peers}.stale`, peers);
    await cluster.control('ca2', 'fault', 'f7');
  },
  repair: async (cluster) => {
    await cluster.control('ca2', 'repair', 'f7');
    await cluster.control('ca4', 'repair', 'f7_decommission');
  },
};

function peersFile(cluster: Cluster): string {
  return join(cluster.directoryOf('ca2'), PEERS_FILE);
}
