// SPDX-License-Identifier: Apache-2.0
/** A server of our own, from the fixtures, that is started and treated as those of other people. */
import path from 'node:path';
import { type Server, startServer } from './server-process.js';

export function startOwnServer(name: 'http' | 'grpc'): Promise<Server> {
  return startServer({
    name,
    program: process.execPath,
    args: (port) => [path.join(import.meta.dirname, 'fixtures', `${name}-server.mjs`), String(port)],
    ready: /^listening$/m,
  });
}
