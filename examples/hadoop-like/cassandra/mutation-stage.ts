// SPDX-License-Identifier: Apache-2.0
/** The stage that applies writes: so many at a time, the others wait. Whoever has given up leaves the queue, as an expired mutation is dropped. */
import { Executor } from '../node/executor.js';
import type { Mutation } from './row.js';
import type { Table } from './table.js';

/** `concurrent_writes`. */
const CONCURRENT_WRITES = 32;

interface Write {
  readonly mutation: Mutation;
  readonly givenUp: AbortSignal;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class MutationStage {
  readonly #executor: Executor<Write>;

  constructor(table: Table) {
    this.#executor = new Executor(CONCURRENT_WRITES, ({ mutation, done, failed }) =>
      table.apply(mutation).then(done, failed),
    );
  }

  /** Resolves when the mutation is applied. Rejects when its caller gave up before its turn. */
  apply(mutation: Mutation, givenUp: AbortSignal): Promise<void> {
    return new Promise((done, failed) => {
      const write: Write = { mutation, givenUp, done, failed };
      const onGivenUp = (): void => {
        this.#executor.drop((one) => one === write);
        failed(new Error(`the mutation of ${mutation.key} was dropped: its coordinator gave up`));
      };
      if (givenUp.aborted) return onGivenUp();
      givenUp.addEventListener('abort', onGivenUp, { once: true });
      this.#executor.submit(write);
    });
  }
}
