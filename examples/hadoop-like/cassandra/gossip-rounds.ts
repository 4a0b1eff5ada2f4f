// SPDX-License-Identifier: Apache-2.0
/** Gossip on the wire: a port, and so connections, of its own, and a timer that nothing but the event loop can delay. */
import { callJson } from '../node/http-call.js';
import type { Handlers } from '../node/http-server.js';
import { scaled } from '../node/time-scale.js';
import type { AddressBook } from './address-book.js';
import { type EndpointStates, GOSSIP_INTERVAL_MS, type Gossiper } from './gossiper.js';

/** Gossip is never repeated, the next round is due anyway; this only ends calls that nobody will answer. */
const EXCHANGE_TIMEOUT_MS = scaled(10_000);

export class GossipRounds {
  readonly #gossiper: Gossiper;
  readonly #book: AddressBook;

  constructor(gossiper: Gossiper, book: AddressBook) {
    this.#gossiper = gossiper;
    this.#book = book;
  }

  readonly handlers: Handlers = {
    'POST /gossip': ({ body }) => {
      this.#gossiper.apply(JSON.parse(body.toString('utf8')) as EndpointStates, performance.now());
      return { body: this.#gossiper.states() };
    },
  };

  /** Gossips until the gossiper stops. */
  start(): void {
    const timer = setInterval(() => {
      if (!this.#gossiper.isRunning) return clearInterval(timer);
      this.#gossiper.beat(performance.now());
      // One that cannot be reached is the detector's to notice.
      for (const node of this.#gossiper.targets(Math.random)) this.#exchangeWith(node).catch(() => {});
    }, GOSSIP_INTERVAL_MS);
  }

  /** Tells everybody at once, and waits until all have heard. */
  async tellAll(): Promise<void> {
    this.#gossiper.beat(performance.now());
    const others = this.#gossiper.members.filter((node) => node !== this.#book.self);
    await Promise.allSettled(others.map((node) => this.#exchangeWith(node)));
  }

  async #exchangeWith(node: string): Promise<void> {
    const states = await callJson<EndpointStates>({
      method: 'POST',
      url: `${this.#book.url(node, 'gossip')}/gossip`,
      timeoutMs: EXCHANGE_TIMEOUT_MS,
      body: this.#gossiper.states(),
    });
    this.#gossiper.apply(states, performance.now());
  }
}
