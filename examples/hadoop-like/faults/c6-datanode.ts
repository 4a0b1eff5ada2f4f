// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: a datanode's process dies.
 * Here: SIGKILL. The repair is a new process on the same directory and ports.
 * Kept: the namenode gives it up after ten and a half minutes without heartbeats; until then pipelines recover and readers go elsewhere.
 */
import { HDFS } from '../hdfs/system.js';
import { crashOf, type Fault } from './fault.js';

export const datanodeCrash: Fault = {
  id: 'c6',
  system: HDFS,
  title: 'a datanode crashes',
  happening: 'dn2 is killed; the namenode goes on handing it out until it has missed its heartbeats for long enough',
  paperSeconds: 6,
  subject: 'datanode/dn2',
  ...crashOf('dn2'),
};
