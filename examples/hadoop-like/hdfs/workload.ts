// SPDX-License-Identifier: Apache-2.0
/**
 * What a client does: it writes blocks and reads them back. It is an ordinary program with ordinary timeouts. When a write fails it gives the block up and asks for another, as an HDFS
 * client abandons a block whose pipeline could not be set up; and as the namenode sees nothing wrong, the next pipeline
 * has the sick datanode in it again.
 */
import { createHash, randomBytes } from 'node:crypto';
import { call, callJson } from '../node/http-call.js';
import { scaled } from '../node/time-scale.js';
import { type Allocation, firstBadLink, REPLICATION, sendBlock } from './pipeline.js';

const BLOCK_LENGTH = 16 * 1024;
/** `ipc.client.rpc-timeout.ms` and `dfs.client.socket-timeout` are a minute. */
const ALLOCATION_TIMEOUT_MS = scaled(60_000);
const READ_TIMEOUT_MS = scaled(60_000);

/** Blocks remembered for reading; the oldest are forgotten. */
const REMEMBERED_COUNT_MAX = 64;

interface WrittenBlock {
  readonly blockId: string;
  readonly sha256: string;
  /** The datanodes that acknowledged it. */
  readonly replicas: Allocation['pipeline'];
}

export class Workload {
  readonly #namenodeUrl: string;
  readonly #written: WrittenBlock[] = [];

  constructor(namenodeUrl: string) {
    this.#namenodeUrl = namenodeUrl;
  }

  /** Writes one block down the pipeline that the namenode gives. */
  async write(): Promise<void> {
    const data = randomBytes(BLOCK_LENGTH);
    const { blockId, pipeline } = await callJson<Allocation>({
      method: 'POST',
      url: `${this.#namenodeUrl}/allocations`,
      timeoutMs: ALLOCATION_TIMEOUT_MS,
    });
    const acks = await sendBlock(blockId, data, pipeline);
    const badLink = firstBadLink(acks);
    if (badLink) throw new Error(`pipeline of ${blockId} broken at ${badLink.datanode}: ${badLink.message}`);
    if (acks.length < REPLICATION) throw new Error(`${blockId} has ${acks.length} of ${REPLICATION} replicas`);
    this.#remember({ blockId, sha256: sha256(data), replicas: pipeline });
  }

  /** Reads one of the latest blocks from one of its replicas. */
  async read(): Promise<void> {
    const block = anyOf(this.#written);
    const replica = block && anyOf(block.replicas);
    if (!block || !replica) return;
    const url = `${replica.url}/blocks/${block.blockId}`;
    const data = await call({ method: 'GET', url, timeoutMs: READ_TIMEOUT_MS });
    if (sha256(data) !== block.sha256) throw new Error(`${block.blockId} from ${replica.name} has a wrong checksum`);
  }

  #remember(block: WrittenBlock): void {
    this.#written.push(block);
    if (this.#written.length > REMEMBERED_COUNT_MAX) this.#written.shift();
  }
}

function anyOf<Item>(items: readonly Item[]): Item | undefined {
  return items[Math.floor(Math.random() * items.length)];
}

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
