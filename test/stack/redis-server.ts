// SPDX-License-Identifier: Apache-2.0
/** A Redis of one's own: on a free loopback port, in a folder of its own, with nothing written and nothing left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../support/until.js';

export interface RedisServer {
  readonly url: string;
  /** Ends the server that was started here, by its process, and removes its folder. */
  stop(): Promise<void>;
}

/** Tries to get a port: between asking for a free one and using it, somebody else may take it. */
const ATTEMPT_COUNT = 5;

/** Characters of the server's log that are kept for an error. */
const LOG_LENGTH_MAX = 4000;

export async function startRedis(): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'panorama-redis-'));
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      const server = await started(port, folder);
      return {
        url: `redis://127.0.0.1:${port}`,
        stop: async () => {
          await ended(server);
          await rm(folder, { recursive: true });
        },
      };
    } catch (error) {
      if (attempt < ATTEMPT_COUNT) continue;
      await rm(folder, { recursive: true });
      throw error;
    }
  }
}

async function started(port: number, folder: string): Promise<ChildProcess> {
  // No file is given, so Debian's /etc/redis/redis.conf is not read.
  const options = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', daemonize: 'no' };
  const server = spawn(
    'redis-server',
    Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  // A test run that is given up must not leave a server behind.
  const leave = () => server.kill('SIGKILL');
  process.once('exit', leave);
  server.once('exit', () => process.off('exit', leave));
  let log = '';
  const keep = (text: unknown) => {
    log = `${log}${text}`.slice(-LOG_LENGTH_MAX);
  };
  server.stdout.on('data', keep);
  server.stderr.on('data', keep);
  server.on('error', keep);
  try {
    await until('redis-server to accept connections', () => {
      if (isEnded(server)) throw new Error(`redis-server ended early`);
      return log.includes('Ready to accept connections') || undefined;
    });
  } catch (error) {
    await ended(server);
    throw new Error(`redis-server did not start on port ${port}; it said:\n${log}`, { cause: error });
  }
  return server;
}

async function ended(server: ChildProcess): Promise<void> {
  if (isEnded(server)) return;
  const gone = once(server, 'exit');
  server.kill('SIGTERM');
  await gone;
}

function isEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has a port');
  return address.port;
}
