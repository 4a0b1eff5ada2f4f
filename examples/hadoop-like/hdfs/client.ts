// SPDX-License-Identifier: Apache-2.0
/** A client of the store: it keeps files there, on behalf of many users. */
import { runLoad } from '../node/load.js';
import { addressOf, readyToStart, setting } from '../node/parent.js';
import { Workload } from './workload.js';

/**
 * Fifteen pipelines and thirty local reads a second of both clients together, so that each datanode is called five times a second by each
 * of the others and by each client.
 */
const LOAD = { threadCount: 24, targetPerS: 29 };

const addresses = await readyToStart({});
const workload = new Workload(addressOf(addresses, 'nn1', 'clients'), setting('NODE_NAME'));
runLoad({
  ...LOAD,
  operations: [
    { name: 'write', weight: 4, run: () => workload.write() },
    { name: 'append', weight: 4, run: () => workload.append() },
    { name: 'read', weight: 5, run: () => workload.read() },
    { name: 'local read', weight: 16, run: () => workload.readLocal() },
    { name: 'stat', weight: 2, run: () => workload.stat() },
  ],
});
