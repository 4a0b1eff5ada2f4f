// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: an empty write-ahead log in the middle of a replication queue; its end is met before its header, again and again (HBASE-18137).
 * Here: the log is rolled twice, the second time before the first sync has brought its magic, so it stays empty in the queue.
 * Kept: the reader retries the head of the queue for ever, the lag grows, reads and writes are served, the master sees a live server.
 */
import { HBASE } from '../hbase/system.js';
import { controlledAt, type Fault } from './fault.js';

export const emptyWal: Fault = {
  id: 'f15',
  system: HBASE,
  title: 'replication stalls on an empty write-ahead log',
  happening:
    'rs1 has an empty log in its replication queue and reads it again and again; all that clients ask for goes on',
  paperSeconds: 1.8,
  subject: 'regionserver/rs1#replication',
  operations: ['replicate'],
  failure: 'gray',
  nodes: ['rs1'],
  ...controlledAt('rs1', 'f15'),
};
