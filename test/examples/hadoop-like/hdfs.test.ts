// SPDX-License-Identifier: Apache-2.0
/** The parts of the HDFS-like store that decide, and those that its faults break. */
import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { BlockPlacement } from '../../../examples/hadoop-like/hdfs/block-placement.js';
import { checkVersion, formatVersion } from '../../../examples/hadoop-like/hdfs/block-pool.js';
import { DomainSocketWatcher } from '../../../examples/hadoop-like/hdfs/domain-socket-watcher.js';
import {
  DEAD_AFTER_MS,
  FailureDetector,
  HEARTBEAT_INTERVAL_MS,
} from '../../../examples/hadoop-like/hdfs/failure-detector.js';
import { CACHE_MS, Groups } from '../../../examples/hadoop-like/hdfs/groups.js';
import { HandlerPool } from '../../../examples/hadoop-like/hdfs/handler-pool.js';
import { LEASE_SOFT_LIMIT_MS, Namesystem } from '../../../examples/hadoop-like/hdfs/namesystem.js';
import { FRAMED_LENGTH, framed, PACKET_LENGTH, verify } from '../../../examples/hadoop-like/hdfs/packets.js';
import {
  firstBadLink,
  formatPipeline,
  mustReplace,
  parsePipeline,
  pipelineTimeoutMs,
} from '../../../examples/hadoop-like/hdfs/pipeline.js';
import type { Call } from '../../../examples/hadoop-like/node/http-server.js';
import { matchPath } from '../../../examples/hadoop-like/node/routes.js';

const NAMES = ['dn1', 'dn2', 'dn3'];
const NODES = NAMES.map((name) => ({ name, url: `http://127.0.0.1/${name}`, socketPath: `/tmp/${name}` }));

describe('the heartbeat detector', () => {
  it('finds a datanode dead once its heartbeats have been missing for longer than its patience, and not before', () => {
    const detector = new FailureDetector();
    detector.register({ name: 'dn1', url: 'http://dn1', socketPath: '' }, 0);
    expect(detector.words(DEAD_AFTER_MS)).toEqual({ dn1: 'alive' });
    expect(detector.words(DEAD_AFTER_MS + 1)).toEqual({ dn1: 'dead' });
    expect(detector.alive(DEAD_AFTER_MS + 1)).toEqual([]);
    expect(detector.beat('dn1', DEAD_AFTER_MS + 2)).toBe(true);
    expect(detector.words(DEAD_AFTER_MS + 2)).toEqual({ dn1: 'alive' });
  });

  it('keeps to the proportions of the original', () => {
    expect(DEAD_AFTER_MS / HEARTBEAT_INTERVAL_MS).toBe(210);
  });

  it('asks whom it does not know to register', () => {
    expect(new FailureDetector().beat('dn1', 0)).toBe(false);
  });
});

describe('placement', () => {
  it('goes round all six orders, so that every datanode is called by every other and by clients', () => {
    const placement = new BlockPlacement();
    const pipelines = Array.from({ length: 6 }, () => placement.choose(NAMES));
    expect(new Set(pipelines.map(String)).size).toBe(6);
    const callersOfDn2 = new Set(pipelines.map((names) => names[names.indexOf('dn2') - 1] ?? 'client'));
    expect([...callersOfDn2].sort()).toEqual(['client', 'dn1', 'dn3']);
  });

  it('makes do with the datanodes there are', () => {
    expect(new BlockPlacement().choose([])).toEqual([]);
    expect(new BlockPlacement().choose(['dn1'])).toEqual(['dn1']);
  });
});

describe('the pipeline', () => {
  it('waits longer for a node with more nodes behind it, so that the one next to the sick node answers first', () => {
    expect(pipelineTimeoutMs(1)).toBeGreaterThan(pipelineTimeoutMs(0));
    expect(pipelineTimeoutMs(2)).toBeGreaterThan(pipelineTimeoutMs(1));
  });

  it('travels as text', () => {
    const nodes = NODES.map(({ name, url }) => ({ name, url }));
    expect(parsePipeline(formatPipeline(nodes))).toEqual(nodes);
    expect(parsePipeline('')).toEqual([]);
    expect(parsePipeline(undefined)).toEqual([]);
  });

  it('names the first node that failed', () => {
    const acks = [
      { datanode: 'dn1', status: 'success' },
      { datanode: 'dn2', status: 'error' },
      { datanode: 'dn3', status: 'unknown' },
    ] as const;
    expect(firstBadLink(acks)?.datanode).toBe('dn2');
    expect(firstBadLink(acks.slice(0, 1))).toBeUndefined();
  });

  it('goes on with two nodes of three, but not an append', () => {
    expect(mustReplace(2, false)).toBe(false);
    expect(mustReplace(2, true)).toBe(true);
    expect(mustReplace(1, false)).toBe(true);
  });
});

describe('a block', () => {
  const block = framed(new Uint8Array(2 * PACKET_LENGTH).fill(7));

  it('is what was written, or known not to be', () => {
    expect(() => verify(block, block.length)).not.toThrow();
    expect(() => verify(block, block.length + FRAMED_LENGTH)).toThrow('bytes are there');
    expect(() => verify(block.with(FRAMED_LENGTH + 40, 8), block.length)).toThrow('wrong checksum');
  });

  it('may be longer than is known: an append is under way', () => {
    expect(() => verify(block.with(FRAMED_LENGTH + 40, 8), FRAMED_LENGTH)).not.toThrow();
  });
});

