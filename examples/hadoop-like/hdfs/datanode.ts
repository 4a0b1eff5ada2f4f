// SPDX-License-Identifier: Apache-2.0
/**
 * A datanode: it stores blocks, passes them down the pipeline, serves them, and tells the namenode twice a second that
 * it is alive. Its health route is the one that most services have: it answers. To see the stuck disk it would have to
 * write a block itself, and then it would be a caller.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { listenAdmin } from '../node/admin.js';
import { call } from '../node/http-call.js';
import { type Call, listen, type Reply } from '../node/http-server.js';
import { addressOf, readyToStart, setting } from '../node/parent.js';
import { StuckDisk } from '../node/stuck-disk.js';
import { scaled } from '../node/time-scale.js';
import { BlockWriter } from './block-writer.js';
import { HEARTBEAT_INTERVAL_MS, type Heartbeat } from './failure-detector.js';
import { type NodeAck, PIPELINE_HEADER, type PipelineAck, parsePipeline, sendBlock } from './pipeline.js';
import { Volume } from './volume.js';

/** Deadline of one heartbeat. A late one is not repeated; the next is due anyway. */
const HEARTBEAT_TIMEOUT_MS = scaled(60_000);

const name = setting('NODE_NAME');
const volume = await Volume.create(setting('NODE_DIRECTORY'));
const writer = new BlockWriter(volume);
const disk = new StuckDisk(volume.journalPath);

const dataPort = await listen('data', {
  'POST /blocks/{id}': writeBlock,
  'GET /blocks/{id}': async ({ id }) => {
    const data = await volume.read(id);
    return data ? { body: data } : { status: 404, body: { error: `${name} does not hold ${id}` } };
  },
  'GET /health': () => ({ body: { status: 'ok' } }),
});

const adminPort = await listenAdmin({
  f0: { fault: () => disk.fault(), repair: () => disk.repair(() => writer.inHand()) },
});

const addresses = await readyToStart({ data: dataPort, admin: adminPort });
const namenode = addressOf(addresses, 'nn1', 'heartbeats');
await sendHeartbeats(`http://${namenode}/heartbeats`, { name, url: `http://127.0.0.1:${dataPort}` });

/**
 * Writes the block down and sends it on, both at once. What went wrong behind this node is part of the answer; what
 * goes wrong on this node's own disk is an error of this node, answered 500.
 */
async function writeBlock({ id, body, headers, givenUp }: Call): Promise<Reply> {
  const data = new Uint8Array(body);
  const [, behind] = await Promise.all([
    writer.write(id, data, givenUp),
    sendBlock(id, data, parsePipeline(headers[PIPELINE_HEADER])),
  ]);
  const own: NodeAck = { datanode: name, status: 'success' };
  const answer: PipelineAck = { acks: [own, ...behind] };
  return { body: answer };
}

/** Heartbeats go to a port, and so over a connection, that carries nothing else. */
async function sendHeartbeats(url: string, heartbeat: Heartbeat): Promise<never> {
  for (;;) {
    // A heartbeat that fails is the namenode's to notice.
    const beat = call({ method: 'POST', url, timeoutMs: HEARTBEAT_TIMEOUT_MS, body: heartbeat }).catch(() => {});
    await Promise.all([beat, delay(HEARTBEAT_INTERVAL_MS)]);
  }
}
