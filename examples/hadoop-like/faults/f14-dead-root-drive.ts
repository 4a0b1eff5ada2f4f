// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the root drive of a region server's machine died. What touched it hung; the process lived on, and so its regions.
 * Here: the file of the bucket cache is a FIFO, so a read that the cache has on disk blocks in `open()`, and the next behind it.
 * Kept: ZooKeeper session, reports, the log in the store below and reads from memory go on; the master sees a live server.
 */
import { HBASE } from '../hbase/system.js';
import { controlledAt, type Fault } from './fault.js';

export const deadRootDrive: Fault = {
  id: 'f14',
  system: HBASE,
  title: 'a region server’s root drive is dead',
  happening:
    'what rs1 reads from its local disk does not return; its session, reports, writes and reads from memory go on',
  paperSeconds: 0.8,
  subject: 'regionserver/rs1',
  operations: ['hbase.Client/Get', 'hbase.Client/Scan'],
  failure: 'gray',
  nodes: ['rs1'],
  ...controlledAt('rs1', 'f14'),
};
