// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: a datanode's disk hangs. Heartbeats and reads go on, and the namenode puts the node into every next pipeline.
 * Here: the journal that is opened before each block is a FIFO without a reader, so `open()` blocks in the kernel.
 * Kept: one thread hangs for ever, the queue behind it waits, nothing is answered and nothing reports an error.
 */
import { HDFS } from '../hdfs/system.js';
import { controlledAt, type Fault } from './fault.js';

export const stuckDisk: Fault = {
  id: 'f0',
  system: HDFS,
  title: 'a datanode’s disk hangs',
  happening: 'the disk call before each block that dn2 writes does not return; its heartbeats and reads go on',
  paperSeconds: Number.NaN,
  subject: 'datanode/dn2',
  operations: ['POST /blocks/{id}'],
  failure: 'gray',
  nodes: ['dn2'],
  ...controlledAt('dn2', 'f0'),
};
