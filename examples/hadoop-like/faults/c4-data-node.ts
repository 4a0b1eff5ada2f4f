// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the process of a node that holds data ends at once.
 * Here: `kill -9` of ca3, and its restart with the same directory and ports.
 * Kept: nothing is said at the end; gossip about it stops, and the φ of the others grows until they take it for down.
 */
import { CASSANDRA } from '../cassandra/system.js';
import { crashOf, type Fault } from './fault.js';

export const dataNodeCrash: Fault = {
  id: 'c4',
  system: CASSANDRA,
  title: 'a data node crashes',
  happening: 'ca3 was killed; the other three go on',
  paperSeconds: 9,
  subject: 'cassandra/ca3',
  ...crashOf('ca3'),
};
