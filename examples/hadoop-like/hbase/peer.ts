// SPDX-License-Identifier: Apache-2.0
/**
 * A region server of the peer cluster, which edits are replicated to. Of the peer cluster there is no more than this, and it
 * keeps its rows in memory only.
 */
import { listenAdmin } from '../node/admin.js';
import { readyToStart } from '../node/parent.js';
import { serveRpc } from '../node/rpc.js';
import type { Edit } from './table.js';

const rows = new Map<string, string>();

const clientPort = await serveRpc('clients', {
  'hbase.Replication': {
    ReplicateWALEntry: ({ entries }) => {
      for (const { row, value } of entries as readonly Edit[]) rows.set(row, value);
      return {};
    },
  },
  'hbase.Client': {
    MultiGet: (request: { rows: readonly string[] }) => ({ values: request.rows.map((row) => rows.get(row) ?? null) }),
  },
});

await readyToStart({ clients: clientPort, admin: await listenAdmin({}) });
