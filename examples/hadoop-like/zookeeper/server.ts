// SPDX-License-Identifier: Apache-2.0
/**
 * A ZooKeeper server. Clients, the quorum's traffic, pings between servers, and elections have a port each, so that what
 * crowds or breaks one of them is not seen on the others. `ZOOKEEPER_PEERS` names the ensemble; one name is a standalone.
 */
import { listenAdmin } from '../node/admin.js';
import { addressOf, readyToStart, setting } from '../node/parent.js';
import { RpcError, RpcStatus, serveRpc } from '../node/rpc.js';
import { StuckDisk } from '../node/stuck-disk.js';
import { peersFromEnvironment } from './config.js';
import type { ForwardedRequest } from './follower-request-processor.js';
import { FullDisk } from './full-disk.js';
import type { PeerPing, Registration } from './leader.js';
import type { Commit, Proposal } from './learner-handler.js';
import { CLIENT_SERVICE, deserializeRequest } from './protocol.js';
import { QuorumPeer } from './quorum-peer.js';
import { answered } from './request.js';
import { ServerCnxn } from './server-cnxn.js';
import { ServerState } from './server-state.js';

const name = setting('NODE_NAME');
const state = await ServerState.load(name, setting('NODE_DIRECTORY'));
const peer = new QuorumPeer(state, peersFromEnvironment());
const cnxn = new ServerCnxn(peer);
const stuckDisk = new StuckDisk(state.log.path);
const fullDisk = new FullDisk(state.log.path);

const clients = await serveRpc('clients', { [CLIENT_SERVICE]: cnxn.handlers() });
const quorum = await serveRpc('quorum', {
  'zookeeper.Quorum': {
    Register: (registration: Registration) => peer.leading().register(registration),
    AckNewLeader: ({ from }: { from: string }) => {
      peer.leading().synchronised(from);
      return {};
    },
    Request: ({ operation, record }: ForwardedRequest, { givenUp }) => {
      const request = { operation, record: deserializeRequest(Buffer.from(record, 'base64')), givenUp };
      return answered(request, (accepted) => peer.leading().submit(accepted));
    },
    Propose: async (proposal: Proposal) => {
      await peer.following().propose(proposal);
      return {};
    },
    Commit: (commit: Commit) => {
      peer.following().commit(commit);
      return {};
    },
  },
});
const pings = await serveRpc('pings', {
  'zookeeper.Peer': {
    Ping: (ping: PeerPing) => {
      peer.leading().ping(ping);
      return {};
    },
  },
});
const election = await serveRpc('election', { 'zookeeper.Election': { Notification: () => peer.notification() } });

const admin = await listenAdmin(
  {
    f1: {
      fault: () => stuckDisk.fault(),
      repair: async () => {
        await stuckDisk.repair(() => state.sync.inHand());
        // The call that was stuck has come back with an error, of which the thread has died.
        state.sync.restart();
      },
    },
    f2: { fault: fromOutside, repair: () => peer.following().requests.restart() },
    f3: { fault: fromOutside, repair: () => cnxn.restart() },
    f4: { fault: fromOutside, repair: () => peer.leading().prep.restart() },
    f5: { fault: () => fullDisk.fault(), repair: () => fullDisk.repair().then(() => state.sync.restart()) },
  },
  () => peer.beliefs(),
);

const addresses = await readyToStart({ clients, quorum, pings, election, admin });
await peer.run((other, port) => addressOf(addresses, other, port));

function fromOutside(): never {
  throw new RpcError(RpcStatus.UNIMPLEMENTED, 'this fault comes over the network');
}
