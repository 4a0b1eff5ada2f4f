// SPDX-License-Identifier: Apache-2.0
/**
 * `NIOServerCnxn`: where clients' requests come in. One thread reads them all, packet by packet, and makes requests of the
 * bytes; who answers them is the business of those behind it. Session pings need no reading and have a way of their own.
 */
import { Executor } from '../node/executor.js';
import type { RpcHandler } from '../node/rpc.js';
import { deserializeRequest, OPERATIONS, type OperationName, type Packet } from './protocol.js';
import type { QuorumPeer } from './quorum-peer.js';
import { answered, type Request } from './request.js';

interface Received {
  readonly operation: OperationName;
  readonly bytes: Buffer;
  readonly givenUp: AbortSignal;
  readonly read: (record: Request['record']) => void;
}

export class ServerCnxn {
  readonly #peer: QuorumPeer;
  readonly #thread: Executor<Received>;

  constructor(peer: QuorumPeer) {
    this.#peer = peer;
    this.#thread = new Executor(1, async ({ bytes, read }) => read(deserializeRequest(bytes)));
  }

  /** The client service. */
  handlers(): Readonly<Record<string, RpcHandler>> {
    const requests = OPERATIONS.map((operation): [string, RpcHandler] => [
      operation,
      async ({ record }: Packet, { givenUp }) => {
        const read = await this.#read(operation, Buffer.from(record, 'base64'), givenUp);
        const server = await this.#peer.serving(givenUp);
        return (await answered({ operation, record: read, givenUp }, (request) => server.submit(request))).answer;
      },
    ]);
    return {
      ...Object.fromEntries(requests),
      Ping: async ({ sessionId }: { sessionId: string }, { givenUp }) => {
        (await this.#peer.serving(givenUp)).touch(sessionId);
        return {};
      },
    };
  }

  /** A new thread in place of one that died, for the packets that somebody still waits for. */
  restart(): void {
    this.#thread.drop(({ givenUp }) => givenUp.aborted);
    if (this.#thread.workerCount === 0) this.#thread.startWorker();
  }

  #read(operation: OperationName, bytes: Buffer, givenUp: AbortSignal): Promise<Request['record']> {
    return new Promise((read) => this.#thread.submit({ operation, bytes, givenUp, read }));
  }
}
