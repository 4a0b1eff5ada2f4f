// SPDX-License-Identifier: Apache-2.0
/** A client's request on its way through the processors of a server. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { RpcError, RpcStatus } from '../node/rpc.js';
import { keeperError } from './data-tree.js';
import type { Answer, OperationName, RequestRecord } from './protocol.js';

export interface Request {
  readonly operation: OperationName;
  readonly record: RequestRecord;
  /** Runs something as a part of this request, wherever a queue has led it: its trace goes with it. */
  readonly inContext: <Result>(work: () => Result) => Result;
  /** Aborts when nobody waits for the answer any more. */
  readonly givenUp: AbortSignal;
  /** @param zxid of the transaction that it became; 0 for a read */
  readonly done: (answer: Answer, zxid: number) => void;
  readonly failed: (error: unknown) => void;
}

/** An answer, and the transaction that whoever gets it must be able to see. */
export interface Answered {
  readonly answer: Answer;
  readonly zxid: number;
}

const READS: ReadonlySet<OperationName> = new Set(['GetData', 'GetChildren', 'Exists']);

/** Whether any server can answer it by itself. */
export function isRead({ operation }: Request): boolean {
  return READS.has(operation);
}

/** Makes a request and lets `accept` put it on its way. Resolves when it is answered. */
export function answered(
  { operation, record, givenUp }: Pick<Request, 'operation' | 'record' | 'givenUp'>,
  accept: (request: Request) => void,
): Promise<Answered> {
  const inContext = AsyncLocalStorage.snapshot() as Request['inContext'];
  return new Promise((resolve, failed) => {
    accept({ operation, record, givenUp, inContext, done: (answer, zxid) => resolve({ answer, zxid }), failed });
  });
}

/** The requests that a server has taken on and not yet answered. */
export class OpenRequests {
  readonly #open = new Set<Request>();

  /** Takes one on; what is returned is to be answered in its place. */
  add(request: Request): Request {
    const open: Request = {
      ...request,
      done: (answer, zxid) => {
        this.#open.delete(open);
        request.done(answer, zxid);
      },
      failed: (error) => {
        this.#open.delete(open);
        request.failed(error);
      },
    };
    this.#open.add(open);
    return open;
  }

  /** The server stops serving, and with it its clients' connections end. */
  closeAll(): void {
    for (const { failed, record } of this.#open) {
      failed(keeperError(RpcStatus.UNAVAILABLE, 'ConnectionLoss', record.path));
    }
  }
}

/** What is the matter when a session is used that does not live. */
export function sessionExpired(sessionId: string): RpcError {
  return new RpcError(RpcStatus.UNAUTHENTICATED, `KeeperErrorCode = SessionExpired for ${sessionId || 'no session'}`);
}
