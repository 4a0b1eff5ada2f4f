// SPDX-License-Identifier: Apache-2.0
/**
 * The master: it assigns regions and tells clients where they are. That a region server lives it learns from ZooKeeper: as
 * long as the server's session lasts, its node is there. Reports come in on a port of their own.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Beliefs, listenAdmin } from '../node/admin.js';
import { addressOf, readyToStart, setting } from '../node/parent.js';
import { RpcClient, RpcError, RpcStatus, serveRpc } from '../node/rpc.js';
import { scaled } from '../node/time-scale.js';
import { Assignment, type Order } from './assignment.js';
import {
  LOOK_INTERVAL_MS,
  MASTER_PATH,
  type RegionServerReport,
  SERVERS_PATH,
  SHORT_TIMEOUT_MS,
  serverName,
} from './cluster-protocol.js';
import { Coordination } from './coordination.js';
import { LivenessTracker } from './liveness-tracker.js';
import { REGIONS, regionOf } from './table.js';

/** Between two looks whether a region should move; `hbase.balancer.period` is 5 min, longer than an experiment. */
const BALANCER_PERIOD_MS = scaled(30_000);

/** Both region servers are waited for, or the first would get all regions. */
const MIN_TO_START = 2;

const server = serverName(setting('NODE_NAME'), Date.now());
const assignment = new Assignment(REGIONS, MIN_TO_START);
const tracker = new LivenessTracker();

const clientPort = await serveRpc('clients', {
  'hbase.Master': {
    GetRegionLocation: ({ row }) => {
      const location = assignment.location(regionOf(row));
      if (!location) throw new RpcError(RpcStatus.UNAVAILABLE, `the region of ${row} has not been assigned yet`);
      return location;
    },
  },
});

const reportPort = await serveRpc('reports', {
  'hbase.RegionServerStatus': {
    RegionServerReport: (report: RegionServerReport) => {
      assignment.report(report);
      return {};
    },
  },
});

// A master that has not finished its start believes nothing yet.
const adminPort = await listenAdmin({}, (): Beliefs => (assignment.isInitialized ? tracker.beliefs : {}));
const addresses = await readyToStart({ clients: clientPort, reports: reportPort, admin: adminPort });
const zookeeper = new Coordination(addressOf(addresses, 'zk1', 'clients'));
await zookeeper.register(MASTER_PATH, server);
setInterval(() => {
  const order = assignment.imbalance();
  // One that could not be closed is found again.
  if (order) void tell(order, 'CloseRegion').catch(() => {});
}, BALANCER_PERIOD_MS);
for (;;) {
  // ZooKeeper may be away for a while; the next look tells.
  await look().catch(() => {});
  for (const order of assignment.orders()) void open(order);
  await delay(LOOK_INTERVAL_MS);
}

/** Whose node is gone is dead, and its regions are free. */
async function look(): Promise<void> {
  for (const gone of tracker.saw(await zookeeper.servers(SERVERS_PATH))) assignment.expire(gone);
}

async function open(order: Order): Promise<void> {
  await tell(order, 'OpenRegion').catch(() => assignment.failed(order));
}

async function tell({ region, address }: Order, method: 'OpenRegion' | 'CloseRegion'): Promise<void> {
  const regionServer = new RpcClient(address, 'hbase.Admin');
  try {
    await regionServer.call(method, { region }, SHORT_TIMEOUT_MS);
  } finally {
    regionServer.close();
  }
}
