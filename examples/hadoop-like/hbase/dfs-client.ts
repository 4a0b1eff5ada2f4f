// SPDX-License-Identifier: Apache-2.0
/**
 * What HBase needs of the store below: to write a block down a pipeline and to read it back. There are no file names; whoever
 * wrote a block keeps what is answered here and so finds it again.
 */
import { type Allocation, firstBadLink, sendBlock } from '../hdfs/pipeline.js';
import { call, callJson } from '../node/http-call.js';
import { scaled } from '../node/time-scale.js';

/** `ipc.client.rpc-timeout.ms` and `dfs.client.socket-timeout`. */
const TIMEOUT_MS = scaled(60_000);

/** How often a block is given up for another when its pipeline breaks (`dfs.client.block.write.retries`). */
const RETRY_COUNT_MAX = 3;

export interface StoredBlock {
  readonly blockId: string;
  /** The datanodes that hold it. */
  readonly replicas: Allocation['pipeline'];
}

/** A place for blocks. */
export interface BlockStore {
  /** Resolves when every datanode of the pipeline has the bytes. */
  write(data: Uint8Array<ArrayBuffer>): Promise<StoredBlock>;
  read(block: StoredBlock): Promise<Buffer>;
}

export class DfsClient implements BlockStore {
  readonly #namenodeUrl: string;

  constructor(namenodeUrl: string) {
    this.#namenodeUrl = namenodeUrl;
  }

  async write(data: Uint8Array<ArrayBuffer>): Promise<StoredBlock> {
    let failure = '';
    for (let retry = 0; retry <= RETRY_COUNT_MAX; retry++) {
      const { blockId, pipeline } = await callJson<Allocation>({
        method: 'POST',
        url: `${this.#namenodeUrl}/allocations`,
        timeoutMs: TIMEOUT_MS,
      });
      const badLink = firstBadLink(await sendBlock(blockId, data, pipeline));
      if (!badLink) return { blockId, replicas: pipeline };
      failure = `pipeline of ${blockId} broken at ${badLink.datanode}: ${badLink.message}`;
    }
    throw new Error(failure);
  }

  /** Reads from one replica, and from the next where that one fails. */
  async read({ blockId, replicas }: StoredBlock): Promise<Buffer> {
    const first = Math.floor(Math.random() * replicas.length);
    let failure: unknown = new Error(`${blockId} has no replica`);
    for (const { url } of [...replicas.slice(first), ...replicas.slice(0, first)]) {
      try {
        return await call({ method: 'GET', url: `${url}/blocks/${blockId}`, timeoutMs: TIMEOUT_MS });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}
