// SPDX-License-Identifier: Apache-2.0
/**
 * A region server: it serves the regions that the master has it open. A write goes to the log in the store below, then into
 * memory; a read is answered from memory, from the block cache on the local disk, or from the store below. Its session
 * with ZooKeeper and its reports to the master need neither disk nor store.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { listenAdmin } from '../node/admin.js';
import { Executor } from '../node/executor.js';
import { addressOf, readyToStart, setting } from '../node/parent.js';
import { RpcClient, RpcError, RpcStatus, serveRpc } from '../node/rpc.js';
import { StuckDisk } from '../node/stuck-disk.js';
import { BucketCache } from './bucket-cache.js';
import {
  LOOK_INTERVAL_MS,
  MASTER_PATH,
  REPORT_INTERVAL_MS,
  type RegionServerReport,
  SERVERS_PATH,
  SHORT_TIMEOUT_MS,
  serverName,
} from './cluster-protocol.js';
import { Coordination } from './coordination.js';
import { type FileStore, FileSystem } from './file-system.js';
import { LivenessTracker } from './liveness-tracker.js';
import { Region } from './region.js';
import { ReplicationSource } from './replication-source.js';
import { type Edit, regionOf } from './table.js';
import { Wal } from './wal.js';

const server = serverName(setting('NODE_NAME'), Date.now());
const cache = await BucketCache.create(setting('NODE_DIRECTORY'));
const disk = new StuckDisk(cache.path);
const regions = new Map<string, Region>();
const masterTracker = new LivenessTracker();
const closing = new Set<string>();
/** A region is asked for with each edit that finds it full, so it may be in the queue many times; what it needed then may be done. */
const flusher = new Executor<Region>(1, async (region) => {
  if (region.wantsFlush) await region.flush();
  if (region.wantsCompaction) compactor.submit(region);
});
/** What cannot be compacted now is left as it is until after the next flush. */
const compactor = new Executor<Region>(1, async (region) => {
  if (region.wantsCompaction) await region.compact().catch(() => {});
});

const clientPort = await serveRpc('clients', {
  'hbase.Client': {
    Get: async ({ row }, { givenUp }) => ({ value: await regionFor(row).get(row, givenUp) }),
    Scan: async ({ startRow, limit }, { givenUp }) => ({
      cells: await regionFor(startRow).scan(startRow, limit, givenUp),
    }),
    Put: async ({ row, value }) => {
      await write([{ region: regionOf(row), row, value }]);
      return {};
    },
    /** A batch of puts. */
    Multi: async ({ cells }) => {
      await write(cells.map(({ row, value }: Edit) => ({ region: regionOf(row), row, value })));
      return {};
    },
  },
  'hbase.Admin': {
    OpenRegion: async ({ region }) => {
      if (!regions.has(region)) regions.set(region, await Region.open(region, { store, cache }));
      return {};
    },
    CloseRegion: async ({ region }) => {
      const closed = regions.get(region);
      regions.delete(region);
      // It is reported until all of it is in the store, or it would be opened elsewhere before.
      closing.add(region);
      await closed?.flush();
      closing.delete(region);
      return {};
    },
  },
});

const adminPort = await listenAdmin(
  {
    f14: { fault: () => disk.fault(), repair: () => disk.repair(() => cache.inHand()) },
    f15: { fault: leaveEmptyWal, repair: () => source.stream.removeEmpty() },
  },
  () => masterTracker.beliefs,
);

const addresses = await readyToStart({ clients: clientPort, admin: adminPort });
const store: FileStore = new FileSystem(addressOf(addresses, 'nn1', 'clients'), server.replace(',', '_'));
const source = new ReplicationSource(store);
const wal = new Wal(store, (file) => source.stream.enqueue(file));
void source.run(new RpcClient(addressOf(addresses, 'rsp1', 'clients'), 'hbase.Replication'));
const zookeeper = new Coordination(addressOf(addresses, 'zk1', 'clients'));
await zookeeper.register(SERVERS_PATH, server);
setInterval(() => {
  // ZooKeeper may be away for a while; the next look tells.
  zookeeper
    .servers(MASTER_PATH)
    .then((masters) => masterTracker.saw(masters))
    .catch(() => {});
}, LOOK_INTERVAL_MS);
await sendReports(new RpcClient(addressOf(addresses, 'hm1', 'reports'), 'hbase.RegionServerStatus'));

function regionFor(row: string): Region {
  const region = regions.get(regionOf(row));
  if (!region) throw new RpcError(RpcStatus.FAILED_PRECONDITION, `NotServingRegionException: ${regionOf(row)}`);
  return region;
}

/** First the log, then memory. */
async function write(edits: readonly Edit[]): Promise<void> {
  for (const { row } of edits) regionFor(row);
  await wal.append(edits);
  for (const edit of edits) {
    const region = regionFor(edit.row);
    region.put(edit);
    if (region.wantsFlush) flusher.submit(region);
  }
}

/** Rolls the log, and again before the new one has its magic. */
async function leaveEmptyWal(): Promise<void> {
  // One right behind the other, with no sync in between.
  await Promise.all([wal.rollWriter(true), wal.rollWriter(true)]);
}

async function sendReports(master: RpcClient): Promise<never> {
  for (;;) {
    const report: RegionServerReport = {
      server,
      address: addressOf(addresses, setting('NODE_NAME'), 'clients'),
      regions: [...regions.keys(), ...closing],
      replicationLagMs: source.lagMs(performance.now()),
    };
    // A master that is away is waited for; the next report comes anyway.
    const reported = master.call('RegionServerReport', report, SHORT_TIMEOUT_MS).catch(() => {});
    await Promise.all([reported, delay(REPORT_INTERVAL_MS)]);
  }
}
