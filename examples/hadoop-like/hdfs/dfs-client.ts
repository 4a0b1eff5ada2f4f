// SPDX-License-Identifier: Apache-2.0
/**
 * The client's library: it asks the namenode where, and writes to datanodes and reads from them. A datanode that fails is worked
 * around where that can be done. HDFS: `DFSClient`, `DataStreamer`, `DFSInputStream`.
 */
import { call, callJson } from '../node/http-call.js';
import { framed, verify } from './packets.js';
import { firstBadLink, mustReplace, type NodeAck, sendBlock } from './pipeline.js';
import {
  type BrokenPipeline,
  CLIENT_HEADER,
  type CompletedBlock,
  type DatanodeAddress,
  type LocatedBlock,
  READ_TIMEOUT_MS,
  RPC_TIMEOUT_MS,
  USER_HEADER,
} from './protocol.js';
import { readShortCircuit } from './short-circuit-read.js';

/** Pipelines tried for one block before the write fails. */
const RECOVERY_COUNT_MAX = 5;

/** How often a reader asks where a block is before the read fails (`dfs.client.max.block.acquire.failures`). */
const ACQUIRE_COUNT_MAX = 3;

export class DfsClient {
  readonly #namenodeUrl: string;
  readonly #name: string;
  readonly #user: string;

  /**
   * @param namenode `host:port`
   * @param name whose leases are held
   * @param user for whom the namenode is asked
   */
  constructor(namenode: string, name: string, user: string) {
    this.#namenodeUrl = `http://${namenode}`;
    this.#name = name;
    this.#user = user;
  }

  /** Writes a file of one block, in place of what was there. Resolves with where that is. */
  async create(file: string, payload: Uint8Array): Promise<LocatedBlock> {
    const block = await this.#namenode<LocatedBlock>('POST', `files/${file}/blocks`);
    const { blockId, length, datanodes } = await this.#stream(block, framed(payload), false);
    await this.#complete(file, { blockId, length, datanodes });
    return { blockId, length, datanodes: block.datanodes.filter(({ name }) => datanodes.includes(name)) };
  }

  /** Makes a file longer. */
  async append(file: string, payload: Uint8Array): Promise<void> {
    const block = await this.#namenode<LocatedBlock>('POST', `files/${file}/append`);
    await this.#complete(file, await this.#stream(block, framed(payload), true));
  }

  /**
   * Reads a file over the network, from any datanode that has it.
   *
   * @param known where its block is, as far as the caller knows; the namenode is asked when it is not there
   */
  read(file: string, known?: LocatedBlock): Promise<Buffer> {
    const readFrom = ({ url }: DatanodeAddress, blockId: string): Promise<Buffer> =>
      call({ method: 'GET', url: `${url}/blocks/${blockId}`, timeoutMs: READ_TIMEOUT_MS });
    return this.#readFrom(file, readFrom, known);
  }

  /** Reads a file from this host's disk, past the datanode, which only says where it lies. */
  readLocal(file: string): Promise<Buffer> {
    return this.#readFrom(file, readShortCircuit);
  }

  /** How long a file is. */
  info(file: string): Promise<{ readonly length: number }> {
    return this.#namenode('GET', `files/${file}`);
  }

  /** Sends data down the block's pipeline, and around whoever breaks it. */
  async #stream(block: LocatedBlock, data: Uint8Array<ArrayBuffer>, isAppend: boolean): Promise<CompletedBlock> {
    const { blockId, length } = block;
    const failed: string[] = [];
    let pipeline = block.datanodes;
    for (;;) {
      const acks = await sendBlock({ blockId, data, ...(isAppend && { offset: length }) }, pipeline);
      const bad = firstBadLink(acks);
      if (!bad) return { blockId, length: length + data.length, datanodes: pipeline.map(({ name }) => name) };
      failed.push(bad.datanode);
      if (failed.length >= RECOVERY_COUNT_MAX) throw brokenAt(blockId, bad);
      pipeline = await this.#recover(blockId, pipeline, failed, isAppend).catch((cause: unknown) => {
        throw brokenAt(blockId, bad, cause);
      });
    }
  }

  /** The pipeline without those that failed in it, and with others in their place where it needs them. */
  async #recover(
    blockId: string,
    pipeline: readonly DatanodeAddress[],
    failed: readonly string[],
    isAppend: boolean,
  ): Promise<readonly DatanodeAddress[]> {
    const rest = pipeline.filter(({ name }) => !failed.includes(name));
    const broken: BrokenPipeline = { existing: rest.map(({ name }) => name), failed };
    const path = `blocks/${blockId}/pipeline`;
    const { additional } = await this.#namenode<{ additional: readonly DatanodeAddress[] }>('POST', path, broken);
    if (additional.length === 0 && mustReplace(rest.length, isAppend)) {
      throw new Error('failed to replace a bad datanode on the existing pipeline: no more good datanodes are there');
    }
    // HDFS would copy the block to a node that joins an append; a cluster of three has no such node.
    return isAppend ? rest : [...rest, ...additional];
  }

  async #readFrom(
    file: string,
    readFrom: (datanode: DatanodeAddress, blockId: string) => Promise<Buffer>,
    known?: LocatedBlock,
  ): Promise<Buffer> {
    let failure: unknown;
    let located = known;
    for (let count = 0; count < ACQUIRE_COUNT_MAX; count++, located = undefined) {
      // Anew each time: the block may have been replaced meanwhile.
      located ??= await this.#namenode<LocatedBlock>('GET', `files/${file}/blocks`);
      const { blockId, length, datanodes } = located;
      for (const datanode of shuffled(datanodes)) {
        try {
          const block = await readFrom(datanode, blockId);
          verify(block, length);
          return block;
        } catch (error) {
          failure = error;
        }
      }
    }
    throw failure;
  }

  async #complete(file: string, block: CompletedBlock): Promise<void> {
    await this.#namenode('POST', `files/${file}/complete`, block);
  }

  #namenode<Answer>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    return callJson<Answer>({
      method,
      url: `${this.#namenodeUrl}/${path}`,
      timeoutMs: RPC_TIMEOUT_MS,
      headers: { [USER_HEADER]: this.#user, [CLIENT_HEADER]: this.#name },
      ...(body && { body }),
    });
  }
}

function brokenAt(blockId: string, { datanode, message }: NodeAck, cause?: unknown): Error {
  const why = cause instanceof Error ? `; ${cause.message}` : '';
  return new Error(`pipeline of ${blockId} broken at ${datanode}: ${message}${why}`, { cause });
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
