// SPDX-License-Identifier: Apache-2.0
/**
 * A server of other people as a process of one's own: on a free loopback port, in a folder of its own, and with nothing
 * left behind. It can be stopped in its tracks (SIGSTOP), go on, be killed and be started again, with whatever processes
 * it has started itself.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../support/until.js';

/** A user that a server runs as, where it refuses to run as root. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** How a server is started. */
export interface Recipe {
  readonly name: string;
  readonly program: string;
  readonly args: (port: number, folder: string) => readonly string[];
  readonly env?: (port: number, folder: string) => NodeJS.ProcessEnv;
  /** What it says once it takes connections. */
  readonly ready: RegExp;
  /** Fills its folder before its first start. */
  readonly prepare?: (folder: string) => Promise<void>;
  readonly user?: User | undefined;
}

export interface Server {
  readonly port: number;
  readonly folder: string;
  /** Stops it in its tracks, and waits until every thread has stopped: sockets stay open, nothing answers. */
  freeze(): Promise<void>;
  /** Lets it go on. */
  thaw(): void;
  /** Ends it as the kernel does when memory is short. */
  kill(): Promise<void>;
  /** Starts it again on its port, with its folder, after `kill`. */
  restart(): Promise<void>;
  /** Ends it in an orderly way and removes its folder. */
  stop(): Promise<void>;
}

/** Tries to get a port: between asking for a free one and using it, somebody else may take it. */
const ATTEMPT_COUNT = 5;

/** Characters of a server's log that are kept for an error. */
const LOG_LENGTH_MAX = 4000;

/** How long a server may take to start, in ms. RabbitMQ on a busy machine takes 10 s. */
const START_TIMEOUT_MS = 45_000;

export async function startServer(recipe: Recipe): Promise<Server> {
  const folder = await mkdtemp(path.join(tmpdir(), `panorama-${recipe.name}-`));
  if (recipe.user) await chown(folder, recipe.user.uid, recipe.user.gid);
  try {
    await recipe.prepare?.(folder);
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      try {
        return controlled(recipe, port, folder, await started(recipe, port, folder));
      } catch (error) {
        if (attempt >= ATTEMPT_COUNT) throw error;
      }
    }
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}

function controlled(recipe: Recipe, port: number, folder: string, first: ChildProcess): Server {
  let child = first;
  return {
    port,
    folder,
    freeze: async () => {
      signal(child, 'SIGSTOP');
      await until(`${recipe.name} to stop`, () => isStopped(child) || undefined);
    },
    thaw: () => signal(child, 'SIGCONT'),
    kill: async () => {
      const gone = once(child, 'exit');
      signal(child, 'SIGKILL');
      await gone;
    },
    restart: async () => {
      child = await started(recipe, port, folder);
    },
    stop: async () => {
      signal(child, 'SIGCONT');
      await ended(child);
      await rm(folder, { recursive: true });
    },
  };
}

async function started(recipe: Recipe, port: number, folder: string): Promise<ChildProcess> {
  const { name, program, user } = recipe;
  const server = spawn(program, recipe.args(port, folder), {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    env: { ...process.env, ...recipe.env?.(port, folder) },
    ...user,
  });
  // A test run that is given up must not leave a server behind.
  const leave = () => signal(server, 'SIGKILL');
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
    await until(
      `${name} to accept connections`,
      () => {
        if (isEnded(server)) throw new Error(`${name} ended early`);
        return recipe.ready.test(log) || undefined;
      },
      START_TIMEOUT_MS,
    );
  } catch (error) {
    await ended(server);
    throw new Error(`${name} did not start on port ${port}; it said:\n${log}`, { cause: error });
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

/** To the process and then to all that it has started, which can start nothing meanwhile. */
function signal(server: ChildProcess, name: NodeJS.Signals): void {
  if (server.pid === undefined || isEnded(server)) return;
  for (const pid of familyOf(server.pid)) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended since.
    }
  }
}

/** A process and all that it has started. */
function familyOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return [pid, ...children.flatMap(familyOf)];
  } catch {
    return [pid];
  }
}

/**
 * Whether no thread runs any more. The signal only says that they are to stop: on a busy machine the others go on answering
 * until the one that was told has had its turn.
 */
function isStopped({ pid }: ChildProcess): boolean {
  return (
    pid !== undefined && familyOf(pid).every((each) => threadStatesOf(each).every((state) => 'TZX'.includes(state)))
  );
}

/** The state of each thread as `ps` shows it: T is stopped, Z and X have ended. */
function threadStatesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => {
      const line = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      return line.slice(line.lastIndexOf(')') + 2)[0] ?? 'X';
    });
  } catch {
    return ['X'];
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has a port');
  return address.port;
}
