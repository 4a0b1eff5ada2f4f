// SPDX-License-Identifier: Apache-2.0
/**
 * The namenode. Clients' calls and datanodes' come in on ports of their own, with handlers of their own, as HDFS keeps a service RPC
 * port (`dfs.namenode.servicerpc-address`), so that a crowd of clients can never make a datanode look dead. Its web page
 * (`/health`, `/datanodes`) needs no handler at all.
 */
import { join } from 'node:path';
import { listenAdmin } from '../node/admin.js';
import { type Call, type Handlers, listen, type Reply } from '../node/http-server.js';
import { readyToStart, setting } from '../node/parent.js';
import { EditLog } from './edit-log.js';
import { FailureDetector } from './failure-detector.js';
import { Groups } from './groups.js';
import { HandlerPool } from './handler-pool.js';
import { HealthPoller } from './health-poller.js';
import { Namesystem, Refusal } from './namesystem.js';
import {
  type BlockReport,
  type BrokenPipeline,
  CLIENT_HEADER,
  type CompletedBlock,
  type DatanodeAddress,
  type DatanodeCommands,
  type NamespaceInfo,
  USER_HEADER,
} from './protocol.js';
import { ShellGroupsMapping } from './shell-groups-mapping.js';

/** Handlers of clients' calls (`dfs.namenode.handler.count`). */
const HANDLER_COUNT = 10;

/** And of datanodes' (`dfs.namenode.service.handler.count`). */
const SERVICE_HANDLER_COUNT = 10;

/** Whose groups may use the file system. */
const PERMITTED_GROUP = 'users';

const NAMESPACE: NamespaceInfo = { blockPoolId: 'BP-1062-namenode' };

const directory = setting('NODE_DIRECTORY');
const edits = new EditLog(join(directory, 'edits'));
const namesystem = new Namesystem(await edits.replay());
const mapping = await ShellGroupsMapping.create(directory);
const groups = new Groups((user) => mapping.groupsOf(user));
const detector = new FailureDetector();
const poller = new HealthPoller(alive);

const clientPort = await listen('clients', {
  ...new HandlerPool(HANDLER_COUNT).serving({
    'POST /files/{id}/blocks': permitted(({ id, holder }) => namesystem.create(id, holder, alive(), performance.now())),
    'POST /files/{id}/append': permitted(({ id, holder }) => namesystem.append(id, holder, alive(), performance.now())),
    'POST /files/{id}/complete': permitted(async ({ id, holder, body }) => {
      await edits.log(namesystem.complete(id, holder, body as CompletedBlock));
      return {};
    }),
    'POST /blocks/{id}/pipeline': permitted(({ body }) => ({
      additional: namesystem.additional(body as BrokenPipeline, alive()),
    })),
    'GET /files/{id}/blocks': permitted(({ id }) => namesystem.locate(id, alive())),
    'GET /files/{id}': permitted(({ id }) => namesystem.info(id)),
  }),
  'GET /datanodes': () => ({ body: { datanodes: poller.reports(detector.beliefs(performance.now())) } }),
  'GET /health': () => ({ body: { status: 'ok' } }),
});

const heartbeatPort = await listen('heartbeats', {
  ...new HandlerPool(SERVICE_HANDLER_COUNT).serving({
    'POST /registrations': ({ body }) => {
      detector.register(parsed<DatanodeAddress>(body), performance.now());
      return { body: NAMESPACE };
    },
    'POST /block-reports': ({ body }) => {
      namesystem.report(parsed<BlockReport>(body));
      return { body: {} };
    },
    'POST /heartbeats': ({ body }) => {
      const { name } = parsed<{ name: string }>(body);
      const register = !detector.beat(name, performance.now());
      const commands: DatanodeCommands = { register, invalidate: namesystem.takeInvalid(name) };
      return { body: commands };
    },
  }),
});

const hungLookups = {
  fault: async () => {
    await mapping.fault();
    groups.refresh();
  },
  repair: () => mapping.repair(),
};
const adminPort = await listenAdmin({ f10: hungLookups }, () => detector.words(performance.now()));
await readyToStart({ clients: clientPort, heartbeats: heartbeatPort, admin: adminPort });

/** A client's call, once its user's groups are known. */
interface ClientCall {
  /** The file, or the block. */
  readonly id: string;
  /** Who would hold the lease. */
  readonly holder: string;
  readonly body: unknown;
}

function permitted(operation: (call: ClientCall) => object | Promise<object>): Handlers[string] {
  return async ({ id, headers, body }: Call): Promise<Reply> => {
    try {
      const user = String(headers[USER_HEADER]);
      if (!(await groups.of(user)).includes(PERMITTED_GROUP)) throw new Refusal(403, `${user} may not`);
      const holder = String(headers[CLIENT_HEADER]);
      return { body: await operation({ id, holder, body: body.length > 0 ? parsed(body) : {} }) };
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: { error: error.message } };
      throw error;
    }
  };
}

function parsed<Message>(body: Buffer): Message {
  return JSON.parse(body.toString('utf8')) as Message;
}

function alive(): readonly DatanodeAddress[] {
  return detector.alive(performance.now());
}