describe('the namesystem', () => {
  const written = (): Namesystem => {
    const names = new Namesystem();
    const { blockId } = names.create('f', 'client-1', NODES, 0);
    names.complete('f', 'client-1', { blockId, length: 100, datanodes: NAMES });
    return names;
  };

  it('appends where the replicas are', () => {
    const { datanodes, length } = written().append('f', 'client-1', NODES, 0);
    expect(datanodes.map(({ name }) => name).sort()).toEqual(NAMES);
    expect(length).toBe(100);
  });

  it('shuts out whoever gave up without closing, until the lease is old', () => {
    const names = written();
    names.append('f', 'client-1', NODES, 0);
    expect(() => names.append('f', 'client-1', NODES, LEASE_SOFT_LIMIT_MS - 1)).toThrow('is being created by client-1');
    expect(() => names.append('f', 'client-1', NODES, LEASE_SOFT_LIMIT_MS)).not.toThrow();
  });

  it('has a block deleted when its file is written anew', () => {
    const names = written();
    const { blockId } = names.create('f', 'client-1', NODES, 0);
    names.complete('f', 'client-1', { blockId, length: 100, datanodes: NAMES });
    expect(names.takeInvalid('dn2')).toEqual(['blk_1']);
    expect(names.takeInvalid('dn2')).toEqual([]);
  });

  it('knows after a restart which files there are, and from the datanodes where they are', () => {
    const names = new Namesystem([{ file: 'f', blockId: 'blk_1', length: 100 }]);
    expect(() => names.locate('f', NODES)).toThrow('no datanode has reported');
    names.report({ name: 'dn1', replicas: [{ blockId: 'blk_1', length: 100 }] });
    names.report({ name: 'dn2', replicas: [{ blockId: 'blk_1', length: 99 }] });
    names.report({ name: 'dn3', replicas: [{ blockId: 'blk_2', length: 100 }] });
    expect(names.locate('f', NODES).datanodes.map(({ name }) => name)).toEqual(['dn1']);
    expect(names.takeInvalid('dn3')).toEqual(['blk_2']);
  });

  it('names whoever could stand in for a bad datanode, and nobody in a cluster of three', () => {
    const broken = { existing: ['dn1', 'dn3'], failed: ['dn2'] };
    const fourth = { name: 'dn4', url: 'http://dn4', socketPath: '' };
    expect(new Namesystem().additional(broken, NODES)).toEqual([]);
    expect(new Namesystem().additional(broken, [...NODES, fourth])).toEqual([fourth]);
  });
});

describe('groups', () => {
  it('are asked for once, and again when what is remembered is old', async () => {
    let nowMs = 0;
    const mapping = vi.fn(async () => ['users']);
    const groups = new Groups(mapping, () => nowMs);
    expect([await groups.of('ann'), await groups.of('ann')]).toEqual([['users'], ['users']]);
    expect(mapping).toHaveBeenCalledTimes(1);
    nowMs = CACHE_MS;
    await groups.of('ann');
    expect(mapping).toHaveBeenCalledTimes(2);
  });
});

describe('a pool of handlers', () => {
  it('takes no new call in while all of them wait, and does when one is done', async () => {
    let release = (): void => undefined;
    const stuck = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { slow, fast } = new HandlerPool(1).serving({
      slow: () => stuck.then(() => ({ body: {} })),
      fast: () => ({ body: {} }),
    });
    const answered: string[] = [];
    void Promise.resolve(slow?.({} as Call)).then(() => answered.push('slow'));
    void Promise.resolve(fast?.({} as Call)).then(() => answered.push('fast'));
    await turn();
    expect(answered).toEqual([]);
    release();
    await turn();
    expect(answered).toEqual(['slow', 'fast']);
  });
});

describe('the watcher of domain sockets', () => {
  it('frees a slot when its connection closes', async () => {
    const watcher = new DomainSocketWatcher();
    const connection = new EventEmitter();
    await watcher.add(connection);
    expect(watcher.slotCount).toBe(1);
    connection.emit('close');
    await turn();
    expect(watcher.slotCount).toBe(0);
  });

  it('gives nobody a slot once its thread has died, until there is another', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const watcher = new DomainSocketWatcher();
    watcher.closed(1);
    let slot: number | undefined;
    void watcher.add(new EventEmitter()).then((given) => {
      slot = given;
    });
    await turn();
    expect(said).toHaveBeenCalledWith(expect.stringContaining('failed to remove slot 1'));
    said.mockRestore();
    expect(slot).toBeUndefined();
    watcher.restart();
    await turn();
    expect(slot).toBe(1);
  });
});

describe('a block pool', () => {
  it('is of the namespace that its VERSION names, or of none', () => {
    expect(() => checkVersion(formatVersion('BP-1'), 'BP-1')).not.toThrow();
    expect(() => checkVersion(formatVersion('BP-2'), 'BP-1')).toThrow('unexpected blockpoolID BP-2');
    expect(() => checkVersion('', 'BP-1')).toThrow('unexpected blockpoolID undefined');
  });
});

describe('paths', () => {
  it('become templates, so that a thousand blocks are one operation', () => {
    expect(matchPath('/blocks/blk_17')).toEqual({ template: '/blocks/{id}', id: 'blk_17' });
    expect(matchPath('/files/client_1_user0/append')).toEqual({
      template: '/files/{id}/append',
      id: 'client_1_user0',
    });
    expect(matchPath('/health')).toEqual({ template: '/health', id: '' });
  });

  it('with anything but a plain id lead nowhere, for ids name files', () => {
    for (const path of ['/blocks/..%2Fetc', '/blocks/a/b', '/blocks/', '/blocks/../x'])
      expect(matchPath(path)).toBeUndefined();
  });
});
