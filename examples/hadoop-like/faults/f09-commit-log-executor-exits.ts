// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the commit log's executor exits on an exception; writes pile up, and a storm of garbage collections follows (as the paper has it).
 * Here: by analogy: the segment's file is lost, the append throws, the worker ends; its queue is short, and no heap fills up.
 * Kept: a thread's end is all that is logged; flushes grow and fail, writes are slower, then wait for room in the queue; reads go on.
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
