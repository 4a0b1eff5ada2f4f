// SPDX-License-Identifier: Apache-2.0
/**
 * Jute, ZooKeeper's binary format: integers are big-endian, whatever has a length begins with it, and a length of -1 says
 * that there is nothing. Pure.
 */

/** `jute.maxbuffer`: the longest buffer a record may hold, in bytes. A longer one is a broken packet. */
const MAX_BUFFER_LENGTH = 0xfffff;

const NOTHING = -1;

/** Writes a record, field by field. */
export class OutputArchive {
  readonly #parts: Buffer[] = [];

  writeInt(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    this.#parts.push(bytes);
    return this;
  }

  writeBuffer(value: Buffer | undefined): this {
    this.writeInt(value?.length ?? NOTHING);
    if (value) this.#parts.push(value);
    return this;
  }

  writeString(value: string | undefined): this {
    return this.writeBuffer(value === undefined ? undefined : Buffer.from(value));
  }

  writeVector<Item>(items: readonly Item[] | undefined, write: (item: Item) => void): this {
    this.writeInt(items?.length ?? NOTHING);
    for (const item of items ?? []) write(item);
    return this;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Reads a record, field by field. Throws where the bytes are no such record. */
export class InputArchive {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  readInt(): number {
    const value = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  readBuffer(): Buffer | undefined {
    const length = this.readInt();
    if (length === NOTHING) return undefined;
    if (length < 0 || length > MAX_BUFFER_LENGTH) throw new RangeError(`Unreasonable length = ${length}`);
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError(`the packet ends before a buffer of ${length} bytes`);
    const value = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return value;
  }

  readString(): string | undefined {
    return this.readBuffer()?.toString('utf8');
  }

  readVector<Item>(read: () => Item): Item[] | undefined {
    const length = this.readInt();
    if (length === NOTHING) return undefined;
    return Array.from({ length }, read);
  }
}
