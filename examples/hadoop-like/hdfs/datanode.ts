// SPDX-License-Identifier: Apache-2.0
/**
 * A datanode: it stores blocks, passes them down the pipeline, serves them over the network and to readers on its own host, and
 * tells the namenode that it is alive. Its health route is the one that most services have: it answers. To see a stuck disk it
 * would have to write a block itself, and then it would be a caller.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listenAdmin } from '../node/admin.js';
import { type Call, listen, listenAtPath, type Reply } from '../node/http-server.js';
import { addressOf, readyToStart, setting } from '../node/parent.js';
import { BlockPool } from './block-pool.js';
import { datanodeFaults } from './datanode-faults.js';
import { DomainSocketWatcher } from './domain-socket-watcher.js';
import {
  type NodeAck,
  OFFSET_HEADER,
  PIPELINE_HEADER,
  type PipelineAck,
  parsePipeline,
  sendBlock,
} from './pipeline.js';
import type { NamespaceInfo } from './protocol.js';
import { ServiceActor } from './service-actor.js';

const name = setting('NODE_NAME');
const directory = setting('NODE_DIRECTORY');
const watcher = new DomainSocketWatcher();
let pool: BlockPool | undefined;

const dataPort = await listen('data', {
  'POST /blocks/{id}': writeBlock,
  'GET /blocks/{id}': async ({ id }) => {
    const data = await poolOrThrow().volume.read(id);
    return data ? { body: data } : absent(id);
  },
  'GET /health': () => ({ body: { status: 'ok' } }),
});

await mkdir(directory, { recursive: true });
const socketPath = join(directory, 'dn_socket');
await listenAtPath(socketPath, {
  'POST /slots/{id}': async ({ id, connection }) => {
    const { volume } = poolOrThrow();
    const slot = await watcher.add(connection);
    const path = await volume.pathOf(id);
    return path ? { body: { slot, path } } : absent(id);
  },
});

const adminPort = await listenAdmin(
  datanodeFaults({ directory, pool: poolOrThrow, watcher, refreshNamenodes: () => refreshNamenodes() }),
);
const addresses = await readyToStart({ data: dataPort, admin: adminPort });
const actor = new ServiceActor({
  namenode: addressOf(addresses, 'nn1', 'heartbeats'),
  self: { name, url: `http://127.0.0.1:${dataPort}`, socketPath },
  initBlockPool,
});
// Where the namenode is away just now, the first heartbeat that it answers asks for the registration.
await actor.register().catch(() => {});
await actor.offerService();

/**
 * Writes the block down and sends it on, both at once. What went wrong behind this node is part of the answer; what goes wrong on
 * this node's own disk is an error of this node, answered 500.
 */
async function writeBlock({ id, body, headers, givenUp }: Call): Promise<Reply> {
  const { writer } = poolOrThrow();
  const offset = headers[OFFSET_HEADER];
  const write = { blockId: id, data: new Uint8Array(body), offset: offset === undefined ? undefined : Number(offset) };
  const [, behind] = await Promise.all([
    writer.write(write, givenUp),
    sendBlock(write, parsePipeline(headers[PIPELINE_HEADER])),
  ]);
  const own: NodeAck = { datanode: name, status: 'success' };
  const answer: PipelineAck = { acks: [own, ...behind] };
  return { body: answer };
}

/** Makes the pool of a namespace ready. One that does not come up is logged, and the datanode goes on without it. */
async function initBlockPool({ blockPoolId }: NamespaceInfo): Promise<BlockPool | undefined> {
  if (pool?.id === blockPoolId) return pool;
  try {
    pool = await BlockPool.open(directory, blockPoolId);
  } catch (error) {
    process.stderr.write(`FATAL initialization failed for block pool ${blockPoolId}: ${error}\n`);
  }
  return pool;
}

/** Lets go of the namespace and joins it anew, as `dfsadmin -refreshNamenodes` after a change of the configuration. */
async function refreshNamenodes(): Promise<void> {
  pool = undefined;
  await actor.register();
}

function poolOrThrow(): BlockPool {
  if (!pool) throw new Error('the block pool is not initialized');
  return pool;
}

function absent(blockId: string): Reply {
  return { status: 404, body: { error: `${name} does not hold ${blockId}` } };
}
