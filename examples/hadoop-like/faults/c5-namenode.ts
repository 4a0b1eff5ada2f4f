// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the namenode's process dies.
 * Here: SIGKILL. The repair is a new process on the same directory and ports.
 * Kept: it reads its edit log, and learns from the datanodes, which register anew, where the blocks are.
 */
import { HDFS } from '../hdfs/system.js';
import { crashOf, type Fault } from './fault.js';

export const namenodeCrash: Fault = {
  id: 'c5',
  system: HDFS,
  title: 'the namenode crashes',
  happening: 'nn1 is killed; nobody answers for it',
  paperSeconds: 0.723,
  subject: 'namenode/nn1',
  ...crashOf('nn1'),
};
