// SPDX-License-Identifier: Apache-2.0
/**
 * The handlers of an RPC server: a queue of calls and a fixed number of threads that work on them. A call that comes while all of
 * them are busy waits in the queue; that its caller has hung up meanwhile, nobody there knows. HDFS: `CallQueueManager` and
 * `Server.Handler`.
 */
import { Executor } from '../node/executor.js';
import type { Handler, Handlers, Reply } from '../node/http-server.js';

export class HandlerPool {
  readonly #executor: Executor<() => Promise<void>>;

  /** @param handlerCount threads */
  constructor(handlerCount: number) {
    this.#executor = new Executor(handlerCount, (work) => work());
  }

  /** The same handlers, each of whose calls needs a thread of the pool. */
  serving(handlers: Handlers): Handlers {
    const pooled = Object.entries(handlers).map(([route, handler]) => [route, this.#pooled(handler)] as const);
    return Object.fromEntries(pooled);
  }

  #pooled(handler: Handler): Handler {
    return (call) =>
      new Promise<Reply>((resolve, reject) => {
        // What goes wrong is the answer of this call; the thread goes on to the next.
        this.#executor.submit(async () => {
          try {
            resolve(await handler(call));
          } catch (error) {
            reject(error);
          }
        });
      });
  }
}
