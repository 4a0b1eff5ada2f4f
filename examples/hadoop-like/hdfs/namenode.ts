// SPDX-License-Identifier: Apache-2.0
/**
 * The namenode: it knows which datanodes there are and hands out blocks. Heartbeats come in on a port of their own, as
 * HDFS keeps a service RPC port (`dfs.namenode.servicerpc-address`) apart from the clients', so that a crowd of clients
 * can never make a datanode look dead.
 */

import { listenAdmin } from '../node/admin.js';
import { listen } from '../node/http-server.js';
import { readyToStart } from '../node/parent.js';
import { BlockAllocator } from './block-allocator.js';
import { FailureDetector, type Heartbeat } from './failure-detector.js';
import { type DatanodeReport, HealthPoller } from './health-poller.js';

const detector = new FailureDetector();
const allocator = new BlockAllocator();
const poller = new HealthPoller(() => detector.beliefs(performance.now()));

const clientPort = await listen('clients', {
  'POST /allocations': () => {
    const alive = detector.beliefs(performance.now()).filter((belief) => belief.alive);
    if (alive.length === 0) return { status: 503, body: { error: 'no datanode is alive' } };
    return { body: allocator.allocate(alive.map(({ name, url }) => ({ name, url }))) };
  },
  'GET /datanodes': () => {
    const datanodes = detector
      .beliefs(performance.now())
      .map((belief): DatanodeReport => ({ ...belief, health: poller.checksOf(belief.name) }));
    return { body: { datanodes } };
  },
  'GET /health': () => ({ body: { status: 'ok' } }),
});

const heartbeatPort = await listen('heartbeats', {
  'POST /heartbeats': ({ body }) => {
    detector.beat(JSON.parse(body.toString('utf8')) as Heartbeat, performance.now());
    return { body: {} };
  },
});

const adminPort = await listenAdmin({}, () => detector.words(performance.now()));
await readyToStart({ clients: clientPort, heartbeats: heartbeatPort, admin: adminPort });
