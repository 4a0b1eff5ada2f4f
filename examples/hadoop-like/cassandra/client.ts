// SPDX-License-Identifier: Apache-2.0
/** A client of the ring: half reads, half updates, as YCSB's workload A. */
import { randomBytes } from 'node:crypto';
import { runLoad, zipfianKeys } from '../node/load.js';
import { readyToStart } from '../node/parent.js';
import { Driver } from './driver.js';

const LOAD = { threadCount: 8, targetPerS: 45 };

const KEY_COUNT = 500;

/** Bytes of a value before they are made text. */
const VALUE_LENGTH = 3 * 1024;

const addresses = await readyToStart({});
const natives = Object.values(addresses).flatMap((ports) => ports['native'] ?? []);
const driver = new Driver(natives.map((address) => `http://${address}`));
const nextKey = zipfianKeys(KEY_COUNT);
runLoad({
  ...LOAD,
  operations: [
    {
      name: 'update',
      weight: 1,
      run: () =>
        driver.write(nextKey(), { value: randomBytes(VALUE_LENGTH).toString('base64'), timestamp: Date.now() }),
    },
    {
      name: 'read',
      weight: 1,
      run: async () => {
        await driver.read(nextKey());
      },
    },
  ],
});
