// SPDX-License-Identifier: Apache-2.0
/** What namenode, datanodes and clients say to each other. */
import { scaled } from '../node/time-scale.js';

/** Where a datanode is reached. */
export interface DatanodeAddress {
  readonly name: string;
  /** Base URL of its data port. */
  readonly url: string;
  /** Its unix socket, for readers on the same host (`dfs.domain.socket.path`). */
  readonly socketPath: string;
}

/** A block and the datanodes that hold it, or are to hold it, in a pipeline's order. */
export interface LocatedBlock {
  readonly blockId: string;
  /** Bytes that are known to be written, on all of them. */
  readonly length: number;
  readonly datanodes: readonly DatanodeAddress[];
}

/** What a client tells when its blocks are written: `POST /files/{id}/complete`. */
export interface CompletedBlock {
  readonly blockId: string;
  readonly length: number;
  /** Names of the datanodes that acknowledged it. */
  readonly datanodes: readonly string[];
}

/** A replica on a datanode's disk. */
export interface Replica {
  readonly blockId: string;
  readonly length: number;
}

/** All that a datanode holds: `POST /block-reports`. */
export interface BlockReport {
  readonly name: string;
  readonly replicas: readonly Replica[];
}

/** What a datanode learns of the namespace that it is to serve, when it makes itself known: `POST /registrations`. */
export interface NamespaceInfo {
  readonly blockPoolId: string;
}

/** The answer to a heartbeat. HDFS: `DNA_REGISTER`, `DNA_INVALIDATE`. */
export interface DatanodeCommands {
  /** The namenode does not know this datanode; it has been restarted, say. */
  readonly register: boolean;
  /** Blocks to delete. */
  readonly invalidate: readonly string[];
}

/** Which datanodes are still in a pipeline, and which have failed in it: `POST /blocks/{id}/pipeline`. */
export interface BrokenPipeline {
  readonly existing: readonly string[];
  readonly failed: readonly string[];
}

/** Header that says for whom a client calls; HDFS takes it from the connection. */
export const USER_HEADER = 'x-user';

/** Header that says who has the lease: one client process, whatever users it works for. */
export const CLIENT_HEADER = 'x-client';

/** Deadline of a client's call to the namenode (`ipc.client.rpc-timeout.ms`). */
export const RPC_TIMEOUT_MS: number = scaled(120_000);

/** Deadline of reading a block (`dfs.client.socket-timeout`). */
export const READ_TIMEOUT_MS: number = scaled(60_000);
