// SPDX-License-Identifier: Apache-2.0
/** A client of the cluster: runs its workload and tells the demo, over the IPC channel, how it fares. */
import { Workload } from './hdfs/workload.js';
import { readyToStart, tellParent } from './node/parent.js';

/** Often enough for a live timeline. */
const TALLY_INTERVAL_MS = 250;

const urls = await readyToStart({});
const workload = new Workload(urls['namenode'] ?? '');
workload.start();
setInterval(() => tellParent({ type: 'tally', tally: workload.tally }), TALLY_INTERVAL_MS);
