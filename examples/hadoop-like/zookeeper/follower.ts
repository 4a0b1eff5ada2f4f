// SPDX-License-Identifier: Apache-2.0
/**
 * A server that follows: it logs what the leader proposes and applies what the leader commits, answers reads by itself, and
 * forwards writes. It is a follower for as long as its pings are answered.
 *
 * The leader takes a write and answers; its commit is a message of its own, so no call of anybody's tells how long that is waited for.
 * This file says it to its observer: a leader that took a write is at work for us until its commit is here.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { observer } from 'panorama-otel';
import type { RpcClient } from '../node/rpc.js';
import { INIT_LIMIT_MS, PING_INTERVAL_MS, SYNC_LIMIT_MS } from './config.js';
import type { Transaction } from './data-tree.js';
import { FollowerRequestProcessor } from './follower-request-processor.js';
import type { PeerPing, Registration, Synchronisation } from './leader.js';
import type { Commit, Proposal } from './learner-handler.js';
import { answerRead } from './read.js';
import { isRead, OpenRequests, type Request, sessionExpired } from './request.js';
import type { ServerState } from './server-state.js';

/** The two lanes to a leader. */
export interface LeaderLanes {
  readonly quorum: RpcClient;
  readonly pings: RpcClient;
}

/** A write whose commit is waited for. */
interface Unapplied {
  readonly zxid: number;
  readonly applied: () => void;
  readonly lost: (error: unknown) => void;
}

export class Follower {
  readonly requests: FollowerRequestProcessor;
  readonly #state: ServerState;
  readonly #leader: string;
  readonly #lanes: LeaderLanes;
  readonly #open = new OpenRequests();
  readonly #touched = new Set<string>();
  #unapplied: Unapplied[] = [];
  #epoch = Number.NaN;
  #lastZxid = 0;
  /** What was proposed last is in the log. */
  #logged: Promise<unknown> = Promise.resolve();

  constructor(state: ServerState, leader: string, lanes: LeaderLanes) {
    this.#state = state;
    this.#leader = leader;
    this.#lanes = lanes;
    this.requests = new FollowerRequestProcessor(lanes.quorum, (zxid) => this.#untilApplied(zxid));
  }

  /**
   * Follows until the leader is lost.
   *
   * @param serving called once this server is up to date
   */
  async follow(serving: () => void): Promise<void> {
    try {
      await this.#synchronise();
      serving();
      for (;;) {
        await this.#ping();
        await delay(PING_INTERVAL_MS);
      }
    } catch (error) {
      // Whatever it was, the leader is none any more.
      for (const { lost } of this.#unapplied.splice(0)) lost(error);
    } finally {
      this.#epoch = Number.NaN;
      this.#open.closeAll();
    }
  }

  submit(request: Request): void {
    const open = this.#open.add(request);
    if (isRead(open)) answerRead(this.#state.tree, open);
    else this.requests.submit(open);
  }

  /** A client of this server was heard; the leader learns of it by the next ping. */
  touch(sessionId: string): void {
    if (!this.#state.tree.sessions.has(sessionId)) throw sessionExpired(sessionId);
    this.#touched.add(sessionId);
  }

  /** Resolves when the proposal is in the log. One that came before is not logged again, only waited for. */
  async propose({ epoch, transactions }: Proposal): Promise<void> {
    this.#expect(epoch);
    const unseen = transactions.filter(({ zxid }) => zxid > this.#lastZxid);
    this.#lastZxid = unseen.at(-1)?.zxid ?? this.#lastZxid;
    this.#state.pending.push(...unseen);
    this.#logged = this.#state.sync.log(unseen);
    await this.#logged;
  }

  commit({ epoch, zxid }: Commit): void {
    this.#expect(epoch);
    this.#applyUpTo(zxid);
  }

  #expect(epoch: number): void {
    if (epoch !== this.#epoch) throw new Error(`epoch ${epoch} is not followed here`);
  }

  async #synchronise(): Promise<void> {
    const { name, epoch, lastZxid, tree, sync } = this.#state;
    const registration: Registration = { from: name, epoch, zxid: lastZxid };
    const answer = await this.#lanes.quorum.call<Synchronisation>('Register', registration, INIT_LIMIT_MS);
    await this.#state.acceptEpoch(answer.epoch);
    if (answer.snapshot) {
      await sync.replace(answer.snapshot);
      tree.restore(answer.snapshot);
      this.#state.pending = [];
    } else {
      const missing = answer.transactions ?? [];
      await sync.log(missing);
      this.#state.pending.push(...missing);
      this.#applyUpTo(this.#state.lastZxid);
    }
    this.#lastZxid = this.#state.lastZxid;
    this.#epoch = answer.epoch;
    await this.#lanes.quorum.call('AckNewLeader', { from: name }, INIT_LIMIT_MS);
  }

  async #ping(): Promise<void> {
    const ping: PeerPing = { from: this.#state.name, epoch: this.#epoch, touched: [...this.#touched] };
    this.#touched.clear();
    await this.#lanes.pings.call('Ping', ping, SYNC_LIMIT_MS);
  }

  #applyUpTo(zxid: number): void {
    const { pending, tree } = this.#state;
    while (pending[0] && pending[0].zxid <= zxid) this.#apply(pending.shift() as Transaction);
    const isThere = (waiting: Unapplied): boolean => waiting.zxid <= tree.zxid;
    for (const { applied } of this.#unapplied.filter(isThere)) applied();
    this.#unapplied = this.#unapplied.filter((waiting) => !isThere(waiting));
  }

  #apply(transaction: Transaction): void {
    try {
      this.#state.tree.apply(transaction);
    } catch {
      // It failed on the leader in the same way, and its client was told there.
    }
  }

  /** What a client has written through this server it can read here. */
  async #untilApplied(zxid: number): Promise<void> {
    // What is proposed next comes when this is in the log, and what is committed after that: for its own log it waits on no leader.
    await this.#logged;
    // Nobody waits any more: all that was open has failed.
    if (Number.isNaN(this.#epoch)) return;
    await observer.observe({ subject: `zookeeper/${this.#leader}`, operation: 'Commit' }, () => {
      if (this.#state.tree.zxid >= zxid) return Promise.resolve();
      return new Promise<void>((applied, lost) => this.#unapplied.push({ zxid, applied, lost }));
    });
  }
}
