// SPDX-License-Identifier: Apache-2.0
/** A master, two region servers and one of a peer cluster, on the store and a ZooKeeper server, and two clients. */
import type { System } from '../harness/system.js';
import { HDFS_SERVERS } from '../hdfs/system.js';
import { STANDALONE_ZOOKEEPER } from '../zookeeper/system.js';

export const HBASE: System = {
  name: 'HBase-like',
  nodes: [
    STANDALONE_ZOOKEEPER,
    ...HDFS_SERVERS,
    { name: 'hm1', service: 'hmaster', script: 'hbase/hmaster.js' },
    { name: 'rs1', service: 'regionserver', script: 'hbase/regionserver.js' },
    { name: 'rs2', service: 'regionserver', script: 'hbase/regionserver.js' },
    { name: 'rsp1', service: 'regionserver-peer', script: 'hbase/peer.js' },
    { name: 'client-1', service: 'hbase-client', script: 'hbase/client.js', isClient: true },
    { name: 'client-2', service: 'hbase-client', script: 'hbase/client.js', isClient: true },
  ],
  detectors: ['hm1', 'rs1', 'rs2', 'nn1'],
};
