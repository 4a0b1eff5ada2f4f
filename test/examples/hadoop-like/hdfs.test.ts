// SPDX-License-Identifier: Apache-2.0
/** The parts of the cluster that decide: an honest detector, placement that lets everybody meet everybody, its timeouts. */
import { describe, expect, it } from 'vitest';
import { BlockAllocator } from '../../../examples/hadoop-like/hdfs/block-allocator.js';
import {
  FailureDetector,
  HEARTBEAT_INTERVAL_MS,
  MISSED_BEATS_MAX,
} from '../../../examples/hadoop-like/hdfs/failure-detector.js';
import {
  firstBadLink,
  formatPipeline,
  parsePipeline,
  pipelineTimeoutMs,
} from '../../../examples/hadoop-like/hdfs/pipeline.js';
import { matchPath } from '../../../examples/hadoop-like/node/routes.js';

const NODES = ['dn1', 'dn2', 'dn3'].map((name) => ({ name, url: `http://127.0.0.1/${name}` }));

describe('the heartbeat detector', () => {
  it('finds a datanode dead once its heartbeats have been missing for longer than its patience, and not before', () => {
    const detector = new FailureDetector();
    detector.beat({ name: 'dn1', url: 'http://dn1' }, 0);
    const patienceMs = HEARTBEAT_INTERVAL_MS * MISSED_BEATS_MAX;
    expect(detector.beliefs(patienceMs)[0]?.alive).toBe(true);
    expect(detector.beliefs(patienceMs + 1)[0]?.alive).toBe(false);
    detector.beat({ name: 'dn1', url: 'http://dn1' }, patienceMs + 2);
    expect(detector.beliefs(patienceMs + 2)[0]).toMatchObject({ alive: true, beatCount: 2 });
  });
});

describe('placement', () => {
  it('goes round all six orders, so that every datanode is called by every other and by clients', () => {
    const allocator = new BlockAllocator();
    const pipelines = Array.from({ length: 6 }, () =>
      allocator
        .allocate(NODES)
        .pipeline.map(({ name }) => name)
        .join(' '),
    );
    expect(new Set(pipelines).size).toBe(6);
    const callersOfDn2 = new Set(
      pipelines.map((pipeline) => pipeline.split(' ')).map((names) => names[names.indexOf('dn2') - 1] ?? 'client'),
    );
    expect([...callersOfDn2].sort()).toEqual(['client', 'dn1', 'dn3']);
  });

  it('makes do with the datanodes there are', () => {
    expect(new BlockAllocator().allocate([]).pipeline).toEqual([]);
    expect(new BlockAllocator().allocate(NODES.slice(0, 1)).pipeline).toHaveLength(1);
  });
});

describe('the pipeline', () => {
  it('waits longer for a node with more nodes behind it, so that the one next to the sick node answers first', () => {
    expect(pipelineTimeoutMs(1)).toBeGreaterThan(pipelineTimeoutMs(0));
    expect(pipelineTimeoutMs(2)).toBeGreaterThan(pipelineTimeoutMs(1));
  });

  it('travels as text', () => {
    expect(parsePipeline(formatPipeline(NODES))).toEqual(NODES);
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
});

describe('paths', () => {
  it('become templates, so that a thousand blocks are one operation', () => {
    expect(matchPath('/blocks/blk_17')).toEqual({ template: '/blocks/{id}', id: 'blk_17' });
    expect(matchPath('/health')).toEqual({ template: '/health', id: '' });
  });

  it('with anything but a plain id lead nowhere, for ids name files', () => {
    for (const path of ['/blocks/..%2Fetc', '/blocks/a/b', '/blocks/', '/blocks/../x'])
      expect(matchPath(path)).toBeUndefined();
  });
});
