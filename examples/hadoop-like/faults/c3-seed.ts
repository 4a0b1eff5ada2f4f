// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the process of the node by which all others find each other ends at once.
 * Here: `kill -9` of ca1, and its restart with the same directory and ports.
 * Kept: nothing is said at the end; gossip about it stops, and the φ of the others grows until they take it for down.
 */
import { CASSANDRA } from '../cassandra/system.js';
import { crashOf, type Fault } from './fault.js';

export const seedCrash: Fault = {
  id: 'c3',
  system: CASSANDRA,
  title: 'the seed of the ring crashes',
  happening: 'ca1, the seed, was killed; the other three go on',
  paperSeconds: 8,
  subject: 'cassandra/ca1',
  ...crashOf('ca1'),
};
