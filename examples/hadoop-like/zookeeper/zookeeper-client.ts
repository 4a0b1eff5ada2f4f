// SPDX-License-Identifier: Apache-2.0
/**
 * The client library: a session that is kept alive by heartbeats over a connection of their own, and the operations. It is
 * connected to one server at a time and goes on to the next when that one refuses.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { RpcClient, RpcStatus } from '../node/rpc.js';
import { SESSION_TIMEOUT_MS } from './config.js';
import {
  type Answer,
  CLIENT_SERVICE,
  type CreateMode,
  emptyRecord,
  OPEN_ACL,
  type OperationName,
  type RequestRecord,
  type Stat,
  serializeRequest,
  toPacket,
} from './protocol.js';

export interface ZooKeeperClientOptions {
  /** Default: 30 s of the original's time. */
  readonly sessionTimeoutMs?: number;
  /** Called when the servers have ended the session, and with it its ephemeral nodes. The next call makes a new one. */
  readonly onExpired?: () => void;
}

/** One server as a client is connected to it. */
interface Connection {
  readonly requests: RpcClient;
  readonly heartbeats: RpcClient;
}

interface Session {
  readonly id: string;
  readonly timeoutMs: number;
}

export class ZooKeeperClient {
  readonly #connections: readonly Connection[];
  readonly #options: ZooKeeperClientOptions;
  readonly #requestTimeoutMs: number;
  #connected = 0;
  #session: Promise<Session> | undefined;
  #isClosed = false;

  /** @param addresses `host:port` of the servers' port `clients`; the first is tried first */
  constructor(addresses: readonly string[], options: ZooKeeperClientOptions = {}) {
    this.#connections = addresses.map((address) => ({
      requests: new RpcClient(address, CLIENT_SERVICE),
      heartbeats: new RpcClient(address, CLIENT_SERVICE),
    }));
    this.#options = options;
    this.#requestTimeoutMs = options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
  }

  /** Creates a node. Resolves with its path, which is longer than what was asked for where it is numbered. */
  async create(path: string, data: Buffer | string = '', mode: CreateMode = {}): Promise<string> {
    const answer = await this.#request('Create', { path, data: Buffer.from(data), mode, acl: OPEN_ACL });
    return answer.path ?? path;
  }

  /** @param version the node must have this one; -1 for any */
  async setData(path: string, data: Buffer | string, version = -1): Promise<Stat | undefined> {
    return (await this.#request('SetData', { path, data: Buffer.from(data), version })).stat;
  }

  async getData(path: string): Promise<Buffer> {
    return Buffer.from((await this.#request('GetData', { path })).data ?? '', 'base64');
  }

  /** Names of the children, not their paths. */
  async getChildren(path: string): Promise<readonly string[]> {
    return (await this.#request('GetChildren', { path })).children ?? [];
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#request('Exists', { path })).exists ?? false;
  }

  async delete(path: string, version = -1): Promise<void> {
    await this.#request('Delete', { path, version });
  }

  /** Ends the session, and with it its ephemeral nodes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#session) await this.#request('CloseSession', {}).catch(() => {});
    for (const { requests, heartbeats } of this.#connections) {
      requests.close();
      heartbeats.close();
    }
  }

  async #request(operation: OperationName, fields: Partial<RequestRecord>): Promise<Answer> {
    this.#session ??= this.#createSession();
    const session = await this.#session;
    return this.#call(operation, { ...fields, sessionId: session.id });
  }

  /** One call to the server that this client is connected to. */
  async #call(operation: OperationName, fields: Partial<RequestRecord>): Promise<Answer> {
    const at = this.#connected;
    try {
      const packet = toPacket(serializeRequest(emptyRecord(fields)));
      return await this.#connection(at).requests.call<Answer>(operation, packet, this.#requestTimeoutMs);
    } catch (error) {
      this.#onError(error, at);
      throw error;
    }
  }

  async #createSession(): Promise<Session> {
    for (let attemptsLeft = this.#connections.length; ; attemptsLeft--) {
      try {
        const answer = await this.#call('CreateSession', { timeoutMs: this.#requestTimeoutMs });
        const session = { id: answer.sessionId ?? '', timeoutMs: answer.timeoutMs ?? this.#requestTimeoutMs };
        void this.#sendHeartbeats(session);
        return session;
      } catch (error) {
        if (attemptsLeft > 1) continue;
        this.#session = undefined;
        throw error;
      }
    }
  }

  /** A ping each third of the session's timeout, as long as it is this client's session. */
  async #sendHeartbeats({ id, timeoutMs }: Session): Promise<void> {
    const isOurs = async (): Promise<boolean> => !this.#isClosed && (await this.#session)?.id === id;
    while (await isOurs().catch(() => false)) {
      const at = this.#connected;
      const ping = this.#connection(at).heartbeats.call('Ping', { sessionId: id }, timeoutMs / 3);
      await Promise.all([ping.catch((error: unknown) => this.#onError(error, at)), delay(timeoutMs / 3)]);
    }
  }

  #onError(error: unknown, at: number): void {
    const { code } = error as { code?: number };
    if (code === RpcStatus.UNAVAILABLE && at === this.#connected) {
      this.#connected = (at + 1) % this.#connections.length;
    }
    if (code === RpcStatus.UNAUTHENTICATED && this.#session) {
      this.#session = undefined;
      this.#options.onExpired?.();
    }
  }

  #connection(at: number): Connection {
    return this.#connections[at] as Connection;
  }
}
