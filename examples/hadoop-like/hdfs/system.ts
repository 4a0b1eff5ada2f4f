// SPDX-License-Identifier: Apache-2.0
/** A namenode, three datanodes and two clients. */
import type { NodeSpec, System } from '../harness/system.js';

/** The store itself, for systems on top of it. */
export const HDFS_SERVERS: readonly NodeSpec[] = [
  { name: 'nn1', service: 'namenode', script: 'hdfs/namenode.js' },
  { name: 'dn1', service: 'datanode', script: 'hdfs/datanode.js' },
  { name: 'dn2', service: 'datanode', script: 'hdfs/datanode.js' },
  { name: 'dn3', service: 'datanode', script: 'hdfs/datanode.js' },
];

export const HDFS: System = {
  name: 'HDFS-like',
  nodes: [
    ...HDFS_SERVERS,
    { name: 'client-1', service: 'hdfs-client', script: 'hdfs/client.js', isClient: true },
    { name: 'client-2', service: 'hdfs-client', script: 'hdfs/client.js', isClient: true },
  ],
  detectors: ['nn1'],
};
