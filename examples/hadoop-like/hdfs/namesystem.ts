// SPDX-License-Identifier: Apache-2.0
/**
 * The namenode's memory: files, each of one block, who may write to which, and which datanode holds what. HDFS: `FSNamesystem` with
 * its `LeaseManager` and `BlockManager`. It decides and remembers; calls and disks are others' business.
 */
import { scaled } from '../node/time-scale.js';
import { BlockPlacement } from './block-placement.js';
import type { Edit } from './edit-log.js';
import type { BlockReport, BrokenPipeline, CompletedBlock, DatanodeAddress, LocatedBlock } from './protocol.js';

/** How long a file is its writer's alone, though the writer says nothing more of it (`LEASE_SOFTLIMIT_PERIOD`, a minute). */
export const LEASE_SOFT_LIMIT_MS: number = scaled(60_000);

/** An operation that the namenode refuses, with the HTTP status that says so. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Lease {
  readonly holder: string;
  readonly sinceMs: number;
}

interface Block {
  readonly blockId: string;
  length: number;
  /** Names of the datanodes that hold it. */
  readonly replicas: Set<string>;
}

export class Namesystem {
  readonly #files = new Map<string, Block>();
  readonly #blocks = new Map<string, Block>();
  readonly #leases = new Map<string, Lease>();
  readonly #invalid = new Map<string, Set<string>>();
  readonly #placement = new BlockPlacement();
  #lastBlockNumber = 0;

  /** @param edits what the edit log holds. Where the blocks are, the datanodes will say */
  constructor(edits: readonly Edit[] = []) {
    for (const { file, blockId, length } of edits) {
      this.#replace(file, { blockId, length, replicas: new Set() });
      this.#lastBlockNumber = Math.max(this.#lastBlockNumber, Number(blockId.slice('blk_'.length)));
    }
    // Blocks that were handed out but never completed are in no log, and their numbers must not be given again.
    if (edits.length > 0) this.#lastBlockNumber += 1000;
  }

  /** A new block for a file that is to be written anew. */
  create(file: string, holder: string, alive: readonly DatanodeAddress[], nowMs: number): LocatedBlock {
    if (alive.length === 0) throw new Refusal(503, `${file} could be replicated to 0 nodes; none is alive`);
    this.#takeLease(file, holder, nowMs);
    return { blockId: `blk_${++this.#lastBlockNumber}`, length: 0, datanodes: this.#placement.choose(alive) };
  }

  /** The block of a file that is to be made longer: it goes on where its replicas are. */
  append(file: string, holder: string, alive: readonly DatanodeAddress[], nowMs: number): LocatedBlock {
    const located = this.locate(file, alive);
    this.#takeLease(file, holder, nowMs);
    return { ...located, datanodes: this.#placement.choose(located.datanodes) };
  }

  /** Datanodes that could stand in for those that failed in a pipeline: alive, and not in it already. */
  additional({ existing, failed }: BrokenPipeline, alive: readonly DatanodeAddress[]): readonly DatanodeAddress[] {
    const used = new Set([...existing, ...failed]);
    return alive.filter(({ name }) => !used.has(name)).slice(0, failed.length);
  }

  /** A writer is done; the lease ends. Returns what is to be logged. */
  complete(file: string, holder: string, { blockId, length, datanodes }: CompletedBlock): Edit {
    if (this.#leases.get(file)?.holder !== holder) throw new Refusal(409, `${holder} has no lease on ${file}`);
    this.#leases.delete(file);
    this.#replace(file, { blockId, length, replicas: new Set(datanodes) });
    return { file, blockId, length };
  }

  /** Where a file's block is. */
  locate(file: string, alive: readonly DatanodeAddress[]): LocatedBlock {
    const { blockId, length, replicas } = this.#fileAt(file);
    const datanodes = alive.filter(({ name }) => replicas.has(name));
    if (datanodes.length === 0) throw new Refusal(503, `no datanode has reported ${blockId} of ${file} yet`);
    return { blockId, length, datanodes };
  }

  /** What `ls` shows of a file. */
  info(file: string): { readonly length: number; readonly isOpen: boolean } {
    return { length: this.#fileAt(file).length, isOpen: this.#leases.has(file) };
  }

  /** All that a datanode holds. Nobody misses what no file refers to. */
  report({ name, replicas }: BlockReport): void {
    for (const { blockId, length } of replicas) {
      const block = this.#blocks.get(blockId);
      if (!block) this.#invalidate(name, blockId);
      else if (length >= block.length) block.replicas.add(name);
    }
  }

  /** Blocks that a datanode is to delete; told once. */
  takeInvalid(name: string): readonly string[] {
    const blockIds = [...(this.#invalid.get(name) ?? [])];
    this.#invalid.delete(name);
    return blockIds;
  }

  #fileAt(file: string): Block {
    const block = this.#files.get(file);
    if (!block) throw new Refusal(404, `${file} does not exist`);
    return block;
  }

  #takeLease(file: string, holder: string, nowMs: number): void {
    const lease = this.#leases.get(file);
    // Also by its own holder: a client that has given a file up without closing it shuts itself out.
    if (lease && nowMs - lease.sinceMs < LEASE_SOFT_LIMIT_MS) {
      throw new Refusal(409, `${file} is being created by ${lease.holder}`);
    }
    this.#leases.set(file, { holder, sinceMs: nowMs });
  }

  #replace(file: string, block: Block): void {
    const before = this.#files.get(file);
    this.#files.set(file, block);
    if (before && before.blockId !== block.blockId) {
      this.#blocks.delete(before.blockId);
      for (const name of before.replicas) this.#invalidate(name, before.blockId);
    }
    this.#blocks.set(block.blockId, block);
  }

  #invalidate(name: string, blockId: string): void {
    const blockIds = this.#invalid.get(name) ?? new Set();
    this.#invalid.set(name, blockIds.add(blockId));
  }
}
