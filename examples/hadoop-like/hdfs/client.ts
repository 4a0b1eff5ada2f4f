// SPDX-License-Identifier: Apache-2.0
/** A client of the store: it keeps files there, on behalf of many users. */
import { runLoad } from '../node/load.js';
import { addressOf, readyToStart, setting } from '../node/parent.js';
import { Workload } from './workload.js';

const LOAD = { threadCount: 24, targetPerS: 50 };

const addresses = await readyToStart({});
const workload = new Workload(addressOf(addresses, 'nn1', 'clients'), setting('NODE_NAME'));
runLoad({
  ...LOAD,
  operations: [
    { name: 'write', weight: 3, run: () => workload.write() },
    { name: 'append', weight: 3, run: () => workload.append() },
    { name: 'read', weight: 6, run: () => workload.read() },
    { name: 'local read', weight: 5, run: () => workload.readLocal() },
    { name: 'stat', weight: 3, run: () => workload.stat() },
  ],
});
