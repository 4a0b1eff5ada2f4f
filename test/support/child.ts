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
  // Whichever comes takes the other's listener along: a child that is asked a thousand times has no more of them.
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      const answer = (message: unknown) => {
        child.off('exit', fail);
        resolve(message);
      };
      const fail = (code: number | null) => {
        child.off('message', answer);
        reject(new Error(`${module} ended early with ${code}`));
      };
      child.once('message', answer);
      child.once('exit', fail);
    });
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
