// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: a region server's process is killed.
 * Here: `kill -9`.
 * Kept: its regions are nobody's until its session with ZooKeeper expires and the master opens them elsewhere.
 */
import { HBASE } from '../hbase/system.js';
import { crashOf, type Fault } from './fault.js';

export const regionServerCrash: Fault = {
  id: 'c8',
  system: HBASE,
  title: 'a region server is killed',
  happening: 'rs1 was killed; its regions are nobody’s until its session has expired',
  paperSeconds: 0.102,
  subject: 'regionserver/rs1',
  ...crashOf('rs1'),
};
