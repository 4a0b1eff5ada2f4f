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

const CORE_COUNT = availableParallelism();
const hasTaskset = spawnSync('taskset', ['-c', '0', 'true']).status === 0;
const canPin = (measuredCores: number): boolean => hasTaskset && measuredCores < CORE_COUNT;

/** How many cores the measured side has, if there are more than these. */
const MEASURED_CORES = 1;

/** How the cores are shared out, in words. */
export function sharing(measuredCores: number = MEASURED_CORES): string {
  if (!canPin(measuredCores)) return 'all processes on all cores';
  const own = measuredCores === 1 ? 'a core' : `${measuredCores} cores`;
  return `what is measured on ${own} of its own, all else on the rest`;
}

export interface ChildOptions {
  readonly nodeArgs?: readonly string[] | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** How many cores are kept for what is measured. */
  readonly measuredCores?: number | undefined;
}

/** Starts a module below this folder and waits until it is ready. Its output and standard error are shown. */
export async function startChild(
  module: string,
  place: Place,
  args: readonly string[] = [],
  { nodeArgs = [], env = {}, measuredCores = MEASURED_CORES }: ChildOptions = {},
): Promise<Child> {
  const script = path.join(import.meta.dirname, module);
  const [program = '', ...rest] = commandAt(place, [process.execPath, ...nodeArgs, script, ...args], measuredCores);
  const child = spawn(program, rest, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return await childOf(child, module);
}

/** The command that runs a command on its side of the machine. */
export function commandAt(
  place: Place,
  command: readonly string[],
  measuredCores: number = MEASURED_CORES,
): readonly string[] {
  if (!canPin(measuredCores)) return command;
  const cores =
    place === 'measured' ? `0-${measuredCores - 1}` : `${measuredCores}-${Math.max(measuredCores, CORE_COUNT - 1)}`;
  return ['taskset', '-c', cores, ...command];
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
