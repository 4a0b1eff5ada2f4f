// SPDX-License-Identifier: Apache-2.0
/** Servers of other people that a benchmark starts: on free ports of loopback, and ended with the benchmark however that ends. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BUILD = fileURLToPath(new URL('../../.ci/collector/build', import.meta.url));

/** No messages are exchanged with it, from whose end it would see that the benchmark was killed. */
const ENDS_WITH_US = ['setpriv', '--pdeathsig', 'TERM', '--'];

const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/** Characters kept of what it says, for an error. */
const LAST_WORDS_LENGTH_MAX = 2000;

export interface ServerParts {
  readonly name: string;
  /** Its command line. */
  readonly words: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where it listens when it is up. */
  readonly ports: readonly number[];
  /** What stands before its command line; nothing by default. */
  readonly placed?: (words: readonly string[]) => readonly string[];
}

export interface Server {
  readonly pid: number;
  /** Rejects, with its last words, when it ends and nobody asked it to. */
  readonly early: Promise<never>;
  /** Lets it end in an orderly way, and waits until it has. */
  end(): Promise<void>;
}

/**
 * Where the Collector is; built if it is not there yet, which takes minutes.
 *
 * @throws Error where it cannot be built
 */
export function collectorProgram(): string {
  const { stdout, status } = spawnSync(BUILD, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  if (status !== 0) throw new Error('--vs-collector needs a Collector, and there is none; the reason stands above');
  return stdout.trim();
}

/** Where the Collector is, if it was built before. */
export function collectorThere(): string | undefined {
  const { stdout, status } = spawnSync(BUILD, ['--find'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Whether a program is on this machine. */
export function isThere(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Where a program is, by its name; `undefined` where there is none. */
export function pathOf(program: string): string | undefined {
  const { status, stdout } = spawnSync('sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Resolves once it listens. */
export async function startServer({ name, words, env, ports, placed = (all) => all }: ServerParts): Promise<Server> {
  const [command = '', ...args] = placed([...ENDS_WITH_US, ...words]);
  const server = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let lastWords = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      lastWords = `${lastWords}${text}`.slice(-LAST_WORDS_LENGTH_MAX);
    });
  }
  let isEnding = false;
  const gone = once(server, 'exit');
  const early = new Promise<never>((_, reject) => {
    gone.then(
      ([code]) => !isEnding && reject(new Error(`${name} ended with ${code}. Its last words:\n${lastWords.trim()}`)),
      reject,
    );
  });
  early.catch(() => undefined);
  const end = async (): Promise<void> => {
    isEnding = true;
    if (server.exitCode === null && server.signalCode === null) server.kill('SIGTERM');
    await gone;
  };
  try {
    for (const port of ports) await Promise.race([listening(name, port), early]);
  } catch (error) {
    await end().catch(() => undefined);
    throw error;
  }
  return { pid: server.pid as number, early, end };
}

/** Ports that were free just now: such servers do not say which ones they were given. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  return ports;
}

async function listening(name: string, port: number): Promise<void> {
  const untilMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < untilMs) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await pause(POLL_MS);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`${name} does not listen on port ${port} after ${START_TIMEOUT_MS} ms`);
}
