// SPDX-License-Identifier: Apache-2.0
/**
 * Broke: a datanode's DomainSocketWatcher thread ends by an error, and every reader that needs it waits for ever (HDFS-8429).
 * Here: dn2's watcher is told of a connection's end a second time; its worker ends by the uncaught error, and its queue takes on and on.
 * Kept: a reader has its slot when the thread has taken it in, and nobody watches the thread; reads over the network never meet it.
 */
import { HDFS } from '../hdfs/system.js';
import { controlledAt, type Fault } from './fault.js';

export const deadSocketWatcher: Fault = {
  id: 'f12',
  system: HDFS,
  title: 'a datanode’s short-circuit reads are blocked',
  happening: 'the thread of dn2 that gives local readers their slots dies; everything else of dn2 goes on',
  paperSeconds: 0.8,
  subject: 'datanode/dn2',
  operations: ['POST /slots/{id}'],
  failure: 'gray',
  nodes: ['dn2'],
  ...controlledAt('dn2', 'f12'),
};
