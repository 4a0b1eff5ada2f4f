// SPDX-License-Identifier: Apache-2.0
/** A PostgreSQL of one's own. It does not run as root: there it runs as the user that Debian's package has made. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { programOf, userOf } from './programs.js';
import { type Server, startServer } from './server-process.js';

const run = promisify(execFile);

/** The only user there is, with no password: nobody but this machine's users can come here. */
export const POSTGRES_USER = 'shop';

export async function startPostgres(): Promise<Server> {
  const user = process.getuid?.() === 0 ? userOf('postgres') : undefined;
  const program = programOf('postgres');
  const server = await startServer({
    name: 'postgres',
    program,
    user,
    prepare: async (folder) => {
      const options = ['--auth=trust', '--no-sync', '--encoding=UTF8', '--no-locale', `--username=${POSTGRES_USER}`];
      await run(path.join(path.dirname(program), 'initdb'), [...options, '-D', path.join(folder, 'data')], {
        cwd: folder,
        ...user,
      });
    },
    args: (port, folder) => {
      const settings = {
        port,
        listen_addresses: '127.0.0.1',
        unix_socket_directories: folder,
        fsync: 'off',
        // Few, so that a test can use them up.
        max_connections: 20,
      };
      return [
        '-D',
        path.join(folder, 'data'),
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ];
    },
    ready: /database system is ready to accept connections/,
  });
  let killed = false;
  return {
    ...server,
    kill: async () => {
      killed = true;
      await server.kill();
    },
    restart: async () => {
      await server.restart();
      killed = false;
    },
    stop: async () => {
      // Killed, it leaves shared memory in the kernel, which goes with its folder's next server.
      if (killed) await server.restart();
      await server.stop();
    },
  };
}
