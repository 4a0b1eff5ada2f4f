// SPDX-License-Identifier: Apache-2.0
/**
 * Does what a plan says (`plan.ts`), in whatever process it is. What the process knows of baggage is handed in; one that
 * knows nothing of it takes the same steps without.
 */
import { createRequire } from 'node:module';

/** How long a caller waits for a callee that never answers, in ms. Whoever answers is waited for without a bound. */
const PATIENCE_MS = 100;

/**
 * @param service who takes the steps
 * @param ours the door `panorama-otel/baggage`, or `undefined`
 * @param addresses host and port by service, once they are known
 * @param grpcClient a client for an address, where this process calls by gRPC
 */
export function stepsOf(service, ours, addresses, grpcClient) {
  const http = createRequire(import.meta.url)('node:http');
  const bags = ours && bagsOf(ours);
  /** Looks that saw what they should not, told to the test: baggage itself may be lost on its way. */
  const wrongLooks = [];

  const calls = {
    async fetch(to, task, signal) {
      const body = JSON.stringify(task);
      await (await fetch(`http://${addresses[to]}/`, { method: 'POST', body, signal })).text();
    },
    http: (to, task, signal) =>
      new Promise((resolve, reject) => {
        http
          .request(`http://${addresses[to]}/`, { method: 'POST', signal }, (response) => {
            response.resume().on('end', resolve).on('error', reject);
          })
          .on('error', reject)
          .end(JSON.stringify(task));
      }),
    grpc: (to, task, signal) =>
      new Promise((resolve, reject) => {
        const call = grpcClient(addresses[to]).Do(task, (error) => (error ? reject(error) : resolve()));
        signal?.addEventListener('abort', () => call.cancel());
      }),
  };

  const take = {
    pack({ n, into }) {
      if (into !== 'totals') ours?.pack(bags.numbers, { n });
      if (into !== 'numbers') ours?.pack(bags.totals, { service, sum: n });
    },
    look({ must, may }) {
      if (!ours) return;
      const seen = ours.unpack(bags.numbers).map(({ n }) => n);
      const isRight =
        new Set(seen).size === seen.length && seen.every((n) => may.includes(n)) && must.every((n) => seen.includes(n));
      ours.pack(bags.looks, { right: isRight });
      if (!isRight) wrongLooks.push(`${service} saw ${seen} instead of ${must}, at the most ${may}`);
    },
    async call({ to, by, task }) {
      const signal = task.end === 'hangs' ? AbortSignal.timeout(PATIENCE_MS) : undefined;
      // A call that fails is what some trees are about; the steps after it are taken all the same.
      await calls[by](to, task, signal).catch(() => undefined);
    },
    async parallel({ fork, branches }) {
      await Promise.all(branches.map((steps) => (fork && ours ? ours.fork(() => run(steps)) : run(steps))));
    },
  };

  async function run(steps) {
    for (const step of steps) await take[step.do](step);
  }
  return { run, wrongLooks };
}

/** The bags of the trees. */
export function bagsOf({ bag }) {
  return {
    numbers: bag('numbers'),
    totals: bag('totals', { keep: 'combined', by: ['service'], values: { sum: 'sum', count: 'count' } }),
    looks: bag('looks', { keep: 'combined', by: ['right'], values: { count: 'count' } }),
  };
}

/** The whole of a request's body. */
export async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
