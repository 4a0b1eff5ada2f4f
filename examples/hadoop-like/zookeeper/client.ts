// SPDX-License-Identifier: Apache-2.0
/**
 * A client program: its threads share one session a server. Each thread is at home at one server, as an application that
 * runs beside a server is, and stays there whatever happens.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { runLoad, zipfianKeys } from '../node/load.js';
import { addressOf, readyToStart } from '../node/parent.js';
import { RpcStatus } from '../node/rpc.js';
import { peersFromEnvironment, TICK_TIME_MS } from './config.js';
import { ZooKeeperClient } from './zookeeper-client.js';

/** Ten writes a second through each server, five of each client's: a write is seven calls in the ensemble, a read one. */
const LOAD = { threadCount: 24, targetPerS: 35 };
const KEY_COUNT = 64;
const DATA = 'x'.repeat(100);

const addresses = await readyToStart({});
const servers = peersFromEnvironment().map((peer) => new ZooKeeperClient([addressOf(addresses, peer, 'clients')]));
const homeOf = (thread: number): ZooKeeperClient => servers[thread % servers.length] as ZooKeeperClient;
const anyKey = zipfianKeys(KEY_COUNT);

await makeKeys(homeOf(0));
runLoad({
  ...LOAD,
  operations: [
    {
      name: 'getData',
      weight: 32,
      run: async (thread) => void (await homeOf(thread).getData(`/ycsb/${anyKey()}`)),
    },
    {
      name: 'setData',
      weight: 30,
      run: async (thread) => void (await homeOf(thread).setData(`/ycsb/${anyKey()}`, DATA)),
    },
    { name: 'exists', weight: 4, run: async (thread) => void (await homeOf(thread).exists(`/ycsb/${anyKey()}`)) },
    { name: 'getChildren', weight: 4, run: async (thread) => void (await homeOf(thread).getChildren('/ycsb')) },
  ],
});

/** The other client makes them too; whoever is first has made one. */
async function makeKeys(zooKeeper: ZooKeeperClient): Promise<void> {
  const paths = ['/ycsb', ...Array.from({ length: KEY_COUNT }, (_, key) => `/ycsb/user${key}`)];
  for (const path of paths) {
    if (await zooKeeper.exists(path)) continue;
    await zooKeeper.create(path, DATA).catch((error: { code?: number }) => {
      if (error.code !== RpcStatus.ALREADY_EXISTS) throw error;
    });
  }
  // Until every server has the last of them.
  await delay(TICK_TIME_MS);
}
