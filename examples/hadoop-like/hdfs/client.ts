// SPDX-License-Identifier: Apache-2.0
/** A client of the store: writes blocks and reads them back. */
import { runLoad } from '../node/load.js';
import { addressOf, readyToStart } from '../node/parent.js';
import { Workload } from './workload.js';

/** About 24 writes and 36 reads a second of each client. */
const LOAD = { threadCount: 8, targetPerS: 60 };

const addresses = await readyToStart({});
const workload = new Workload(`http://${addressOf(addresses, 'nn1', 'clients')}`);
runLoad({
  ...LOAD,
  operations: [
    { name: 'write', weight: 2, run: () => workload.write() },
    { name: 'read', weight: 3, run: () => workload.read() },
  ],
});
