// SPDX-License-Identifier: Apache-2.0
/** A client of the table: it loads its half of the rows, then reads and writes, and verifies that replication works. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { runLoad, zipfianKeys } from '../node/load.js';
import { addressOf, readyToStart, setting } from '../node/parent.js';
import { RpcClient } from '../node/rpc.js';
import { ReplicationVerifier } from './replication-verifier.js';
import { type Cell, REGIONS, regionOf, rowOf } from './table.js';
import { TableClient } from './table-client.js';

/**
 * Reads for the most part, as in YCSB's workloads B and E: a write goes through the log, the store below and replication, and costs
 * twenty times as much as a read.
 */
const LOAD = { threadCount: 24, targetPerS: 26 };

const ROW_COUNT = 800;
/** A tenth of YCSB's record. */
const VALUE_LENGTH = 500;
/** Rows put at a time while loading. */
const BATCH_LENGTH = 50;
const SCAN_LENGTH = 5;

const name = setting('NODE_NAME');
const addresses = await readyToStart({});
const table = new TableClient(addressOf(addresses, 'hm1', 'clients'));
await load();

const nextKey = zipfianKeys(ROW_COUNT);
const nextRow = (): string => rowOf(nextKey());
runLoad({
  ...LOAD,
  operations: [
    { name: 'get', weight: 20, run: async () => void (await table.get(nextRow())) },
    { name: 'put', weight: 1, run: () => table.put(nextRow(), value()) },
    { name: 'scan', weight: 4, run: async () => void (await table.scan(nextRow(), SCAN_LENGTH)) },
    // Whoever opens a new connection asks the master first.
    { name: 'locate', weight: 1, run: async () => void (await table.locate(nextRow())) },
  ],
});

const peer = new RpcClient(addressOf(addresses, 'rsp1', 'clients'), 'hbase.Client');
const verifier = new ReplicationVerifier(table, peer, name.replace('-', '_'));
verifier.run(['rs1', 'rs2']);

/** The load phase of YCSB: every row once, the odd ones by one client, the even ones by the other. */
async function load(): Promise<void> {
  const isMine = (number: number): boolean => number % 2 === Number(name.at(-1)) % 2;
  const rows = Array.from({ length: ROW_COUNT }, (_, number) => number)
    .filter(isMine)
    .map((number) => rowOf(`user${number}`));
  for (const region of REGIONS) {
    const cells = rows.filter((row) => regionOf(row) === region).map((row): Cell => ({ row, value: value() }));
    for (let at = 0; at < cells.length; ) {
      // The region may not have been assigned yet.
      const isPut = await table.putAll(cells.slice(at, at + BATCH_LENGTH)).then(
        () => true,
        () => false,
      );
      if (isPut) at += BATCH_LENGTH;
      else await delay(200);
    }
  }
}

function value(): string {
  return randomBytes(VALUE_LENGTH / 2).toString('hex');
}
