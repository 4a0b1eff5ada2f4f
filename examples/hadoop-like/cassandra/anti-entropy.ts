// SPDX-License-Identifier: Apache-2.0
/**
 * Repair (`AntiEntropyService`): a session takes a sub-range of the ring, asks the other replicas for a hash of what they
 * hold of it, and compares. One session at a time; it waits for all it has asked, for as long as that takes.
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

/** Pause between two sessions of a node. */
const PAUSE_MS = 400;

export interface AntiEntropyOptions {
  readonly self: string;
  readonly messaging: Messaging;
  readonly ring: () => TokenRing;
  readonly rows: () => ReadonlyMap<string, Row>;
}

interface Answer {
  readonly answered: (hash: string) => void;
  readonly terminated: (error: Error) => void;
}

export class AntiEntropy {
  readonly #options: AntiEntropyOptions;
  /** `AntiEntropyStage`: one thread, which computes what others ask for. */
  readonly #stage = new Executor<Message>(1, (request) => this.#validate(request));
  /** Answers that the session at hand waits for, by session and neighbour. */
  readonly #awaited = new Map<string, Answer>();

  constructor(options: AntiEntropyOptions) {
    this.#options = options;
    options.messaging.receive('TREE_REQUEST', (request) => this.#stage.submit(request));
    options.messaging.receive('TREE_RESPONSE', ({ session, from, hash }) =>
      this.#awaited.get(`${session} ${from}`)?.answered(hash ?? ''),
    );
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
    await Promise.all(neighbours.map((node) => this.#hashOf(node, session, range)));
  }

  async #hashOf(node: string, session: string, range: number): Promise<string> {
    const { self, messaging } = this.#options;
    const id = `${session} ${node}`;
    const answer = new Promise<string>((answered, terminated) => this.#awaited.set(id, { answered, terminated }));
    answer.catch(() => {});
    try {
      const createdAtMs = messaging.clock.nowMs();
      const sent = messaging.send(node, { verb: 'TREE_REQUEST', from: self, createdAtMs, session, range });
      await Promise.race([sent, answer]);
      const pending = observer.begin({ subject: `cassandra/${node}`, operation: 'repair' });
      answer.then(() => pending.healthy(), pending.unhealthy);
      return await answer;
    } finally {
      this.#awaited.delete(id);
    }
  }

  async #validate({ session, from, range, createdAtMs }: Message): Promise<void> {
    const { self, messaging, rows } = this.#options;
    const hash = createHash('sha256');
    for (const [key, { timestamp }] of rows()) {
      if (subRangeOf(key, SUB_RANGE_COUNT) === range) hash.update(`${key} ${timestamp}`);
    }
    const response: Message = {
      verb: 'TREE_RESPONSE',
      from: self,
      createdAtMs,
      session,
      range,
      hash: hash.digest('hex'),
    };
    // An asker that cannot be reached has other worries.
    messaging.send(from, response).catch(() => {});
  }
}
