// SPDX-License-Identifier: Apache-2.0
/**
 * Streaming: a node asks another for a range, as it does to be rebuilt. The other accepts at once; a thread of its own
 * then reads the files and sends what is asked for back, in calls of its own. The one call that began it all has long
 * ended well, so the receiver says to its observer whom it is waiting for.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { observer } from 'panorama-otel';
import { Executor } from '../node/executor.js';
import { call } from '../node/http-call.js';
import type { Handlers } from '../node/http-server.js';
import { scaled } from '../node/time-scale.js';
import type { AddressBook } from './address-book.js';
import type { Mutation } from './row.js';
import type { Table } from './table.js';
import { subRangeOf } from './token-ring.js';

/** `request_timeout_in_ms`. */
const CALL_TIMEOUT_MS = scaled(10_000);

/** Parts of the ring that are streamed one at a time: small, for this is a load beside the others. */
const SUB_RANGE_COUNT = 64;

/** Pause between two plans of a node. Ours: a node is rebuilt now and then, and here all of them always are, a little. */
const PAUSE_MS = 400;

/** Plans of a node that may be on their way. */
const PLAN_COUNT_MAX = 32;

interface StreamRequest {
  readonly plan: string;
  readonly receiver: string;
  readonly range: number;
}

interface Plan {
  readonly request: StreamRequest;
  readonly sender: string;
  readonly arrived: () => void;
}

export interface StreamingOptions {
  readonly book: AddressBook;
  readonly table: Table;
  /** Nodes that this one could stream from. */
  readonly senders: () => readonly string[];
}

export class Streaming {
  readonly #options: StreamingOptions;
  /** `StreamTask`: a thread that sends. It expects that the receiver may be gone, and nothing else. */
  readonly #tasks = new Executor<StreamRequest>(1, (request) => this.#send(request));
  readonly #plans = new Map<string, Plan>();
  #planCount = 0;

  constructor(options: StreamingOptions) {
    this.#options = options;
  }

  readonly handlers: Handlers = {
    'POST /streams': ({ body }) => {
      this.#tasks.submit(JSON.parse(body.toString('utf8')) as StreamRequest);
      return { status: 202, body: {} };
    },
    'PUT /stream-files/{id}': ({ id, body }) => {
      this.#options.table.addStreamed(JSON.parse(body.toString('utf8')) as Mutation[]);
      this.#plans.get(id)?.arrived();
      this.#plans.delete(id);
      return { body: {} };
    },
  };

  /** Asks one node after the other for a range, as long as this node belongs to the ring. */
  async run(isMember: () => boolean): Promise<void> {
    while (isMember()) {
      await delay(PAUSE_MS * (0.75 + 0.5 * Math.random()));
      const senders = this.#options.senders();
      const sender = senders[this.#planCount % senders.length];
      // A sender that cannot be reached is asked again in the next turn.
      if (sender && this.#plans.size < PLAN_COUNT_MAX) await this.#fetchFrom(sender).catch(() => {});
    }
  }

  /** Asks anew for whatever has not come, as an operator does who repeats a rebuild. */
  async retry(): Promise<void> {
    for (const { request, sender } of [...this.#plans.values()]) await this.#ask(sender, request);
  }

  /** Starts the sending thread again where it has ended. */
  restartTasks(): void {
    if (this.#tasks.workerCount === 0) this.#tasks.startWorker();
  }

  async #fetchFrom(sender: string): Promise<void> {
    const { self } = this.#options.book;
    const plan = `${self}_${this.#planCount++}`;
    const request: StreamRequest = { plan, receiver: self, range: this.#planCount % SUB_RANGE_COUNT };
    const arrival = new Promise<void>((arrived) => this.#plans.set(plan, { request, sender, arrived }));
    try {
      await this.#ask(sender, request);
    } catch (error) {
      this.#plans.delete(plan);
      throw error;
    }
    // From here on the sender is at work for us, and no call of ours would tell how it fares.
    const pending = observer.begin({ subject: `cassandra/${sender}`, operation: 'stream' });
    void arrival.then(() => pending.healthy());
  }

  async #ask(sender: string, request: StreamRequest): Promise<void> {
    const url = `${this.#options.book.url(sender, 'storage')}/streams`;
    await call({ method: 'POST', url, timeoutMs: CALL_TIMEOUT_MS, body: request });
  }

  async #send({ plan, receiver, range }: StreamRequest): Promise<void> {
    const mutations = await this.#options.table.sstables.readAll();
    const rows = mutations.filter(({ key }) => subRangeOf(key, SUB_RANGE_COUNT) === range);
    const url = `${this.#options.book.url(receiver, 'storage')}/stream-files/${plan}`;
    await call({ method: 'PUT', url, timeoutMs: CALL_TIMEOUT_MS, body: rows }).catch((error: unknown) => {
      process.stderr.write(`stream ${plan} failed: ${error instanceof Error ? error.message : error}\n`);
    });
  }
}
