// SPDX-License-Identifier: Apache-2.0
/**
 * The bucket cache in a file (`hbase.bucketcache.ioengine=file:…`): store files near at hand, on a local disk, so that a
 * read need not go to the store below. What is new is in memory first; the drive's lane writes it down when it comes to it.
 */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Executor } from '../node/executor.js';
import type { StoredFile } from './file-system.js';

/** The file is used round and round; what is overwritten is no longer cached. */
const CAPACITY = 16 * 1024 * 1024;

/** Store files that wait to be written down; past that, new ones are not cached (`BucketCache` drops them as well). */
const WRITER_QUEUE_LENGTH_MAX = 64;

interface DiskTask {
  /** Whether the caller has left. */
  readonly isGivenUp: () => boolean;
  readonly run: () => Promise<void>;
}

interface Bucket {
  readonly position: number;
  readonly length: number;
}

export class BucketCache {
  readonly path: string;
  /** A drive does one thing after the other. */
  readonly #drive = new Executor<DiskTask>(1, async (task) => {
    if (task.isGivenUp()) return;
    this.#inHand = task.run();
    await this.#inHand;
  });
  /** What waits to be written down (`ramCache`). */
  readonly #inMemory = new Map<StoredFile, Buffer>();
  /** Where on the disk (`backingMap`). */
  readonly #buckets = new Map<StoredFile, Bucket>();
  #position = 0;
  #inHand: Promise<void> = Promise.resolve();

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes an empty cache in a directory. */
  static async create(directory: string): Promise<BucketCache> {
    await mkdir(directory, { recursive: true });
    const path = join(directory, 'bucket.cache');
    await writeFile(path, '');
    return new BucketCache(path);
  }

  /** Takes a store file in, without waiting for the disk. */
  cache(file: StoredFile, bytes: Buffer): void {
    if (this.#inMemory.size >= WRITER_QUEUE_LENGTH_MAX) return;
    this.#inMemory.set(file, bytes);
    this.#drive.submit({ isGivenUp: () => false, run: () => this.#writeDown(file, bytes) });
  }

  /** Bytes of a store file; `undefined` where it is not cached, or the disk fails. */
  read(file: StoredFile, offset: number, length: number, givenUp: AbortSignal): Promise<Buffer | undefined> {
    const inMemory = this.#inMemory.get(file);
    if (inMemory) return Promise.resolve(inMemory.subarray(offset, offset + length));
    if (!this.#buckets.has(file)) return Promise.resolve(undefined);
    return new Promise((done, failed) => {
      const leave = (): void => failed(new Error('given up by its caller'));
      givenUp.addEventListener('abort', leave, { once: true });
      const run = async (): Promise<void> => {
        done(await this.#readDisk(file, offset, length));
        givenUp.removeEventListener('abort', leave);
      };
      this.#drive.submit({ isGivenUp: () => givenUp.aborted, run });
    });
  }

  /** Resolves when what the drive has in hand is over. */
  inHand(): Promise<void> {
    return this.#inHand;
  }

  async #readDisk(file: StoredFile, offset: number, length: number): Promise<Buffer | undefined> {
    // It may have been overwritten while this waited for the drive.
    const bucket = this.#buckets.get(file);
    if (!bucket) return undefined;
    return await withFile(this.path, constants.O_RDONLY, async (handle) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, bucket.position + offset);
      return bytesRead === length ? buffer : undefined;
    });
  }

  async #writeDown(file: StoredFile, bytes: Buffer): Promise<void> {
    if (this.#position + bytes.length > CAPACITY) this.#position = 0;
    const position = this.#position;
    this.#position += bytes.length;
    for (const [other, bucket] of this.#buckets) {
      if (bucket.position < this.#position && position < bucket.position + bucket.length) this.#buckets.delete(other);
    }
    const written = await withFile(this.path, constants.O_WRONLY, async (handle) => {
      await handle.write(bytes, 0, bytes.length, position);
      return true;
    });
    if (written) this.#buckets.set(file, { position, length: bytes.length });
    this.#inMemory.delete(file);
  }
}

/** What the disk refuses is a miss, not an error: there is the store below. */
async function withFile<Result>(
  path: string,
  flags: number,
  use: (file: FileHandle) => Promise<Result>,
): Promise<Result | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, flags);
    return await use(handle);
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}
