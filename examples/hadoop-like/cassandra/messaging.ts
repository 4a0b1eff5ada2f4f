// SPDX-License-Identifier: Apache-2.0
/**
 * Messages between nodes that nobody answers: the receiver says `202` and works on it later; what comes of it is a message
 * of its own. To each node there is one outbound connection with a queue, and a message that has waited in it for longer
 * than its sender will care is dropped (`OutboundTcpConnection`): better than to send what comes too late.
 *
 * A reply is as old as its request, so that it is dropped when the asker has given up (`cross_node_timeout`). That compares
 * two nodes' clocks.
 */
import { Executor } from '../node/executor.js';
import { call } from '../node/http-call.js';
import type { Handlers } from '../node/http-server.js';
import { scaled } from '../node/time-scale.js';
import type { AddressBook } from './address-book.js';

/** `request_timeout_in_ms`: the age at which a message is dropped, and how long its delivery may take. */
const MESSAGE_TIMEOUT_MS = scaled(10_000);

export interface Message {
  readonly verb: 'SNAPSHOT' | 'SNAPSHOT_RESPONSE' | 'TREE_REQUEST' | 'TREE_RESPONSE';
  readonly from: string;
  /** By the clock of whoever asked, epoch ms. */
  readonly createdAtMs: number;
  /** What it is about: an id the asker chose. */
  readonly session: string;
  readonly range: number;
  /** Of a `TREE_RESPONSE`: the hash of the range. */
  readonly hash?: string;
}

/** The machine's clock as this process sees it. Machines' clocks are set, and sometimes wrong. */
export class WallClock {
  #offsetMs = 0;

  nowMs(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Sets it wrong by so much; 0 is right again. */
  step(offsetMs: number): void {
    this.#offsetMs = offsetMs;
  }
}

interface Outgoing {
  readonly message: Message;
  readonly sent: () => void;
  readonly failed: (error: unknown) => void;
}

export class Messaging {
  readonly clock: WallClock = new WallClock();
  readonly #book: AddressBook;
  readonly #connections = new Map<string, Executor<Outgoing>>();
  readonly #receivers = new Map<Message['verb'], (message: Message) => void>();

  constructor(book: AddressBook) {
    this.#book = book;
  }

  readonly handlers: Handlers = {
    'POST /messages': ({ body }) => {
      const message = JSON.parse(body.toString('utf8')) as Message;
      this.#receivers.get(message.verb)?.(message);
      return { status: 202, body: {} };
    },
  };

  /** Who works on messages of a verb. It must return at once. */
  receive(verb: Message['verb'], receiver: (message: Message) => void): void {
    this.#receivers.set(verb, receiver);
  }

  /** Puts a message into the queue to a node. Resolves when the node has it; never, when the message is dropped. */
  send(node: string, message: Message): Promise<void> {
    return new Promise((sent, failed) => this.#connectionTo(node).submit({ message, sent, failed }));
  }

  #connectionTo(node: string): Executor<Outgoing> {
    const connection = this.#connections.get(node) ?? new Executor<Outgoing>(1, (next) => this.#deliver(node, next));
    this.#connections.set(node, connection);
    return connection;
  }

  async #deliver(node: string, { message, sent, failed }: Outgoing): Promise<void> {
    if (this.clock.nowMs() - message.createdAtMs > MESSAGE_TIMEOUT_MS) return;
    const url = `${this.#book.url(node, 'storage')}/messages`;
    await call({ method: 'POST', url, timeoutMs: MESSAGE_TIMEOUT_MS, body: message }).then(sent, failed);
  }
}
