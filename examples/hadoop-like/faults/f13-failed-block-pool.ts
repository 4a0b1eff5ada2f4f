// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the block pool of a datanode fails to initialise, which is logged as fatal, and the datanode goes on without it (HDFS-2882).
 * Here: the pool's VERSION file on dn2 is overwritten in part, and the datanode is told to join its namespace anew.
 * Kept: it registers and sends heartbeats with no pool; the namenode, which had its block report before, sends everybody there.
 */
import { HDFS } from '../hdfs/system.js';
import { controlledAt, type Fault } from './fault.js';

export const failedBlockPool: Fault = {
  id: 'f13',
  system: HDFS,
  title: 'a datanode’s block pool fails to initialise, and the datanode goes on',
  happening: 'dn2 has joined its namespace anew and cannot read its pool’s VERSION; it sends heartbeats all the same',
  paperSeconds: 1.1,
  subject: 'datanode/dn2',
  operations: ['POST /blocks/{id}', 'GET /blocks/{id}', 'POST /slots/{id}'],
  failure: 'gray',
  nodes: ['dn2'],
  ...controlledAt('dn2', 'f13'),
};
