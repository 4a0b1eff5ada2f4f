// SPDX-License-Identifier: Apache-2.0
/**
 * A region: the newest edits in memory, the others in store files. A flush writes the memstore down as a store file, whose
 * index stays in memory; so a row is found without a search, and read from the block cache or from the store below. The index is in
 * the store as well: whoever opens the region next reads it there. What had not been flushed is lost with its server, for nobody
 * splits the dead server's log here.
 */
import type { BucketCache } from './bucket-cache.js';
import type { FileStore, StoredFile } from './file-system.js';
import type { Cell } from './table.js';

/** A memstore is flushed at this length (`hbase.hregion.memstore.flush.size`, 128 MB there, 64 KiB here). */
const FLUSH_SIZE = 64 * 1024;

/** Past so many store files they are made one (`hbase.hstore.compactionThreshold`). */
const STORE_FILE_COUNT_MAX = 3;

/** Where in a store file a row lies. */
interface Location {
  readonly file: StoredFile;
  readonly offset: number;
  readonly length: number;
}

export interface RegionMeans {
  readonly store: FileStore;
  readonly cache: Pick<BucketCache, 'cache' | 'read'>;
}

export class Region {
  readonly name: string;
  readonly #means: RegionMeans;
  #memstore = new Map<string, string>();
  #memstoreLength = 0;
  /** What a flush is writing down. */
  #snapshot: ReadonlyMap<string, string> = new Map();
  /** The newest place of each row that was flushed. */
  readonly #index = new Map<string, Location>();
  /** One write of the index after the other. */
  #saved: Promise<void> = Promise.resolve();

  private constructor(name: string, means: RegionMeans) {
    this.name = name;
    this.#means = means;
  }

  /** Opens a region with what was flushed of it, here or elsewhere. */
  static async open(name: string, means: RegionMeans): Promise<Region> {
    const region = new Region(name, means);
    const files = new Map<string, StoredFile>();
    for (const [row, location] of (await means.store.readNamed<[string, Location][]>(`${name}_index`)) ?? []) {
      const file = files.get(location.file.name) ?? location.file;
      files.set(file.name, file);
      region.#index.set(row, { ...location, file });
    }
    return region;
  }

  /** Whether it is time to flush, and nobody is at it. */
  get wantsFlush(): boolean {
    return this.#memstoreLength >= FLUSH_SIZE && this.#snapshot.size === 0;
  }

  /** Whether there are too many store files. One without a row's newest value counts no longer. */
  get wantsCompaction(): boolean {
    return this.#storeFiles().size > STORE_FILE_COUNT_MAX;
  }

  put({ row, value }: Cell): void {
    this.#memstore.set(row, value);
    this.#memstoreLength += row.length + value.length;
  }

  /** A row's value; `undefined` where there is no such row. */
  async get(row: string, givenUp: AbortSignal): Promise<string | undefined> {
    const inMemory = this.#memstore.get(row) ?? this.#snapshot.get(row);
    if (inMemory !== undefined) return inMemory;
    const location = this.#index.get(row);
    return location && (await this.#read(location, givenUp));
  }

  /** The first rows from a row on. */
  async scan(startRow: string, limit: number, givenUp: AbortSignal): Promise<readonly Cell[]> {
    const rows = new Set([...this.#memstore.keys(), ...this.#snapshot.keys(), ...this.#index.keys()]);
    const found = [...rows].filter((row) => row >= startRow).sort();
    const cells: Cell[] = [];
    for (const row of found.slice(0, limit)) {
      const value = await this.get(row, givenUp);
      if (value !== undefined) cells.push({ row, value });
    }
    return cells;
  }

  /** Writes the memstore down as a store file. One at a time. What cannot be written stays in memory. */
  async flush(): Promise<void> {
    const snapshot = this.#memstore;
    this.#snapshot = snapshot;
    this.#memstore = new Map();
    this.#memstoreLength = 0;
    try {
      await this.#update(await this.#write(snapshot));
    } catch {
      for (const [row, value] of snapshot) if (!this.#memstore.has(row)) this.put({ row, value });
    }
    this.#snapshot = new Map();
  }

  /** Makes one store file of all. Each is read once, and from the store: the cache is for those who wait for their rows. */
  async compact(): Promise<void> {
    const before = new Map(this.#index);
    const files = new Map<StoredFile, Buffer>();
    for (const file of this.#storeFiles()) files.set(file, await this.#means.store.read(file));
    const values = new Map<string, string>();
    for (const [row, { file, offset, length }] of before) {
      values.set(row, (files.get(file) as Buffer).toString('utf8', offset, offset + length));
    }
    const compacted = await this.#write(values);
    // What was flushed meanwhile is newer.
    await this.#update([...compacted].filter(([row]) => this.#index.get(row) === before.get(row)));
  }

  #storeFiles(): Set<StoredFile> {
    return new Set([...this.#index.values()].map(({ file }) => file));
  }

  async #update(locations: Iterable<readonly [string, Location]>): Promise<void> {
    const before = this.#storeFiles();
    for (const [row, location] of locations) this.#index.set(row, location);
    const after = this.#storeFiles();
    this.#saved = this.#saved
      .catch(() => {})
      .then(() => this.#means.store.writeNamed(`${this.name}_index`, [...this.#index]));
    await this.#saved;
    for (const file of before) if (!after.has(file)) this.#means.store.discard(file);
  }

  async #write(rows: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, Location>> {
    const { bytes, places } = storeFileOf(rows);
    const file = await this.#means.store.write(bytes);
    this.#means.cache.cache(file, Buffer.from(bytes));
    return new Map([...places].map(([row, place]) => [row, { file, ...place }]));
  }

  async #read({ file, offset, length }: Location, givenUp: AbortSignal): Promise<string> {
    const cached = await this.#means.cache.read(file, offset, length, givenUp);
    if (cached) return cached.toString('utf8');
    const bytes = await this.#means.store.read(file);
    this.#means.cache.cache(file, bytes);
    return bytes.toString('utf8', offset, offset + length);
  }
}

/** A store file's bytes, and where in them each row's value lies. */
function storeFileOf(rows: ReadonlyMap<string, string>): {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly places: ReadonlyMap<string, Omit<Location, 'file'>>;
} {
  const values = [...rows].map(([row, value]) => [row, Buffer.from(value)] as const);
  const places = new Map<string, Omit<Location, 'file'>>();
  let offset = 0;
  for (const [row, value] of values) {
    places.set(row, { offset, length: value.length });
    offset += value.length;
  }
  return { bytes: new Uint8Array(Buffer.concat(values.map(([, value]) => value))), places };
}
