// SPDX-License-Identifier: Apache-2.0
/**
 * HBase's view of the store below: a piece of a log or a store file is a file there, written once and read whole. Names are used
 * again, as the store replaces files but does not delete them.
 */
import { DfsClient } from '../hdfs/dfs-client.js';
import { FRAMED_LENGTH, PACKET_LENGTH } from '../hdfs/packets.js';
import type { LocatedBlock } from '../hdfs/protocol.js';

/** For whom the namenode is asked. */
const USER = 'hbase';

/** A name rests until so many others have been freed after it: somebody may still be reading what it stood for. */
const RESTING_COUNT = 256;

export interface StoredFile {
  readonly name: string;
  /** In bytes; what the store holds is filled up to whole packets. */
  readonly length: number;
}

/** A place for files. */
export interface FileStore {
  /** Resolves when every datanode of the pipeline has the bytes. */
  write(bytes: Uint8Array): Promise<StoredFile>;
  read(file: StoredFile): Promise<Buffer>;
  /** Writes JSON under a name of the caller's, in place of what was there. */
  writeNamed(name: string, content: object): Promise<void>;
  /** Reads it again; `undefined` where there is none. */
  readNamed<Content>(name: string): Promise<Content | undefined>;
  /** Nobody will read it again. */
  discard(file: StoredFile): void;
}

export class FileSystem implements FileStore {
  readonly #dfs: DfsClient;
  readonly #prefix: string;
  /** Oldest first. */
  readonly #freeNames: string[] = [];
  /** Where the blocks of this process's own files are, as HDFS's streams remember it. */
  readonly #located = new Map<string, LocatedBlock>();
  #nameCount = 0;

  /**
   * @param namenode `host:port`
   * @param prefix of all names; no two processes have the same
   */
  constructor(namenode: string, prefix: string) {
    this.#dfs = new DfsClient(namenode, prefix, USER);
    this.#prefix = prefix;
  }

  async write(bytes: Uint8Array): Promise<StoredFile> {
    const freed = this.#freeNames.length > RESTING_COUNT ? this.#freeNames.shift() : undefined;
    const name = freed ?? `${this.#prefix}_${this.#nameCount++}`;
    // A name whose write failed is not used again: its lease may go on.
    this.#located.set(name, await this.#dfs.create(name, wholePackets(bytes)));
    return { name, length: bytes.length };
  }

  async read({ name, length }: StoredFile): Promise<Buffer> {
    return payloadOf(await this.#dfs.read(name, this.#located.get(name))).subarray(0, length);
  }

  async writeNamed(name: string, content: object): Promise<void> {
    await this.#dfs.create(name, wholePackets(new TextEncoder().encode(`${JSON.stringify(content)}\0`)));
  }

  async readNamed<Content>(name: string): Promise<Content | undefined> {
    const block = await this.#dfs.read(name).catch((error: unknown) => {
      if (error instanceof Error && error.message.includes('does not exist')) return undefined;
      throw error;
    });
    const text = block && payloadOf(block).toString('utf8');
    return text === undefined ? undefined : (JSON.parse(text.slice(0, text.indexOf('\0'))) as Content);
  }

  discard({ name }: StoredFile): void {
    this.#located.delete(name);
    this.#freeNames.push(name);
  }
}

function wholePackets(bytes: Uint8Array): Uint8Array {
  const payload = new Uint8Array(Math.ceil(bytes.length / PACKET_LENGTH) * PACKET_LENGTH);
  payload.set(bytes);
  return payload;
}

function payloadOf(block: Buffer): Buffer {
  const packets: Buffer[] = [];
  for (let end = FRAMED_LENGTH; end <= block.length; end += FRAMED_LENGTH) {
    packets.push(block.subarray(end - PACKET_LENGTH, end));
  }
  return Buffer.concat(packets);
}
