// SPDX-License-Identifier: Apache-2.0
/**
 * The processes of a load test: each is told what to do by messages, one at a time, and ends with the benchmark. Where the
 * machine lets us, those that are measured have a core of their own, and all others share the rest.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import path from 'node:path';

/** On which side of the machine a process runs. */
export type Place = 'measured' | 'rest';

export interface Child {
  readonly pid: number;
  /** What it said once it was ready. */
  readonly ready: unknown;
  /** Sends a message and waits for the answer. */
  ask(message: unknown): Promise<unknown>;
  /** Lets it end, and waits for that. */
  end(): Promise<void>;
}

const MEASURED_CORE = 0;
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', `${MEASURED_CORE}`, 'true']).status === 0;

/** How the cores are shared out, in words. */
export const SHARING: string = canPin
  ? 'services on a core of their own, load generator, backend and sink on the rest'
  : 'all processes on all cores';

/** Starts a module below this folder and waits until it is ready. Its output and standard error are shown. */
export async function startChild(
  module: string,
  place: Place,
  args: readonly string[] = [],
  { nodeArgs = [], env = {} }: { readonly nodeArgs?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Child> {
  const [program = '', ...rest] = commandAt(place, [
    ...[process.execPath, ...nodeArgs],
    ...[path.join(import.meta.dirname, module), ...args],
  ]);
  const child = spawn(program, rest, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return await childOf(child, module);
}

/** The command that runs a command on its side of the machine. */
export function commandAt(place: Place, command: readonly string[]): readonly string[] {
  const cores = place === 'measured' ? `${MEASURED_CORE}` : `${MEASURED_CORE + 1}-${availableParallelism() - 1}`;
  return canPin ? ['taskset', '-c', cores, ...command] : command;
}

/** A process that was started with a channel for messages, once it is ready. */
export async function childOf(child: ChildProcess, name: string): Promise<Child> {
  return {
    ready: await answerOf(child, name),
    pid: child.pid as number,
    ask: (message) => {
      const answer = answerOf(child, name);
      child.send(message as object);
      return answer;
    },
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

/** The other end, in the child: says that it is ready, and answers each message with what `answer` returns. */
export function serveParent(ready: unknown, answer: (message: never) => unknown): void {
  process.on('message', (message) => {
    void Promise.resolve(answer(message as never)).then((result) => process.send?.(result ?? null));
  });
  process.on('disconnect', () => process.exit());
  process.send?.(ready);
}

async function answerOf(child: ChildProcess, name: string): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const gone = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`${name} ended early with ${String(code)}`);
    });
    gone.catch(() => undefined);
    const [message] = (await Promise.race([once(child, 'message', { signal }), gone])) as [unknown];
    return message;
  } finally {
    over.abort();
  }
}
