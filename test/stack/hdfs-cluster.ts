// SPDX-License-Identifier: Apache-2.0
/** The example's HDFS-like cluster, as the demo runs it, but with its telemetry sent to wherever a test wants it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cluster } from '../../examples/hadoop-like/dist/harness/cluster.js';
import { Household } from '../../examples/hadoop-like/dist/harness/household.js';
import { HDFS } from '../../examples/hadoop-like/dist/hdfs/system.js';

export interface HdfsCluster {
  readonly cluster: Cluster;
  close(): Promise<void>;
}

/** @param otlpGrpc `host:port` to which every node exports */
export async function startHdfsCluster(otlpGrpc: string): Promise<HdfsCluster> {
  const directory = await mkdtemp(path.join(tmpdir(), 'panorama-hdfs-'));
  const stop = new AbortController();
  const household = new Household(stop);
  const cluster = new Cluster(HDFS, household, { otlpUrl: `http://${otlpGrpc}`, directory });
  const close = async () => {
    cluster.close();
    await household.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await cluster.start(stop.signal);
  } catch (error) {
    await close();
    throw error;
  }
  return { cluster, close };
}
