// SPDX-License-Identifier: Apache-2.0
/**
 * The two ways in which C hands work over. Behind the queue runs a loop that began with the process and belongs to no
 * request; it finishes the work and lets the request be answered. The thread is reached by messages alone.
 */
import { Worker } from 'node:worker_threads';
import { injectMessage, joinReply, resumeFrom, storeWith } from 'panorama-otel/baggage';

/** A queue that is waited at. */
class Queue {
  #items = [];
  #waiting;

  put(item) {
    this.#items.push(item);
    this.#waiting?.();
  }

  async take() {
    while (this.#items.length === 0) {
      await new Promise((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.#items.shift();
  }
}

export function jobsOf(run, addresses) {
  const queue = new Queue();
  (async () => {
    for (;;) {
      const stored = await queue.take();
      const { steps, late, finish } = stored.item;
      const work = () => resumeFrom(stored, () => run(steps));
      // Nobody waits here for the work: the jobs of several requests are at it at a time.
      if (late) finish().then(work);
      else work().then(finish);
    }
  })();

  const thread = new Worker(new URL('./job-thread.mjs', import.meta.url));
  const waiting = new Map();
  let last = 0;
  const ask = (message) =>
    new Promise((resolve) => {
      waiting.set(++last, resolve);
      thread.postMessage({ ...message, id: last });
    });
  thread.on('message', ({ id, ...reply }) => {
    waiting.get(id)(reply);
    waiting.delete(id);
  });

  return {
    async handOver({ by, steps, late, meanwhile }, finish) {
      if (by === 'queue') {
        const stored = storeWith({ steps, late, finish: () => handled.then(finish) });
        const handled = run(meanwhile);
        queue.put(stored);
        return;
      }
      const replied = ask({ steps, headers: injectMessage({}) }).then(({ headers }) => {
        joinReply(headers);
        // Brokers deliver at least once.
        joinReply(headers);
      });
      await Promise.all([replied, run(meanwhile)]);
      finish();
    },
    /** Tells the thread who is where. */
    meet: () => ask({ addresses }),
    /** What the thread has to say for itself. */
    told: async () => (await ask({ tell: true })).told,
  };
}
