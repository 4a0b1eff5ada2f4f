// SPDX-License-Identifier: Apache-2.0
/** A Redis of one's own, with nothing written. */
import { type Server, startServer } from './server-process.js';

export interface RedisServer extends Server {
  readonly url: string;
}

export async function startRedis(): Promise<RedisServer> {
  const server = await startServer({
    name: 'redis',
    program: 'redis-server',
    // No file is given, so Debian's /etc/redis/redis.conf is not read.
    args: (port, folder) =>
      Object.entries({ port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', daemonize: 'no' }).flatMap(
        ([name, value]) => [`--${name}`, String(value)],
      ),
    ready: /Ready to accept connections/,
  });
  return { ...server, url: `redis://127.0.0.1:${server.port}` };
}
