// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the pipeline of an append cannot be created, the client gives up, and as its lease stays, it shuts itself out of the file.
 * Here: a file stands where dn2's directory of begun replicas was; an append goes where the replicas are, so to dn2 again and again.
 * Kept: plain writes go on with two datanodes; an append needs another in place of the bad one, by the default policy, and there is none.
 */
import { HDFS } from '../hdfs/system.js';
import { controlledAt, type Fault } from './fault.js';

export const failedPipeline: Fault = {
  id: 'f11',
  system: HDFS,
  title: 'pipelines through a datanode cannot be created, nor be recovered',
  happening: 'dn2 can begin no replica; what it has, it serves, and its heartbeats go on',
  paperSeconds: 2.2,
  subject: 'datanode/dn2',
  operations: ['POST /blocks/{id}'],
  failure: 'gray',
  nodes: ['dn2'],
  ...controlledAt('dn2', 'f11'),
};
