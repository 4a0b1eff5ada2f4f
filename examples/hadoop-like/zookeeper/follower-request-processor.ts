// SPDX-License-Identifier: Apache-2.0
/**
 * `FollowerRequestProcessor`: the follower's one thread that hands writes to the leader. It does not wait for the answers.
 * The connection that it writes to is the one of this following: once that has broken, writing to it is an error, and a
 * follower that joins anew has a new one.
 */
import { Executor } from '../node/executor.js';
import { type RpcClient, RpcError, RpcStatus } from '../node/rpc.js';
import { SESSION_TIMEOUT_MS } from './config.js';
import type { Packet } from './protocol.js';
import { serializeRequest, toPacket } from './protocol.js';
import type { Answered, Request } from './request.js';

/** `zookeeper.Quorum/Request`: a write of a follower's client. */
export interface ForwardedRequest extends Packet {
  readonly operation: Request['operation'];
}

export class FollowerRequestProcessor {
  readonly #leader: RpcClient;
  readonly #untilApplied: (zxid: number) => Promise<void>;
  readonly #thread: Executor<Request>;
  #broken: Error | undefined;

  constructor(leader: RpcClient, untilApplied: (zxid: number) => Promise<void>) {
    this.#leader = leader;
    this.#untilApplied = untilApplied;
    this.#thread = new Executor(1, async (request) => this.#writePacket(request));
  }

  /** Puts a request into the queue, and never refuses. */
  submit(request: Request): void {
    this.#thread.submit(request);
  }

  /** A new thread on a new connection, for the requests that somebody still waits for. */
  restart(): void {
    this.#broken = undefined;
    this.#thread.drop(({ givenUp }) => givenUp.aborted);
    if (this.#thread.workerCount === 0) this.#thread.startWorker();
  }

  #writePacket(request: Request): void {
    if (this.#broken) throw this.#broken;
    void request.inContext(() => this.#forward(request));
  }

  async #forward({ operation, record, done, failed }: Request): Promise<void> {
    const packet: ForwardedRequest = { operation, ...toPacket(serializeRequest(record)) };
    try {
      const { answer, zxid } = await this.#leader.call<Answered>('Request', packet, SESSION_TIMEOUT_MS);
      await this.#untilApplied(zxid);
      done(answer, zxid);
    } catch (error) {
      const { code, details } = error as { code: number; details: string };
      if (code === RpcStatus.UNAVAILABLE) this.#broken = new Error(`the connection to the leader broke: ${details}`);
      failed(new RpcError(code, details));
    }
  }
}
