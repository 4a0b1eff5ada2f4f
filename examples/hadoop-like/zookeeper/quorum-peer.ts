// SPDX-License-Identifier: Apache-2.0
/**
 * `QuorumPeer`: what a server is over its life. It looks for a leader, then leads or follows for as long as that holds, and
 * looks again. Requests that come while it looks wait until it serves, as a client that is connecting does.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Beliefs } from '../node/admin.js';
import { RpcClient, RpcError, RpcStatus } from '../node/rpc.js';
import { ELECTION_TIMEOUT_MS, FINALIZE_WAIT_MS, PING_INTERVAL_MS, SYNC_LIMIT_MS } from './config.js';
import { choose, type Notification } from './election.js';
import { Follower } from './follower.js';
import { Leader } from './leader.js';
import type { ServerState } from './server-state.js';

/** `host:port` of a peer's port. */
export type AddressOf = (peer: string, port: 'quorum' | 'pings' | 'election') => string;

type Role = Leader | Follower;

export class QuorumPeer {
  readonly #state: ServerState;
  readonly #peers: readonly string[];
  #role: Role | undefined;
  #isServing = false;
  #waiting: (() => void)[] = [];
  #leader: string | undefined;

  /** @param peers all servers' names, this one's too */
  constructor(state: ServerState, peers: readonly string[]) {
    this.#state = state;
    this.#peers = peers;
  }

  /** Takes part from now on. */
  async run(addressOf: AddressOf): Promise<never> {
    const others = this.#peers.filter((peer) => peer !== this.#state.name);
    const connect = (port: 'quorum' | 'election', service: string): ReadonlyMap<string, RpcClient> =>
      new Map(others.map((peer) => [peer, new RpcClient(addressOf(peer, port), service)]));
    const electors = connect('election', 'zookeeper.Election');
    const followers = connect('quorum', 'zookeeper.Quorum');
    for (;;) {
      const leader = await this.#lookForLeader(electors);
      if (leader === this.#state.name) {
        const role = new Leader(this.#state, followers);
        await this.#serveAs(role, leader, (serving) => role.lead(serving));
      } else {
        await this.#follow(leader, addressOf);
      }
    }
  }

  /** What this server says in an election. */
  notification(): Notification {
    const state = this.#role instanceof Leader ? 'leading' : this.#role ? 'following' : 'looking';
    return { from: this.#state.name, state, epoch: this.#state.epoch, zxid: this.#state.lastZxid };
  }

  /** The role in which this server serves, once it does. */
  async serving(givenUp: AbortSignal): Promise<Role> {
    while (!this.#role || !this.#isServing) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      givenUp.throwIfAborted();
    }
    return this.#role;
  }

  /** This server as a leader. Throws where it is none. */
  leading(): Leader {
    if (this.#role instanceof Leader) return this.#role;
    throw notSo('lead');
  }

  /** This server as a follower. Throws where it is none. */
  following(): Follower {
    if (this.#role instanceof Follower) return this.#role;
    throw notSo('follow');
  }

  /** A leader's view of its followers; a follower's of its leader, and of the one that it has lost. */
  beliefs(): Beliefs {
    const role = this.#role;
    const others = this.#peers.filter((peer) => peer !== this.#state.name);
    const word = (isAlive: boolean): 'alive' | 'dead' => (isAlive ? 'alive' : 'dead');
    if (role instanceof Leader) return Object.fromEntries(others.map((peer) => [peer, word(role.hears(peer))]));
    return this.#leader === undefined ? {} : { [this.#leader]: word(this.#isServing) };
  }

  async #lookForLeader(electors: ReadonlyMap<string, RpcClient>): Promise<string> {
    for (;;) {
      const own = this.notification();
      const answers = await Promise.all(
        [...electors.values()].map((peer) =>
          peer.call<Notification>('Notification', own, ELECTION_TIMEOUT_MS).catch(() => undefined),
        ),
      );
      const choice = choose(
        own,
        answers.filter((answer) => answer !== undefined),
        this.#peers,
      );
      if (choice === 'lead') return this.#state.name;
      if (choice !== 'look on') return choice.follow;
      await delay(FINALIZE_WAIT_MS);
    }
  }

  async #follow(leader: string, address: AddressOf): Promise<void> {
    // If the leader's host is gone without a word, the connection must not wait for it longer than pings do.
    const keepalive = { intervalMs: PING_INTERVAL_MS, timeoutMs: SYNC_LIMIT_MS };
    const quorum = new RpcClient(address(leader, 'quorum'), 'zookeeper.Quorum', keepalive);
    const pings = new RpcClient(address(leader, 'pings'), 'zookeeper.Peer');
    try {
      const role = new Follower(this.#state, leader, { quorum, pings });
      await this.#serveAs(role, leader, (serving) => role.follow(serving));
    } finally {
      quorum.close();
      pings.close();
    }
  }

  async #serveAs(role: Role, leader: string, serve: (serving: () => void) => Promise<void>): Promise<void> {
    this.#role = role;
    await serve(() => {
      this.#isServing = true;
      this.#leader = leader;
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.#isServing = false;
    this.#role = undefined;
  }
}

function notSo(what: 'lead' | 'follow'): RpcError {
  return new RpcError(RpcStatus.FAILED_PRECONDITION, `this server does not ${what}`);
}
