// SPDX-License-Identifier: Apache-2.0
/** A stand-in for the ZooKeeper-like server: sessions and ephemeral nodes only. */
import { listenAdmin } from '../node/admin.js';
import { readyToStart } from '../node/parent.js';
import { serveRpc } from '../node/rpc.js';

const sessions = new Map<string, { timeoutMs: number; lastMs: number; paths: Set<string> }>();
let count = 0;

setInterval(() => {
  for (const [id, { timeoutMs, lastMs }] of sessions) {
    if (performance.now() - lastMs > timeoutMs) sessions.delete(id);
  }
}, 200);

const clients = await serveRpc('clients', {
  'zookeeper.ZooKeeper': {
    Connect: ({ timeoutMs }) => {
      const session = `${++count}`;
      sessions.set(session, { timeoutMs, lastMs: performance.now(), paths: new Set() });
      return { session };
    },
    Create: ({ session, path }) => {
      for (const other of sessions.values()) other.paths.delete(path);
      sessions.get(session)?.paths.add(path);
      return {};
    },
    GetChildren: ({ path }) => {
      const paths = [...sessions.values()].flatMap((one) => [...one.paths]).filter((one) => one.startsWith(`${path}/`));
      return { children: paths.map((one) => one.slice(path.length + 1)) };
    },
    Ping: ({ session }) => {
      const known = sessions.get(session);
      if (!known) throw new Error('session expired');
      known.lastMs = performance.now();
      return {};
    },
  },
});
await readyToStart({ clients, admin: await listenAdmin({}) });
