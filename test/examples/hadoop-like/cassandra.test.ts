// SPDX-License-Identifier: Apache-2.0
/** The parts of the ring that decide: who holds a row, who is up, who belongs, and when enough have answered. */
import { describe, expect, it } from 'vitest';
import { FailureDetector } from '../../../examples/hadoop-like/cassandra/failure-detector.js';
import { type EndpointState, GOSSIP_INTERVAL_MS, Gossiper } from '../../../examples/hadoop-like/cassandra/gossiper.js';
import { quorumOf } from '../../../examples/hadoop-like/cassandra/quorum.js';
import { newestOf } from '../../../examples/hadoop-like/cassandra/row.js';
import { decodeSSTable, encodeSSTable } from '../../../examples/hadoop-like/cassandra/sstable.js';
import { TokenRing } from '../../../examples/hadoop-like/cassandra/token-ring.js';

const KEYS = Array.from({ length: 200 }, (_, index) => `user${index}`);

describe('the token ring', () => {
  it('gives each row to three nodes, and each node to some rows', () => {
    const ring = new TokenRing(['ca1', 'ca2', 'ca3', 'ca4']);
    const counts: Record<string, number> = {};
    for (const key of KEYS) {
      const replicas = ring.replicasOf(key);
      expect(new Set(replicas).size).toBe(3);
      for (const node of replicas) counts[node] = (counts[node] ?? 0) + 1;
    }
    expect(Object.keys(counts).sort()).toEqual(['ca1', 'ca2', 'ca3', 'ca4']);
  });

  it('takes a row from nobody but the node that leaves', () => {
    const before = new TokenRing(['ca1', 'ca2', 'ca3', 'ca4']);
    const after = new TokenRing(['ca1', 'ca2', 'ca3']);
    for (const key of KEYS) {
      const kept = before.replicasOf(key).filter((node) => node !== 'ca4');
      expect(after.replicasOf(key)).toEqual(expect.arrayContaining(kept));
    }
  });
});

describe('the φ accrual detector', () => {
  /** Gossip in time, long enough that the first guess of a gap no longer counts. */
  const steady = (): { detector: FailureDetector; lastMs: number } => {
    const detector = new FailureDetector();
    for (let beat = 0; beat <= 200; beat++) detector.report('ca1', beat * GOSSIP_INTERVAL_MS);
    return { detector, lastMs: 200 * GOSSIP_INTERVAL_MS };
  };

  it('convicts after some 18 usual gaps of silence, and not before', () => {
    const { detector, lastMs } = steady();
    expect(detector.isConvicted('ca1', lastMs + 17 * GOSSIP_INTERVAL_MS)).toBe(false);
    expect(detector.isConvicted('ca1', lastMs + 20 * GOSSIP_INTERVAL_MS)).toBe(true);
  });

  it('never suspects a node that it has not heard of', () => {
    expect(new FailureDetector().phi('ca4', 1e9)).toBe(0);
  });

  it('judges nobody right after the process itself stood still', () => {
    const { detector, lastMs } = steady();
    detector.look(lastMs);
    const lateMs = lastMs + 30 * GOSSIP_INTERVAL_MS;
    detector.look(lateMs);
    expect(detector.isConvicted('ca1', lateMs)).toBe(false);
  });
});

describe('gossip', () => {
  const normal = (version: number): EndpointState => ({ generation: 1, version, status: 'NORMAL' });
  const gossiper = (): { node: Gossiper; rings: string[] } => {
    const rings: string[] = [];
    const node = new Gossiper('ca2', { seed: 'ca1', generation: 1, onRingChange: (ring) => rings.push(ring.join()) });
    return { node, rings };
  };

  it('keeps what is newer, and tells of the ring when its members change', () => {
    const { node, rings } = gossiper();
    node.apply({ ca1: normal(7), ca3: normal(3) }, 0);
    node.apply({ ca1: normal(6), ca3: normal(4) }, 100);
    expect(node.states()).toMatchObject({ ca1: normal(7), ca3: normal(4) });
    expect(rings).toEqual(['ca1,ca2,ca3']);
  });

  it('lets a node that has left not be brought back by late gossip', () => {
    const { node } = gossiper();
    node.apply({ ca4: normal(7) }, 0);
    node.apply({ ca4: { ...normal(8), status: 'LEFT' } }, 100);
    node.apply({ ca4: normal(9) }, 200);
    expect(node.members).toEqual(['ca2']);
    expect(node.beliefs(['ca2', 'ca4'])).toEqual({});
  });

  it('believes a stale table, tells nobody of it, and cannot find out', () => {
    const { node } = gossiper();
    node.addSaved(['ca4']);
    for (let nowMs = 0; nowMs < 100 * GOSSIP_INTERVAL_MS; nowMs += GOSSIP_INTERVAL_MS) node.beat(nowMs);
    expect(node.members).toEqual(['ca2', 'ca4']);
    expect(node.isUp('ca4')).toBe(true);
    expect(Object.keys(node.states())).toEqual(['ca2']);
    node.removeSaved();
    expect(node.members).toEqual(['ca2']);
  });

  it('asks the seed while it knows nobody, and at times one that is down', () => {
    const { node } = gossiper();
    expect(node.targets(() => 0)).toEqual(['ca1']);
  });
});

describe('a quorum', () => {
  it('is reached by the first answers, and given up as soon as it cannot be', async () => {
    const never = new Promise<string>(() => {});
    await expect(quorumOf([never, Promise.resolve('a'), Promise.resolve('b')], 2)).resolves.toEqual(['a', 'b']);
    const failing = (): Promise<string> => Promise.reject(new Error('refused'));
    await expect(quorumOf([never, failing(), failing()], 2)).rejects.toThrow('refused; refused');
  });

  it('reads the newest version', () => {
    const [old, fresh] = [1, 2].map((timestamp) => ({ value: `v${timestamp}`, timestamp }));
    expect(newestOf([old, undefined, fresh])).toBe(fresh);
    expect(newestOf([undefined])).toBeUndefined();
  });
});

describe('a data file', () => {
  const mutations = ['b', 'a'].map((key) => ({ key, row: { value: key, timestamp: 1 } }));

  it('comes back sorted, and throws when it is corrupt', () => {
    const bytes = encodeSSTable(mutations);
    expect(decodeSSTable(bytes).map(({ key }) => key)).toEqual(['a', 'b']);
    expect(() => decodeSSTable(bytes.fill(0xff, 0, 16))).toThrow();
  });
});
