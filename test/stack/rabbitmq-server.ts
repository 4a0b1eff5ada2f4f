// SPDX-License-Identifier: Apache-2.0
/**
 * A RabbitMQ of one's own. An Erlang node asks a daemon (epmd) where others listen, and starts it where there is none; so
 * this one has its own, which ends with it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from '../support/until.js';
import { programOf } from './programs.js';
import { freePort, type Server, startServer } from './server-process.js';

const run = promisify(execFile);

export interface RabbitmqServer extends Server {
  /** Lets the broker's memory be short: it reads nothing more from whoever publishes. */
  raiseMemoryAlarm(): Promise<void>;
  lowerMemoryAlarm(): Promise<void>;
}

/** RabbitMQ's own default: the share of the machine's memory at which it stops publishers. */
const WATERMARK = '0.4';

export async function startRabbitmq(): Promise<RabbitmqServer> {
  const portOfEpmd = await freePort();
  const epmd = await startEpmd(portOfEpmd);
  try {
    const distribution = await freePort();
    const erlang = (folder: string) => ({
      HOME: folder,
      ERL_EPMD_PORT: String(portOfEpmd),
      RABBITMQ_NODENAME: `panorama-${portOfEpmd}@localhost`,
    });
    const server = await startServer({
      name: 'rabbitmq',
      program: programOf('rabbitmq-server'),
      args: () => [],
      env: (port, folder) => ({
        ...erlang(folder),
        RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
        RABBITMQ_NODE_PORT: String(port),
        RABBITMQ_DIST_PORT: String(distribution),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
        RABBITMQ_MNESIA_BASE: path.join(folder, 'mnesia'),
        RABBITMQ_LOG_BASE: path.join(folder, 'log'),
        RABBITMQ_CONF_ENV_FILE: '/dev/null',
        RABBITMQ_CONFIG_FILE: path.join(folder, 'none'),
        RABBITMQ_ENABLED_PLUGINS_FILE: path.join(folder, 'plugins'),
        RABBITMQ_LOGS: '-',
      }),
      ready: /Server startup complete/,
    });
    const setWatermark = async (share: string) => {
      const env = { ...process.env, ...erlang(server.folder) };
      await run(programOf('rabbitmqctl'), ['set_vm_memory_high_watermark', share], { env });
    };
    return {
      ...server,
      raiseMemoryAlarm: () => setWatermark('0.0000001'),
      lowerMemoryAlarm: () => setWatermark(WATERMARK),
      stop: async () => {
        await server.stop();
        await ended(epmd);
      },
    };
  } catch (error) {
    await ended(epmd);
    throw error;
  }
}

async function startEpmd(port: number): Promise<ChildProcess> {
  const epmd = spawn(programOf('epmd'), ['-port', String(port), '-address', '127.0.0.1'], { stdio: 'ignore' });
  const leave = () => epmd.kill('SIGKILL');
  process.once('exit', leave);
  epmd.once('exit', () => process.off('exit', leave));
  await until('epmd to listen', async () => {
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => undefined,
    );
    socket.destroy();
    return isThere;
  });
  return epmd;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
