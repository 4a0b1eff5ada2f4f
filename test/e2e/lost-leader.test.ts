// SPDX-License-Identifier: Apache-2.0
/** What a follower of the example says of a leader that took a write, and whose commit of it does not come. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RpcError, RpcStatus } from '../../examples/hadoop-like/node/rpc.js';
import { Follower, type LeaderLanes } from '../../examples/hadoop-like/zookeeper/follower.js';
import { emptyRecord } from '../../examples/hadoop-like/zookeeper/protocol.js';
import { answered } from '../../examples/hadoop-like/zookeeper/request.js';
import { ServerState } from '../../examples/hadoop-like/zookeeper/server-state.js';
import { BLAME } from '../../src/baggage/blame.js';
import { BaggageScope, withScope } from '../../src/baggage/scope.js';
import { startGuest } from '../processor/guest.js';

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());

/** A leader whose lanes answer well; a write gets the zxid 7, and no commit follows. */
class FakeLeader {
  lose: (error: Error) => void = () => {};
  readonly #lost = new Promise<never>((_, reject) => {
    this.lose = reject;
  });
  readonly lanes = {
    quorum: {
      call: async (method: string) =>
        ({ Register: { epoch: 1, transactions: [] }, Request: { answer: {}, zxid: 7 } })[method] ?? {},
    },
    pings: { call: () => this.#lost },
  } as unknown as LeaderLanes;
}

/** A follower that serves, a write that it has handed to its leader, and what is told of that. */
async function followerWith(state: ServerState) {
  const guest = startGuest();
  guest.call('GET web:80 200');
  guest.told();
  const leader = new FakeLeader();
  const follower = new Follower(state, 'zk1', leader.lanes);
  await new Promise<void>((serving) => {
    void follower.follow(serving);
  });
  const scope = new BaggageScope();
  const write = { operation: 'SetData', record: emptyRecord({ path: '/a' }), givenUp: new AbortController().signal };
  /** Writes; resolves to how it failed, and whom its answer blames by then. */
  const failedWrite = () =>
    context.with(withScope(context.active(), scope), () =>
      answered(write as Parameters<typeof answered>[0], (request) => follower.submit(request)).then(
        () => expect.unreachable(),
        (error: Error) => ({ message: error.message, blamed: scope.unpack(BLAME) }),
      ),
    );
  return { guest, leader, follower, failedWrite };
}

describe('a write whose commit never comes', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'follower-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('fails when the leader is lost, and its answer names the leader', async () => {
    const { guest, leader, failedWrite } = await followerWith(await ServerState.load('zk2', directory));
    const write = failedWrite();
    await setImmediate();
    leader.lose(new RpcError(RpcStatus.UNAVAILABLE, 'connect ECONNREFUSED'));
    expect(await write).toMatchObject({
      message: expect.stringContaining('ConnectionLoss'),
      blamed: [{ subject: 'zookeeper/zk1', operation: 'Commit', reason: 'refused' }],
    });
    guest.clock.advance(1000);
    expect(guest.told()).toContain('Commit zookeeper/zk1 unhealthy refused 1');
    await guest.processor.shutdown();
  });

  it('is no fault of the leader’s where the follower’s own log hangs', async () => {
    const state = await ServerState.load('zk2', directory);
    const { guest, leader, follower, failedWrite } = await followerWith(state);
    state.sync.log = () => new Promise(() => {});
    // Whatever comes after the one that hangs is not even proposed.
    void follower.propose({ epoch: 1, transactions: [{ zxid: 6, change: { type: 'noop' } as never }] });
    const write = failedWrite();
    await setImmediate();
    guest.clock.advance(5000);
    leader.lose(new RpcError(RpcStatus.UNAVAILABLE, 'connect ECONNREFUSED'));
    expect(await write).toMatchObject({ blamed: [] });
    guest.clock.advance(1000);
    expect(guest.told().filter((line) => line.includes('Commit'))).toEqual([]);
    await guest.processor.shutdown();
  });
});
