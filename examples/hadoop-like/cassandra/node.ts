// SPDX-License-Identifier: Apache-2.0
/**
 * A node of the ring. Clients come in on one port, the other nodes on a second, gossip on a third, so that neither load
 * nor anything that hangs can hold up a heartbeat.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listenAdmin } from '../node/admin.js';
import { type Handlers, listen } from '../node/http-server.js';
import { readyToStart, setting } from '../node/parent.js';
import { AddressBook } from './address-book.js';
import { AntiEntropy } from './anti-entropy.js';
import { Coordinator, type ReplicaRow, UnavailableError } from './coordinator.js';
import { GossipRounds } from './gossip-rounds.js';
import { Gossiper } from './gossiper.js';
import { Messaging } from './messaging.js';
import { MutationStage } from './mutation-stage.js';
import { PEERS_FILE, PeersTable } from './peers-table.js';
import type { Mutation, Row } from './row.js';
import { Streaming } from './streaming.js';
import { Table } from './table.js';
import { TokenRing } from './token-ring.js';

const SEED = 'ca1';

/** How far a wrong clock is ahead: more than any message may be old. */
const CLOCK_STEP_MS = 60_000;

const self = setting('NODE_NAME');
const directory = setting('NODE_DIRECTORY');
await mkdir(directory, { recursive: true });

const book = new AddressBook(self);
const table = await Table.open(directory);
const stage = new MutationStage(table);
const peers = new PeersTable(join(directory, PEERS_FILE));

/** A node that is restarted is called as soon as it listens, and has to know the others before it can be of use. */
let start = (): void => {};
const started = new Promise<void>((resolve) => {
  start = resolve;
});

let ring = new TokenRing([self]);
const gossiper = new Gossiper(self, {
  seed: SEED,
  generation: Date.now(),
  onRingChange: (members) => {
    ring = new TokenRing(members);
    peers.save(members);
  },
});
const rounds = new GossipRounds(gossiper, book);
const messaging = new Messaging(book);
const coordinator = new Coordinator({
  book,
  ring: () => ring,
  isUp: (node) => gossiper.isUp(node),
  local: { read: (key) => table.rows.get(key), apply: (mutation, givenUp) => stage.apply(mutation, givenUp) },
});
const repair = new AntiEntropy({ self, messaging, ring: () => ring, rows: () => table.rows });
const streaming = new Streaming({
  book,
  table,
  senders: () => gossiper.members.filter((node) => node !== self && gossiper.isUp(node)),
});

const nativePort = await listen(
  'native',
  whileMember({
    'PUT /rows/{id}': ({ id, body }) =>
      coordinated(async () => {
        await coordinator.write({ key: id, row: JSON.parse(body.toString('utf8')) as Row });
        return {};
      }),
    'GET /rows/{id}': ({ id }) => coordinated(async (): Promise<ReplicaRow> => ({ row: await coordinator.read(id) })),
  }),
);

const storagePort = await listen(
  'storage',
  whileMember({
    'POST /mutations': async ({ body, givenUp }) => {
      await stage.apply(JSON.parse(body.toString('utf8')) as Mutation, givenUp);
      return { body: {} };
    },
    'GET /replica-rows/{id}': ({ id }) => ({ body: { row: table.rows.get(id) } satisfies ReplicaRow }),
    ...messaging.handlers,
    ...streaming.handlers,
  }),
);

const gossipPort = await listen('gossip', whileMember(rounds.handlers));

const adminPort = await listenAdmin(
  {
    f6: { fault: () => messaging.clock.step(CLOCK_STEP_MS), repair: () => messaging.clock.step(0) },
    f6_session: { fault: () => {}, repair: () => repair.terminateSession() },
    f7_decommission: { fault: decommission, repair: rejoin },
    f7: { fault: () => gossiper.addSaved(peers.load()), repair: () => gossiper.removeSaved() },
    f8: { fault: () => {}, repair: restartStreaming },
    f8_plans: { fault: () => {}, repair: () => streaming.retry() },
    f9: { fault: () => table.commitLog.loseSegment(), repair: () => table.commitLog.restart() },
  },
  () => gossiper.beliefs(book.nodes),
);

const ports = { native: nativePort, storage: storagePort, gossip: gossipPort, admin: adminPort };
book.fill(await readyToStart(ports));
start();
gossiper.addSaved(peers.load());
coordinator.start();
takePart();

/** Gossips, repairs and streams, until the node leaves the ring. */
function takePart(): void {
  const isMember = (): boolean => gossiper.isRunning;
  rounds.start();
  void repair.run(isMember);
  void streaming.run(isMember);
}

/** What a node that has left the ring is still asked is not its business any more, and it says so. */
function whileMember(handlers: Handlers): Handlers {
  const guarded = Object.entries(handlers).map(([route, handler]) => {
    const whileInRing: typeof handler = async (call) => {
      await started;
      return gossiper.isRunning ? handler(call) : { status: 421, body: { error: `${self} has left the ring` } };
    };
    return [route, whileInRing] as const;
  });
  return Object.fromEntries(guarded);
}

/** A client's request, and in what words it fails. */
async function coordinated(work: () => Promise<object>): Promise<{ status?: number; body: object }> {
  try {
    return { body: await work() };
  } catch (error) {
    const status = error instanceof UnavailableError ? 503 : 500;
    return { status, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}

/**
 * `nodetool decommission`: the node says that it leaves, then that it has left, and takes part no longer. The original
 * streams its ranges to their new owners in between; here those find what they lack by read repair.
 */
async function decommission(): Promise<void> {
  gossiper.announce('LEAVING');
  await rounds.tellAll();
  await delay(100);
  gossiper.announce('LEFT');
  await rounds.tellAll();
  gossiper.stop();
}

/** The original wants a new process for this; here the old one comes back with a new generation. */
function rejoin(): void {
  gossiper.rejoin(Date.now());
  takePart();
}

async function restartStreaming(): Promise<void> {
  await table.sstables.scrub([...table.rows].map(([key, row]) => ({ key, row })));
  streaming.restartTasks();
}
