// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: the namenode stands still: group lookups do not come back, each keeps a handler, no new call is taken in (as in HADOOP-11238).
 * Here: the command that looks up a user's groups never ends, and the mappings were refreshed just before.
 * Kept: ten handlers, a cache of five minutes, a command without a timeout; datanodes have handlers of their own, and heartbeats go on.
 */
import { HDFS } from '../hdfs/system.js';
import { controlledAt, type Fault } from './fault.js';

export const exhaustedHandlers: Fault = {
  id: 'f10',
  system: HDFS,
  title: 'the namenode runs out of handlers',
  happening: 'looking up the groups of a user takes nn1 for ever; heartbeats have handlers of their own and go on',
  paperSeconds: 1.8,
  subject: 'namenode/nn1',
  operations: [
    'POST /files/{id}/blocks',
    'POST /files/{id}/append',
    'POST /files/{id}/complete',
    'GET /files/{id}/blocks',
    'GET /files/{id}',
  ],
  failure: 'gray',
  nodes: ['nn1'],
  ...controlledAt('nn1', 'f10'),
};
