// SPDX-License-Identifier: Apache-2.0
/**
 * A server that leads: it finds a quorum, brings its followers up to date, puts all writes in one order, and commits what a
 * quorum has in its logs. The way of a request: Prep → Sync (its own log) → Proposal (the followers' logs) → Final.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type RpcClient, RpcError, RpcStatus } from '../node/rpc.js';
import { INIT_LIMIT_MS, negotiatedTimeoutMs, PING_INTERVAL_MS, quorumOf, SYNC_LIMIT_MS } from './config.js';
import type { Change, Snapshot, Transaction } from './data-tree.js';
import { LearnerHandler } from './learner-handler.js';
import { PrepRequestProcessor } from './prep-request-processor.js';
import { emptyRecord } from './protocol.js';
import { answerRead } from './read.js';
import { answered, OpenRequests, type Request, sessionExpired } from './request.js';
import { firstZxidOf, type ServerState } from './server-state.js';
import { SessionTracker } from './session-tracker.js';

/** Committed transactions kept for followers that come back (`commitLogCount`, 500). */
const COMMIT_LOG_COUNT = 500;

/** `zookeeper.Quorum/Register`: a follower comes. */
export interface Registration {
  readonly from: string;
  readonly epoch: number;
  readonly zxid: number;
}

/** What it is brought up to date with: all that it misses, or everything. */
export interface Synchronisation {
  readonly epoch: number;
  readonly transactions?: readonly Transaction[];
  readonly snapshot?: Snapshot;
}

/** `zookeeper.Peer/Ping`. */
export interface PeerPing {
  readonly from: string;
  readonly epoch: number;
  /** Sessions whose clients the follower has heard since the last ping. */
  readonly touched: readonly string[];
}

/** Of a request of the server's own. */
const NEVER = new AbortController().signal;

interface Outstanding {
  readonly transaction: Transaction;
  readonly request: Request;
  readonly acks: Set<string>;
}

interface Learner {
  readonly handler: LearnerHandler;
  isSynced: boolean;
  lastPingMs: number;
}

export class Leader {
  readonly prep: PrepRequestProcessor;
  readonly #state: ServerState;
  readonly #peers: ReadonlyMap<string, RpcClient>;
  readonly #quorum: number;
  readonly #open = new OpenRequests();
  readonly #tracker = new SessionTracker();
  readonly #learners = new Map<string, Learner>();
  readonly #outstanding: Outstanding[] = [];
  readonly #committedLog: Transaction[] = [];
  readonly #registrations = new Map<string, { epoch: number; found: (epoch: number | undefined) => void }>();
  readonly #asLeader = AsyncLocalStorage.snapshot() as Request['inContext'];
  #epoch = 0;
  #nextZxid = 0;
  #isLeading = true;

  /** @param peers the other servers' quorum ports, by their names */
  constructor(state: ServerState, peers: ReadonlyMap<string, RpcClient>) {
    this.#state = state;
    this.#peers = peers;
    this.#quorum = quorumOf(peers.size + 1);
    this.prep = new PrepRequestProcessor({
      read: (request) => answerRead(state.tree, request),
      write: (request, change) => void this.#write(change, request),
      isSessionAlive: (sessionId) => state.tree.sessions.has(sessionId),
      newSession: (askedMs) => ({
        type: 'createSession',
        sessionId: randomUUID(),
        timeoutMs: negotiatedTimeoutMs(askedMs),
      }),
    });
  }

