// SPDX-License-Identifier: Apache-2.0
/**
 * `PrepRequestProcessor`: the leader's one thread that every request passes first. It checks a write and makes it a
 * transaction with a place in the order of all; a read it lets through. What is wrong with a request in a way that it knows
 * of is an answer to the client; an error that it did not think of is the end of the thread.
 */
import { Executor } from '../node/executor.js';
import { RpcError, RpcStatus } from '../node/rpc.js';
import { type Change, keeperError } from './data-tree.js';
import type { Acl } from './protocol.js';
import { isRead, type Request, sessionExpired } from './request.js';

/** What stands behind it. */
export interface NextProcessors {
  readonly read: (request: Request) => void;
  readonly write: (request: Request, change: Change) => void;
  readonly isSessionAlive: (sessionId: string) => boolean;
  readonly newSession: (askedTimeoutMs: number) => Change;
}

export class PrepRequestProcessor {
  readonly #next: NextProcessors;
  readonly #thread: Executor<Request>;

  constructor(next: NextProcessors) {
    this.#next = next;
    this.#thread = new Executor(1, async (request) => this.#prepare(request));
  }

  /** Puts a request into the queue, and never refuses. */
  submit(request: Request): void {
    this.#thread.submit(request);
  }

  /** A new thread in place of one that died, for the requests that somebody still waits for. */
  restart(): void {
    this.#thread.drop(({ givenUp }) => givenUp.aborted);
    if (this.#thread.workerCount === 0) this.#thread.startWorker();
  }

  #prepare(request: Request): void {
    try {
      if (isRead(request)) this.#next.read(request);
      else this.#next.write(request, this.#changeOf(request));
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      request.failed(error);
    }
  }

  #changeOf({ operation, record }: Request): Change {
    const { sessionId, path, version, mode, timeoutMs } = record;
    const data = record.data.toString('base64');
    if (operation === 'CreateSession') return this.#next.newSession(timeoutMs);
    if (!this.#next.isSessionAlive(sessionId)) throw sessionExpired(sessionId);
    switch (operation) {
      case 'CloseSession':
        return { type: 'closeSession', sessionId };
      case 'Create':
        checkPath(path);
        fixupAcl(path, record.acl as readonly Acl[]);
        return { type: 'create', sessionId, path, data, mode };
      case 'SetData':
        return { type: 'setData', path, data, version };
      default:
        checkPath(path);
        return { type: 'delete', path, version };
    }
  }
}

function checkPath(path: string): void {
  if (!/^(\/[^/]+)+$/.test(path)) throw keeperError(RpcStatus.INVALID_ARGUMENT, 'BadArguments', path);
}

/** A node that nobody may do anything with is not made. */
function fixupAcl(path: string, acl: readonly Acl[]): void {
  if (acl.length === 0 || acl.some(({ scheme }) => scheme !== 'world')) {
    throw keeperError(RpcStatus.INVALID_ARGUMENT, 'InvalidACL', path);
  }
}
