// SPDX-License-Identifier: Apache-2.0
/** What HBase needs of ZooKeeper: nodes that live as long as their maker's session, and a look at which there are. */
import { setTimeout as delay } from 'node:timers/promises';
import { RpcClient } from '../node/rpc.js';
import { SESSION_TIMEOUT_MS, SHORT_TIMEOUT_MS } from './cluster-protocol.js';

export interface Coordination {
  /** Makes a node that is there until this process's session ends. One that is there already is taken over. */
  createEphemeral(path: string): Promise<void>;
  /** The names of a node's children. */
  children(path: string): Promise<readonly string[]>;
}

/** A session is kept by a ping each third of its timeout, as ZooKeeper's client does. */
const PING_INTERVAL_MS = SESSION_TIMEOUT_MS / 3;

/** Opens a session and keeps it. */
export async function coordinate(address: string): Promise<Coordination> {
  const client = new RpcClient(address, 'zookeeper.ZooKeeper');
  const { session } = await client.call<{ session: string }>(
    'Connect',
    { timeoutMs: SESSION_TIMEOUT_MS },
    SHORT_TIMEOUT_MS,
  );
  void keepAlive(client, session);
  return {
    createEphemeral: async (path) => {
      await client.call('Create', { session, path }, SHORT_TIMEOUT_MS);
    },
    children: async (path) => {
      const { children } = await client.call<{ children: string[] }>('GetChildren', { path }, SHORT_TIMEOUT_MS);
      return children;
    },
  };
}

async function keepAlive(client: RpcClient, session: string): Promise<never> {
  for (;;) {
    await client.call('Ping', { session }, SHORT_TIMEOUT_MS).catch(() => {});
    await delay(PING_INTERVAL_MS);
  }
}
