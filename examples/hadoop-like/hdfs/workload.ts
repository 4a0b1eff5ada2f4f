// SPDX-License-Identifier: Apache-2.0
/**
 * The work of a client: a few lanes that write blocks and a few that read them back, at a modest pace. It is an
 * ordinary program with ordinary timeouts. When a write fails it gives the block up and asks for another, as an HDFS
 * client abandons a block whose pipeline could not be set up; and as the namenode sees nothing wrong, the next pipeline
 * has the sick datanode in it again.
 */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { call, callJson } from '../node/http-call.js';
import { type Allocation, firstBadLink, REPLICATION, sendBlock } from './pipeline.js';
import { countUp, emptyTally, type Tally } from './tally.js';

const WRITER_LANE_COUNT = 4;
const READER_LANE_COUNT = 2;

/** A lane starts an operation this often, give or take a quarter: in all about 6 writes and 8 reads a second. */
const WRITE_PERIOD_MS = 640;
const READ_PERIOD_MS = 250;

const BLOCK_LENGTH = 16 * 1024;
const ALLOCATION_TIMEOUT_MS = 1000;
const READ_TIMEOUT_MS = 1000;

/** Blocks remembered for reading; the oldest are forgotten. */
const REMEMBERED_COUNT_MAX = 64;

interface WrittenBlock {
  readonly blockId: string;
  readonly sha256: string;
  /** The datanodes that acknowledged it. */
  readonly replicas: Allocation['pipeline'];
}

export class Workload {
  readonly tally: Tally = emptyTally();
  readonly #namenodeUrl: string;
  readonly #written: WrittenBlock[] = [];

  constructor(namenodeUrl: string) {
    this.#namenodeUrl = namenodeUrl;
  }

  /** Starts all lanes; they end with the process. */
  start(): void {
    for (let lane = 0; lane < WRITER_LANE_COUNT; lane++) void runLane(WRITE_PERIOD_MS, () => this.#write());
    for (let lane = 0; lane < READER_LANE_COUNT; lane++) void runLane(READ_PERIOD_MS, () => this.#read());
  }

  async #write(): Promise<void> {
    const data = randomBytes(BLOCK_LENGTH);
    try {
      const { blockId, pipeline } = await callJson<Allocation>({
        method: 'POST',
        url: `${this.#namenodeUrl}/allocations`,
        timeoutMs: ALLOCATION_TIMEOUT_MS,
      });
      const acks = await sendBlock(blockId, data, pipeline);
      const badLink = firstBadLink(acks);
      if (badLink) {
        countUp(this.tally.badLinks, badLink.datanode);
        throw new Error(`pipeline of ${blockId} broken at ${badLink.datanode}: ${badLink.message}`);
      }
      if (acks.length < REPLICATION) throw new Error(`${blockId} has ${acks.length} of ${REPLICATION} replicas`);
      this.#remember({ blockId, sha256: sha256(data), replicas: pipeline });
      this.tally.writesOk++;
    } catch (error) {
      this.tally.writesFailed++;
      this.tally.lastFailure = (error as Error).message;
    }
  }

  async #read(): Promise<void> {
    const block = anyOf(this.#written);
    const replica = block && anyOf(block.replicas);
    if (!block || !replica) return;
    try {
      const url = `${replica.url}/blocks/${block.blockId}`;
      const data = await call({ method: 'GET', url, timeoutMs: READ_TIMEOUT_MS });
      if (sha256(data) !== block.sha256) throw new Error(`${block.blockId} from ${replica.name} has a wrong checksum`);
      this.tally.readsOk++;
      countUp(this.tally.readsOkBy, replica.name);
    } catch (error) {
      this.tally.readsFailed++;
      countUp(this.tally.readsFailedBy, replica.name);
      this.tally.lastFailure = (error as Error).message;
    }
  }

  #remember(block: WrittenBlock): void {
    this.#written.push(block);
    if (this.#written.length > REMEMBERED_COUNT_MAX) this.#written.shift();
  }
}

/** One operation after the other, each begun a period after the last; a longer one is followed at once. */
async function runLane(periodMs: number, operate: () => Promise<void>): Promise<never> {
  await delay(periodMs * Math.random());
  for (;;) {
    const jitter = 0.75 + 0.5 * Math.random();
    await Promise.all([operate(), delay(periodMs * jitter)]);
  }
}

function anyOf<Item>(items: readonly Item[]): Item | undefined {
  return items[Math.floor(Math.random() * items.length)];
}

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
