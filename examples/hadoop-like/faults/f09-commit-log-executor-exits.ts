// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the commit log's executor exits on an exception. Writes pile up in memory until the node does little but collect garbage.
 * Here: the segment's file is lost, the append throws, the worker ends; flushes grow and fail, and the log's queue fills up.
 * Kept: nothing is logged of it but a thread's end, gossip and reads go on, and writes are slower and slower, then stuck.
 */
import { CASSANDRA } from '../cassandra/system.js';
import { controlledAt, type Fault } from './fault.js';

export const commitLogExecutorExits: Fault = {
  id: 'f9',
  system: CASSANDRA,
  title: 'a node’s commit log executor exits',
  happening: 'the thread that appends to ca3’s commit log has ended by an exception; ca3 takes writes as before',
  paperSeconds: 0.5,
  subject: 'cassandra/ca3',
  operations: ['POST /mutations'],
  failure: 'gray',
  nodes: ['ca3'],
  ...controlledAt('ca3', 'f9'),
};