  /**
   * Leads until the quorum is lost.
   *
   * @param serving called once a quorum follows
   */
  async lead(serving: () => void): Promise<void> {
    try {
      if (!(await this.#findQuorum())) return;
      serving();
      const { sessions } = this.#state.tree;
      for (const [sessionId, timeoutMs] of sessions) this.#tracker.track(sessionId, timeoutMs, performance.now());
      while (this.#count(({ isSynced }) => isSynced) >= this.#quorum) {
        await delay(PING_INTERVAL_MS);
        this.#loseTheSilent();
        for (const sessionId of this.#tracker.expire(performance.now())) this.#closeSession(sessionId);
      }
    } finally {
      this.#isLeading = false;
      for (const { found } of this.#registrations.values()) found(undefined);
      for (const { handler } of this.#learners.values()) handler.close();
      this.#state.pending.push(...this.#outstanding.map(({ transaction }) => transaction));
      this.#open.closeAll();
    }
  }

  /** A client's request, from this server or from a follower. */
  submit(request: Request): void {
    this.prep.submit(this.#open.add(request));
  }

  /** A client of this server was heard. */
  touch(sessionId: string): void {
    if (!this.#state.tree.sessions.has(sessionId)) throw sessionExpired(sessionId);
    this.#tracker.touch(sessionId, performance.now());
  }

  /** A follower comes; answered once there is a quorum. */
  async register({ from, epoch, zxid }: Registration): Promise<Synchronisation> {
    if (!this.#isLeading) throw notLeading();
    if (this.#epoch === 0) {
      const found = await new Promise<number | undefined>((resolve) => {
        this.#registrations.set(from, { epoch, found: resolve });
      });
      if (found === undefined) throw notLeading();
    }
    const { tree } = this.#state;
    const follower = this.#peers.get(from) as RpcClient;
    const handler = new LearnerHandler(follower, this.#epoch, tree.zxid, (acked) => this.#ack(from, acked));
    for (const { transaction } of this.#outstanding) handler.propose(transaction);
    this.#learners.get(from)?.handler.close();
    this.#learners.set(from, { handler, isSynced: false, lastPingMs: performance.now() });
    const at = this.#committedLog.findIndex((transaction) => transaction.zxid === zxid);
    const missing = zxid === tree.zxid ? [] : at >= 0 ? this.#committedLog.slice(at + 1) : undefined;
    return { epoch: this.#epoch, ...(missing ? { transactions: missing } : { snapshot: tree.snapshot() }) };
  }

  /** The follower has what it was sent, on its disk. */
  synchronised(from: string): void {
    const learner = this.#learners.get(from);
    if (!learner || !this.#isLeading) throw notLeading();
    learner.isSynced = true;
    this.#asLeader(() => learner.handler.start());
  }

  ping({ from, epoch, touched }: PeerPing): void {
    const learner = this.#learners.get(from);
    if (!learner || !this.#isLeading || epoch !== this.#epoch) throw notLeading();
    learner.lastPingMs = performance.now();
    for (const sessionId of touched) this.#tracker.touch(sessionId, learner.lastPingMs);
  }

  /** Whether a follower's pings come. */
  hears(peer: string): boolean {
    return this.#learners.get(peer)?.isSynced ?? false;
  }

  /** A quorum that has agreed on a new epoch and is up to date. */
  async #findQuorum(): Promise<boolean> {
    const endMs = performance.now() + INIT_LIMIT_MS;
    while (this.#registrations.size + 1 < this.#quorum) {
      if (performance.now() > endMs) return false;
      await delay(PING_INTERVAL_MS / 4);
    }
    const epochs = [...this.#registrations.values()].map(({ epoch }) => epoch);
    const epoch = Math.max(this.#state.epoch, ...epochs) + 1;
    await this.#state.acceptEpoch(epoch);
    // What this server has in its log is what counts from now on, whether it was committed before or not.
    for (const transaction of this.#state.pending.splice(0)) this.#apply(transaction, undefined);
    this.#epoch = epoch;
    this.#nextZxid = firstZxidOf(epoch) + 1;
    for (const { found } of this.#registrations.values()) found(epoch);
    while (this.#count(({ isSynced }) => isSynced) < this.#quorum) {
      if (performance.now() > endMs) return false;
      await delay(PING_INTERVAL_MS / 4);
    }
    return true;
  }

  async #write(change: Change, request: Request): Promise<void> {
    const transaction: Transaction = { zxid: this.#nextZxid++, change };
    await this.#state.sync.log([transaction]);
    if (!this.#isLeading) {
      this.#state.pending.push(transaction);
      return;
    }
    this.#outstanding.push({ transaction, request, acks: new Set([this.#state.name]) });
    for (const { handler } of this.#learners.values()) handler.propose(transaction);
    this.#tryToCommit();
  }

  #ack(from: string, zxid: number): void {
    for (const { transaction, acks } of this.#outstanding) if (transaction.zxid <= zxid) acks.add(from);
    this.#tryToCommit();
  }

  #tryToCommit(): void {
    for (let first = this.#outstanding[0]; first && first.acks.size >= this.#quorum; first = this.#outstanding[0]) {
      this.#outstanding.shift();
      const { zxid } = first.transaction;
      for (const { handler } of this.#learners.values()) handler.commit(zxid);
      this.#apply(first.transaction, first.request);
    }
  }

  /** `FinalRequestProcessor`: from here on everybody sees it. */
  #apply(transaction: Transaction, request: Request | undefined): void {
    this.#committedLog.push(transaction);
    if (this.#committedLog.length > COMMIT_LOG_COUNT) this.#committedLog.shift();
    const { change, zxid } = transaction;
    if (change.type === 'createSession') this.#tracker.track(change.sessionId, change.timeoutMs, performance.now());
    if (change.type === 'closeSession') this.#tracker.forget(change.sessionId);
    try {
      const answer = this.#state.tree.apply(transaction);
      request?.done(answer, zxid);
    } catch (error) {
      request?.failed(error);
    }
  }

  #closeSession(sessionId: string): void {
    const request = { operation: 'CloseSession', record: emptyRecord({ sessionId }), givenUp: NEVER } as const;
    answered(request, (accepted) => this.submit(accepted)).catch(() => {
      // It was closed by its client meanwhile, or this server leads no more; then the next leader expires it.
    });
  }

  #loseTheSilent(): void {
    for (const [name, { handler, lastPingMs }] of this.#learners) {
      if (performance.now() - lastPingMs <= SYNC_LIMIT_MS) continue;
      handler.close();
      this.#learners.delete(name);
    }
  }

  #count(isCounted: (learner: Learner) => boolean): number {
    return 1 + [...this.#learners.values()].filter(isCounted).length;
  }
}

function notLeading(): RpcError {
  return new RpcError(RpcStatus.FAILED_PRECONDITION, 'this server does not lead');
}
