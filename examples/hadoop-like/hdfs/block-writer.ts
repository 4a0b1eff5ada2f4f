// SPDX-License-Identifier: Apache-2.0
/**
 * The block writer: a queue with a single lane in front of the disk, so that blocks are written one after the other.
 * It is where the gray failure sits. When one disk call does not return, everything behind it waits for ever, while
 * the rest of the process (reads, heartbeats, the health route) has never heard of this queue.
 *
 * A write whose caller has hung up leaves the queue at once, and one that has reached the disk is dropped when its disk
 * call returns. So the queue never holds more than the writes somebody still waits for, and a repair does not begin
 * with work for nobody.
 */
import { type FileHandle, open, rename } from 'node:fs/promises';
import type { BlockWrite } from './pipeline.js';
import type { Volume } from './volume.js';

interface QueuedWrite extends BlockWrite {
  readonly givenUp: AbortSignal;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class BlockWriter {
  readonly #volume: Volume;
  readonly #queue: QueuedWrite[] = [];
  #lane: Promise<void> | undefined;
  #inHand: Promise<void> = Promise.resolve();

  constructor(volume: Volume) {
    this.#volume = volume;
  }

  /**
   * Writes a block or makes one longer, after all that were asked for before it.
   *
   * @param givenUp aborts when nobody waits for the block any more
   * @throws Error when the disk refuses, or when the caller gave up
   */
  write(block: BlockWrite, givenUp: AbortSignal): Promise<void> {
    return new Promise((done, failed) => {
      if (givenUp.aborted) return failed(abandoned(block.blockId));
      const entry: QueuedWrite = { ...block, givenUp, done, failed };
      givenUp.addEventListener('abort', () => this.#leaveQueue(entry), { once: true });
      this.#queue.push(entry);
      this.#lane ??= this.#drain();
    });
  }

  /** Resolves when the write that the disk has in hand, if any, is over. */
  inHand(): Promise<void> {
    return this.#inHand;
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      this.#inHand = this.#store(next).then(next.done, next.failed);
      await this.#inHand;
    }
    this.#lane = undefined;
  }

  async #store({ blockId, data, offset, givenUp }: QueuedWrite): Promise<void> {
    // The call that a bad disk never answers. It holds one thread of the pool; the other three go on serving reads.
    const journal = await open(this.#volume.journalPath, 'a');
    try {
      if (givenUp.aborted) throw abandoned(blockId);
      const path = this.#volume.beingWrittenPath(blockId);
      if (offset !== undefined) await rename(this.#volume.finalizedPath(blockId), path);
      await writeDurably(path, data, offset);
      await rename(path, this.#volume.finalizedPath(blockId));
      await journal.appendFile(`finalized ${blockId} ${data.length}\n`);
    } finally {
      await journal.close();
    }
  }

  #leaveQueue(entry: QueuedWrite): void {
    const index = this.#queue.indexOf(entry);
    if (index < 0) return;
    this.#queue.splice(index, 1);
    entry.failed(abandoned(entry.blockId));
  }
}

async function writeDurably(path: string, data: Uint8Array, offset: number | undefined): Promise<void> {
  const file: FileHandle = await open(path, offset === undefined ? 'w' : 'r+');
  try {
    await file.truncate(offset ?? 0);
    await file.write(data, 0, data.length, offset ?? 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

function abandoned(blockId: string): Error {
  return new Error(`the write of ${blockId} was given up by its caller`);
}
