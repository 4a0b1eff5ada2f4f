// SPDX-License-Identifier: Apache-2.0
/** A client of the ring: half reads, half updates, as YCSB's workload A. */
import { randomBytes } from 'node:crypto';
import { runLoad, zipfianKeys } from '../node/load.js';
import { readyToStart } from '../node/parent.js';
import { Driver } from './driver.js';
import type { Row } from './row.js';

/** So many that each node sends each other one five mutations a second. */
const LOAD = { threadCount: 24, targetPerS: 27 };

const KEY_COUNT = 500;

const LOADED_KEY_COUNT = 40;

/** Bytes of a value before they are made text. */
const VALUE_LENGTH = 2 * 1024;

const addresses = await readyToStart({});
const natives = Object.values(addresses).flatMap((ports) => ports['native'] ?? []);
const driver = new Driver(natives.map((address) => `http://${address}`));
const newRow = (): Row => ({ value: randomBytes(VALUE_LENGTH).toString('base64'), timestamp: Date.now() });

// YCSB's load phase: the keys that will be asked for most, one after the other. Those not loaded are read as missing.
for (let key = 0; key < LOADED_KEY_COUNT; key++) {
  await driver.write(`user${key}`, newRow()).catch(() => {});
  await driver.read(`user${key}`).catch(() => {});
}

const nextKey = zipfianKeys(KEY_COUNT);
runLoad({
  ...LOAD,
  operations: [
    { name: 'update', weight: 1, run: () => driver.write(nextKey(), newRow()) },
    {
      name: 'read',
      weight: 1,
      run: async () => {
        await driver.read(nextKey());
      },
    },
  ],
});
