// SPDX-License-Identifier: Apache-2.0
/** A MariaDB of one's own. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { programOf } from './programs.js';
import { type Server, startServer } from './server-process.js';

const run = promisify(execFile);

export function startMariadb(): Promise<Server> {
  // As root it runs only if that is said, which makes no difference elsewhere. No file of the machine's is read.
  const common = (folder: string) => [
    '--no-defaults',
    `--datadir=${path.join(folder, 'data')}`,
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ];
  return startServer({
    name: 'mariadb',
    program: programOf('mariadbd'),
    prepare: async (folder) => {
      const options = ['--auth-root-authentication-method=normal', '--skip-test-db'];
      await run(programOf('mariadb-install-db'), [...common(folder), ...options], { cwd: folder });
    },
    args: (port, folder) => [
      ...common(folder),
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${path.join(folder, 'socket')}`,
      // Few, so that a test can use them up.
      '--max-connections=20',
    ],
    ready: /ready for connections/,
  });
}
