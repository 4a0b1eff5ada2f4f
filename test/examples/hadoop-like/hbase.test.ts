// SPDX-License-Identifier: Apache-2.0
/** The parts of the table store that decide: who serves a region, what is shipped next, what a log and a region hold. */
import { describe, expect, it } from 'vitest';
import { Assignment } from '../../../examples/hadoop-like/hbase/assignment.js';
import type { FileStore, StoredFile } from '../../../examples/hadoop-like/hbase/file-system.js';
import { LivenessTracker } from '../../../examples/hadoop-like/hbase/liveness-tracker.js';
import { Region } from '../../../examples/hadoop-like/hbase/region.js';
import { REGIONS, regionOf, rowIn } from '../../../examples/hadoop-like/hbase/table.js';
import { editsOf, Wal, type WalFile } from '../../../examples/hadoop-like/hbase/wal.js';
import { WalEntryStream, WalHeaderEofError } from '../../../examples/hadoop-like/hbase/wal-entry-stream.js';

const piece = (name: string): StoredFile => ({ name, length: 0 });
const report = (server: string, regions: readonly string[] = []) => ({
  server,
  address: `at ${server}`,
  regions,
  replicationLagMs: 0,
});

class Memory implements FileStore {
  readonly files = new Map<string, Buffer>();
  readonly named = new Map<string, string>();
  readonly discarded: string[] = [];
  fails = false;

  async write(bytes: Uint8Array): Promise<StoredFile> {
    if (this.fails) throw new Error('no datanode');
    const name = `file_${this.files.size}`;
    this.files.set(name, Buffer.from(bytes));
    return { name, length: bytes.length };
  }

  async read({ name }: StoredFile): Promise<Buffer> {
    return this.files.get(name) as Buffer;
  }

  async writeNamed(name: string, content: object): Promise<void> {
    if (this.fails) throw new Error('no datanode');
    this.named.set(name, JSON.stringify(content));
  }

  async readNamed<Content>(name: string): Promise<Content | undefined> {
    const text = this.named.get(name);
    return text === undefined ? undefined : (JSON.parse(text) as Content);
  }

  discard({ name }: StoredFile): void {
    this.discarded.push(name);
  }
}

describe('assignment', () => {
  const started = (): Assignment => {
    const assignment = new Assignment(['a', 'b', 'c', 'd'], 2);
    assignment.report(report('rs1,1'));
    expect(assignment.orders()).toEqual([]);
    assignment.report(report('rs2,1'));
    return assignment;
  };

  it('waits for all servers, then shares the regions out, each once', () => {
    const assignment = started();
    const orders = assignment.orders();
    expect(orders.map(({ region }) => region)).toEqual(['a', 'b', 'c', 'd']);
    expect(orders.filter(({ server }) => server === 'rs1,1')).toHaveLength(2);
    expect(assignment.orders()).toEqual([]);
  });

  it('believes a server that says what it serves, so that a master that is started again moves nothing', () => {
    const assignment = new Assignment(['a', 'b'], 2);
    assignment.report(report('rs1,1', ['a', 'b']));
    assignment.report(report('rs2,1'));
    expect(assignment.orders()).toEqual([]);
    expect(assignment.isInitialized).toBe(true);
  });

  it('opens the regions of a dead server on another, and those of one that is back where they were', () => {
    const dead = started();
    dead.orders();
    dead.expire('rs1,1');
    expect(dead.orders().map(({ server }) => server)).toEqual(['rs2,1', 'rs2,1']);

    const back = started();
    const before = back.orders().filter(({ server }) => server === 'rs1,1');
    back.report(report('rs1,2'));
    const after = back.orders();
    expect(after.map(({ region }) => region)).toEqual(before.map(({ region }) => region));
    expect(after.every(({ server }) => server === 'rs1,2')).toBe(true);
  });
});

describe('the liveness tracker', () => {
  it('calls a node dead when none of its servers has a node in ZooKeeper any more', () => {
    const tracker = new LivenessTracker();
    tracker.saw(['rs1,1', 'rs2,1']);
    expect(tracker.saw(['rs1,1', 'rs1,2', 'rs2,1'])).toEqual([]);
    expect(tracker.saw(['rs1,2'])).toEqual(['rs1,1', 'rs2,1']);
    expect(tracker.beliefs).toEqual({ rs1: 'alive', rs2: 'dead' });
  });
});

describe('the balancer', () => {
  it('has a region closed where there are two more, and opened where there are fewest', () => {
    const assignment = new Assignment(['a', 'b'], 2);
    assignment.report(report('rs1,1', ['a', 'b']));
    assignment.report(report('rs2,1'));
    expect(assignment.imbalance()).toMatchObject({ region: 'a', server: 'rs1,1' });
    assignment.report(report('rs1,1', ['b']));
    expect(assignment.imbalance()).toBeUndefined();
    expect(assignment.orders()).toMatchObject([{ region: 'a', server: 'rs2,1' }]);
    expect(assignment.location('a')).toMatchObject({ node: 'rs2' });
  });
});

