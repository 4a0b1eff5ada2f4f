// SPDX-License-Identifier: Apache-2.0
/** The parts of the ensemble that decide: records on the wire, the tree, who leads, which sessions live. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { type Change, DataTree } from '../../../examples/hadoop-like/zookeeper/data-tree.js';
import { choose, type Notification } from '../../../examples/hadoop-like/zookeeper/election.js';
import {
  deserializeRequest,
  emptyRecord,
  OPEN_ACL,
  serializeRequest,
} from '../../../examples/hadoop-like/zookeeper/protocol.js';
import { SessionTracker } from '../../../examples/hadoop-like/zookeeper/session-tracker.js';
import { type Log, SyncRequestProcessor } from '../../../examples/hadoop-like/zookeeper/sync-request-processor.js';

describe('a request on the wire', () => {
  const record = emptyRecord({
    sessionId: 'abc',
    path: '/a',
    data: Buffer.from('data'),
    version: 3,
    mode: { ephemeral: true, sequential: false },
    acl: OPEN_ACL,
  });

  it('is read as it was written, a vector that is absent too', () => {
    expect(deserializeRequest(serializeRequest(record))).toEqual(record);
    expect(deserializeRequest(serializeRequest({ ...record, acl: undefined })).acl).toBeUndefined();
  });

  it('is an error with a length that no buffer can have, or more than there is', () => {
    for (const [length, message] of [
      [0x7f000000, /Unreasonable length/],
      [-2, /Unreasonable length/],
      [1000, /ends before/],
    ] as const) {
      const bytes = serializeRequest(record);
      bytes.writeInt32BE(length, 4 + record.sessionId.length);
      expect(() => deserializeRequest(bytes)).toThrow(message);
    }
  });
});

describe('the tree', () => {
  function treeOf(...changes: readonly Change[]): DataTree {
    const tree = new DataTree();
    changes.forEach((change, index) => {
      tree.apply({ zxid: index + 1, change });
    });
    return tree;
  }
  const create = (path: string, mode = {}): Change => ({ type: 'create', sessionId: 's', path, data: '', mode });

  it('numbers children in the order in which they come, and never twice', () => {
    const tree = treeOf(create('/q'), create('/q/n', { sequential: true }), {
      type: 'delete',
      path: '/q/n0000000000',
      version: -1,
    });
    expect(tree.apply({ zxid: 4, change: create('/q/n', { sequential: true }) }).path).toBe('/q/n0000000001');
  });

  it('ends a session’s ephemeral nodes with it, and no others', () => {
    const tree = treeOf(
      { type: 'createSession', sessionId: 's', timeoutMs: 1 },
      create('/a'),
      create('/a/e', { ephemeral: true }),
      { type: 'closeSession', sessionId: 's' },
    );
    expect(tree.getChildren('/')).toEqual({ children: ['a'] });
    expect(tree.exists('/a/e')).toEqual({ exists: false });
    expect(tree.sessions.size).toBe(0);
  });

  it('refuses a write to another version than the one there is, and counts it as done', () => {
    const tree = treeOf(create('/a'));
    const change: Change = { type: 'setData', path: '/a', data: 'eA==', version: 7 };
    expect(() => tree.apply({ zxid: 2, change })).toThrow(/BadVersion/);
    expect(tree.zxid).toBe(2);
    expect(tree.apply({ zxid: 3, change: { ...change, version: 0 } }).stat?.version).toBe(1);
  });

  it('is the same again from its snapshot', () => {
    const tree = treeOf(create('/a'), create('/a/b'), create('/a/n', { sequential: true }));
    const copy = new DataTree();
    copy.restore(tree.snapshot());
    expect(copy.snapshot()).toEqual(tree.snapshot());
    expect(copy.getChildren('/a')).toEqual({ children: ['b', 'n0000000000'] });
  });
});

describe('an election', () => {
  const PEERS = ['zk1', 'zk2', 'zk3'];
  const says = (from: string, state: Notification['state'], zxid: number): Notification => ({
    from,
    state,
    zxid,
    epoch: 1,
  });

  it('is won by the latest transaction, and among equals by the first of the configuration', () => {
    expect(choose(says('zk2', 'looking', 5), [says('zk1', 'looking', 4)], PEERS)).toBe('lead');
    expect(choose(says('zk1', 'looking', 4), [says('zk2', 'looking', 5)], PEERS)).toBe('look on');
    expect(choose(says('zk1', 'looking', 0), [says('zk3', 'looking', 0)], PEERS)).toBe('lead');
  });

  it('is not won without a quorum that looks', () => {
    expect(choose(says('zk1', 'looking', 9), [], PEERS)).toBe('look on');
    expect(choose(says('zk1', 'looking', 9), [says('zk2', 'following', 1)], PEERS)).toBe('look on');
    expect(choose(says('zk1', 'looking', 0), [], ['zk1'])).toBe('lead');
  });

  it('is over where somebody leads', () => {
    expect(choose(says('zk1', 'looking', 9), [says('zk2', 'leading', 5)], PEERS)).toEqual({ follow: 'zk2' });
  });
});

describe('the session tracker', () => {
  it('names a session once when it has been silent for longer than its timeout', () => {
    const tracker = new SessionTracker();
    tracker.track('s', 100, 0);
    tracker.touch('s', 50);
    expect(tracker.expire(150)).toEqual([]);
    expect(tracker.expire(151)).toEqual(['s']);
    expect(tracker.expire(999)).toEqual([]);
  });
});

describe('the thread that logs', () => {
  const transaction = (zxid: number) => ({ zxid, change: { type: 'closeSession', sessionId: 's' } as const });

  it('ends by a disk that refuses, answers nobody from then on, and a new one begins with what it had in hand', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const onDisk: number[] = [];
    let isFull = true;
    const log: Log = {
      append: async (transactions) => {
        if (isFull) throw new Error('ENOSPC');
        onDisk.push(...transactions.map(({ zxid }) => zxid));
      },
      isLong: false,
      purge: async () => {},
      replace: async () => {},
    };
    const sync = new SyncRequestProcessor(log, new DataTree());
    const answered: number[] = [];
    for (const zxid of [1, 2]) void sync.log([transaction(zxid)]).then(() => answered.push(zxid));
    await setImmediate();
    isFull = false;
    const last = sync.log([transaction(3)]);
    await setImmediate();
    expect([answered, onDisk]).toEqual([[], []]);
    sync.restart();
    await last;
    expect(onDisk).toEqual([1, 2, 3]);
    expect(answered).toEqual([1, 2]);
    vi.restoreAllMocks();
  });
});
