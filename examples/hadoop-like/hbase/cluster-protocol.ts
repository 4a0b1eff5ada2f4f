// SPDX-License-Identifier: Apache-2.0
/** What master, region servers and clients say to each other, beside reads and writes. */
import { scaled } from '../node/time-scale.js';

/** `hbase.rpc.timeout`. */
export const RPC_TIMEOUT_MS: number = scaled(60_000);

/** `hbase.rpc.shortoperation.timeout`: of a region server's reports, and of orders to open a region. */
export const SHORT_TIMEOUT_MS: number = scaled(10_000);

/** `hbase.regionserver.msginterval`: between two reports of a region server to its master. */
export const REPORT_INTERVAL_MS: number = scaled(3_000);

/** Between two looks at who has a node in ZooKeeper, in place of a watch. */
export const LOOK_INTERVAL_MS: number = scaled(2_000);

/** Where the live region servers are, each an ephemeral node, `rs1,1700000000000`. */
export const SERVERS_PATH = '/hbase/rs';

/** And the master. */
export const MASTER_PATH = '/hbase/master';

/** What a region server reports (`RegionServerStatusService.RegionServerReport`). */
export interface RegionServerReport {
  /** Its name and its start code: a process that was started again is another server. */
  readonly server: string;
  /** `host:port` for clients. */
  readonly address: string;
  readonly regions: readonly string[];
  /** HBase's `ageOfLastShippedOp`, in ms. */
  readonly replicationLagMs: number;
}

/** Where a region is served. */
export interface RegionLocation {
  readonly region: string;
  /** The node's name: `rs1`. */
  readonly node: string;
  readonly address: string;
}

/** A server's name: its node's and its start code. */
export function serverName(node: string, startCode: number): string {
  return `${node},${startCode}`;
}

/** The node of a server's name. */
export function nodeOf(server: string): string {
  return server.slice(0, server.indexOf(','));
}
