// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: something happens to a neighbour's “I made my snapshot”, and the repair session waits for it for ever (CASSANDRA-6415).
 * Here: that “something” is ours: ca3's clock is a minute ahead, so its connections take such a response for expired and drop it.
 * Kept: the snapshot is made, no error on either side, no timeout; the session never ends, and the node begins no other.
 */
import { CASSANDRA } from '../cassandra/system.js';
import type { Fault } from './fault.js';

/** Nodes that ask ca3. */
const ASKERS = ['ca1', 'ca2', 'ca4'];

export const droppedRepairResponse: Fault = {
  id: 'f6',
  system: CASSANDRA,
  title: 'a node drops its repair responses',
  happening: 'ca3 drops every response to a repair session as expired; it takes requests, reads and writes as before',
  paperSeconds: 1.7,
  subject: 'cassandra/ca3',
  operations: ['repair'],
  failure: 'gray',
  nodes: ['ca3'],
  inject: (cluster) => cluster.control('ca3', 'fault', 'f6'),
  repair: async (cluster) => {
    await cluster.control('ca3', 'repair', 'f6');
    // A response that was dropped does not come any more; whoever waits for one has to be told.
    await Promise.all(ASKERS.map((node) => cluster.control(node, 'repair', 'f6_session')));
  },
};
