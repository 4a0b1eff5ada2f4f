// SPDX-License-Identifier: Apache-2.0
/** A child process of a test, spoken to by messages. It ends with the test, whatever happens. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  readonly process: ChildProcess;
  /** Sends a message and waits for the answer. */
  ask(message: string): Promise<unknown>;
  /** The next message that comes. */
  next(): Promise<unknown>;
  /** Waits for the end; the exit code. */
  ended(): Promise<number | null>;
}

/** Runs a module of the fixtures folder. Its standard error is shown when a test fails, for it is inherited. */
export function startChild(module: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const child = fork(module, [...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const next = async () => {
    const gone = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${module} ended early with ${code}`)));
    gone.catch(() => undefined);
    return ((await Promise.race([once(child, 'message'), gone])) as unknown[])[0];
  };
  return {
    process: child,
    next,
    ask: (message) => {
      const answer = next();
      child.send(message);
      return answer;
    },
    ended: async () => (child.exitCode !== null ? child.exitCode : ((await once(child, 'exit')) as [number | null])[0]),
  };
}