describe('the stream of logs', () => {
  it('follows the log that is being written, and goes on to the next only when it is there', () => {
    const stream = new WalEntryStream();
    const pieces: StoredFile[] = [];
    stream.enqueue({ name: 'wal.0', pieces });
    expect(stream.peek()).toBeUndefined();
    pieces.push(piece('0'));
    expect(stream.peek()).toBe(pieces[0]);
    stream.advance();
    expect(stream.peek()).toBeUndefined();
    stream.enqueue({ name: 'wal.1', pieces: [piece('1')] });
    expect(stream.peek()).toEqual(piece('1'));
    expect(stream.queueLength).toBe(1);
  });

  it('stays at an empty log for ever, until somebody takes it out', () => {
    const stream = new WalEntryStream();
    stream.enqueue({ name: 'wal.0', pieces: [] });
    stream.enqueue({ name: 'wal.1', pieces: [piece('1')] });
    expect(() => stream.peek()).toThrow(WalHeaderEofError);
    expect(() => stream.peek()).toThrow(WalHeaderEofError);
    expect(stream.waitingCount).toBe(1);
    stream.removeEmpty();
    expect(stream.peek()).toEqual(piece('1'));
  });
});

describe('the log', () => {
  const edit = (row: string) => ({ region: regionOf(row), row, value: `of ${row}` });

  it('takes what comes in during a sync together in the next one', async () => {
    const store = new Memory();
    const wal = new Wal(store, () => {});
    await Promise.all(['1', '2', '3'].map((row) => wal.append([edit(row)])));
    const synced = [...store.files.values()].map(editsOf);
    expect(synced.flat()).toEqual(['1', '2', '3'].map(edit));
    expect(synced.length).toBeLessThan(3);
  });

  it('fails those whose edits could not be stored, and goes on', async () => {
    const store = new Memory();
    const wal = new Wal(store, () => {});
    store.fails = true;
    await expect(wal.append([edit('1')])).rejects.toThrow('no datanode');
    store.fails = false;
    await wal.append([edit('2')]);
    expect([...store.files.values()].flatMap(editsOf)).toEqual([edit('2')]);
  });

  it('is rolled when it has edits; rolled by force before them, it stays empty', async () => {
    const files: WalFile[] = [];
    const wal = new Wal(new Memory(), (file) => files.push(file));
    await wal.rollWriter();
    expect(files).toHaveLength(1);
    await wal.append([edit('1')]);
    await Promise.all([wal.rollWriter(true), wal.rollWriter(true), wal.append([edit('2')])]);
    expect(files.map(({ pieces }) => pieces.length)).toEqual([1, 0, 1]);
  });
});

describe('a region', () => {
  const { signal } = new AbortController();
  const noCache = { cache: () => {}, read: async () => undefined };

  it('reads the newest value from memory, from what is being flushed, and from a store file', async () => {
    const store = new Memory();
    const region = await Region.open('usertable_', { store, cache: noCache });
    region.put({ row: 'a', value: 'old' });
    region.put({ row: 'b', value: 'kept' });
    const flushed = region.flush();
    expect(await region.get('a', signal)).toBe('old');
    await flushed;
    region.put({ row: 'a', value: 'new' });
    expect(await region.scan('', 9, signal)).toEqual([
      { row: 'a', value: 'new' },
      { row: 'b', value: 'kept' },
    ]);
    expect(await region.get('c', signal)).toBeUndefined();
  });

  it('keeps in memory what cannot be flushed', async () => {
    const store = new Memory();
    const region = await Region.open('usertable_', { store, cache: noCache });
    region.put({ row: 'a', value: '1' });
    store.fails = true;
    await region.flush();
    expect(await region.get('a', signal)).toBe('1');
  });

  it('makes one store file of many, which another server opens', async () => {
    const store = new Memory();
    const region = await Region.open('usertable_', { store, cache: noCache });
    for (const row of ['a', 'b', 'c', 'd']) {
      region.put({ row, value: `of ${row}` });
      await region.flush();
    }
    expect(region.wantsCompaction).toBe(true);
    await region.compact();
    expect(region.wantsCompaction).toBe(false);
    expect(store.discarded).toHaveLength(4);
    expect(await region.get('b', signal)).toBe('of b');
    const elsewhere = await Region.open('usertable_', { store, cache: noCache });
    expect(await elsewhere.get('c', signal)).toBe('of c');
    expect(elsewhere.wantsCompaction).toBe(false);
  });
});

describe('the table', () => {
  it('has each row in one region, the one whose start is the last before it', () => {
    expect(['00_a', '3f_a', '40_a', 'ff_a'].map(regionOf)).toEqual([
      'usertable_',
      'usertable_',
      'usertable_4',
      'usertable_c',
    ]);
    for (const region of REGIONS) expect(regionOf(rowIn(region, 'marker'))).toBe(region);
  });
});
