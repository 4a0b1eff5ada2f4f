// SPDX-License-Identifier: Apache-2.0
/**
 * Repair (`AntiEntropyService`): a session takes a sub-range of the ring and has the other replicas make a snapshot of it. When all
 * of them have, it asks each for a hash of that, and compares. One session at a time; it waits for all it has asked, for as long as
 * that takes.
 *
 * Request and response are messages of their own, so no call of anybody's tells how a session fares. This file says it to
 * its observer: a neighbour that took the request is at work for us until its response is here.
 */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { observer } from 'panorama-otel';
import { Executor } from '../node/executor.js';
import type { Message, Messaging } from './messaging.js';
import type { Row } from './row.js';
import { subRangeOf, type TokenRing } from './token-ring.js';

/** Sub-ranges that the ring is repaired in, as a scheduler of repairs cuts it. */
const SUB_RANGE_COUNT = 16;

/** Pause between two sessions of a node. Ours: a ring is repaired once a week or so, and a session that hangs is to be met within seconds. */
const PAUSE_MS = 800;

/** Snapshots that a node keeps for others; those of sessions that went no further are the oldest. */
const SNAPSHOT_COUNT_MAX = 16;

export interface AntiEntropyOptions {
  readonly self: string;
  readonly messaging: Messaging;
  readonly ring: () => TokenRing;
  readonly rows: () => ReadonlyMap<string, Row>;
}

interface Answer {
  readonly answered: (response: Message) => void;
  readonly terminated: (error: Error) => void;
}

/** What a node held of a range at one moment: `key timestamp` of each row. */
type Snapshot = readonly string[];

export class AntiEntropy {
  readonly #options: AntiEntropyOptions;
  /** `AntiEntropyStage`: one thread, which computes what others ask for. */
  readonly #stage = new Executor<Message>(1, async (request) => this.#respondTo(request));
  /** Answers that the session at hand waits for, by session and neighbour. */
  readonly #awaited = new Map<string, Answer>();
  /** By the session that they were made for. */
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(options: AntiEntropyOptions) {
    this.#options = options;
    for (const verb of ['SNAPSHOT', 'TREE_REQUEST'] as const) {
      options.messaging.receive(verb, (request) => this.#stage.submit(request));
    }
    for (const verb of ['SNAPSHOT_RESPONSE', 'TREE_RESPONSE'] as const) {
      options.messaging.receive(verb, (response) =>
        this.#awaited.get(`${response.session} ${response.from}`)?.answered(response),
      );
    }
  }

  /** Repairs one sub-range after the other, as long as the node belongs to the ring. */
  async run(isMember: () => boolean): Promise<void> {
    for (let range = 0; isMember(); range = (range + 1) % SUB_RANGE_COUNT) {
      await delay(PAUSE_MS * (0.75 + 0.5 * Math.random()));
      // A session that fails is run again when its range is due again.
      await this.#session(range).catch(() => {});
    }
  }

  /** Ends the session at hand as failed, so that the next can begin (JMX: `forceTerminateAllRepairSessions`). */
  terminateSession(): void {
    for (const { terminated } of this.#awaited.values()) terminated(new Error('the repair session was terminated'));
  }

  async #session(range: number): Promise<void> {
    const { self, ring } = this.#options;
    const session = randomUUID();
    const neighbours = ring()
      .replicasOf(`range ${self} ${range}`)
      .filter((node) => node !== self)
      .slice(0, 2);
    // What differs would now be streamed. Under load the hashes differ by the writes on their way, so nothing is made of it.
    for (const verb of ['SNAPSHOT', 'TREE_REQUEST'] as const) {
      await Promise.all(neighbours.map((node) => this.#ask(node, verb, session, range)));
    }
  }

  async #ask(node: string, verb: 'SNAPSHOT' | 'TREE_REQUEST', session: string, range: number): Promise<Message> {
    const { self, messaging } = this.#options;
    const id = `${session} ${node}`;
    const answer = new Promise<Message>((answered, terminated) => this.#awaited.set(id, { answered, terminated }));
    answer.catch(() => {});
    try {
      const createdAtMs = messaging.clock.nowMs();
      const sent = messaging.send(node, { verb, from: self, createdAtMs, session, range });
      await Promise.race([sent, answer]);
      const pending = observer.begin({ subject: `cassandra/${node}`, operation: 'repair' });
      answer.then(() => pending.healthy(), pending.unhealthy);
      return await answer;
    } finally {
      this.#awaited.delete(id);
    }
  }

  #respondTo({ verb, session, from, range, createdAtMs }: Message): void {
    const { self, messaging } = this.#options;
    const about = { from: self, createdAtMs, session, range };
    const response: Message =
      verb === 'SNAPSHOT'
        ? { ...about, verb: 'SNAPSHOT_RESPONSE' }
        : { ...about, verb: 'TREE_RESPONSE', hash: this.#hashOf(session) };
    if (verb === 'SNAPSHOT') this.#makeSnapshot(session, range);
    // An asker that cannot be reached has other worries.
    messaging.send(from, response).catch(() => {});
  }

  #makeSnapshot(session: string, range: number): void {
    const rows = [...this.#options.rows()].filter(([key]) => subRangeOf(key, SUB_RANGE_COUNT) === range);
    this.#snapshots.set(
      session,
      rows.map(([key, { timestamp }]) => `${key} ${timestamp}`),
    );
    const [oldest] = this.#snapshots.keys();
    if (oldest !== undefined && this.#snapshots.size > SNAPSHOT_COUNT_MAX) this.#snapshots.delete(oldest);
  }

  #hashOf(session: string): string {
    const hash = createHash('sha256');
    for (const row of this.#snapshots.get(session) ?? []) hash.update(row);
    this.#snapshots.delete(session);
    return hash.digest('hex');
  }
}
