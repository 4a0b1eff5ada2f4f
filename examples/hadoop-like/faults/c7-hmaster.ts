// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the master's process is killed.
 * Here: `kill -9`, and no other master to take over.
 * Kept: clients go on with the locations they remember; its node in ZooKeeper stays until the session expires.
 */
import { HBASE } from '../hbase/system.js';
import { crashOf, type Fault } from './fault.js';

export const hmasterCrash: Fault = {
  id: 'c7',
  system: HBASE,
  title: 'the master is killed',
  happening: 'hm1 was killed; reads and writes go on where the regions are',
  paperSeconds: 1.5,
  subject: 'hmaster/hm1',
  ...crashOf('hm1'),
};
