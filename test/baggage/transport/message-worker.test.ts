// SPDX-License-Identifier: Apache-2.0
/** Baggage to a thread and back. Nothing is global but the context: the propagator is handed over on both sides. */
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { injectMessage, joinReply } from '../../../src/baggage/transport/message.js';
import { PanoramaPropagator } from '../../../src/baggage/transport/propagator.js';

process.env['OTEL_METRICS_EXPORTER'] = 'none';
process.env['OTEL_LOGS_EXPORTER'] = 'none';
new NodeSDK({ autoDetectResources: false, spanProcessors: [], instrumentations: [], textMapPropagator: null }).start();
const propagator = new PanoramaPropagator();

interface Reply {
  readonly job: string;
  readonly seen: readonly { at: string }[];
  readonly headers: Record<string, string>;
}

let worker: Worker;
const replies = new Map<string, (reply: Reply) => void>();
beforeAll(() => {
  worker = new Worker(path.join(import.meta.dirname, 'fixtures', 'worker.mjs'));
  worker.on('message', (reply: Reply) => replies.get(reply.job)?.(reply));
});
afterAll(async () => {
  worker.postMessage({ job: 'end' });
  await once(worker, 'exit');
});

/** Sends a job, and takes in its reply where the job was sent from. */
async function ask(job: string): Promise<Reply> {
  const replied = new Promise<Reply>((resolve) => replies.set(job, resolve));
  worker.postMessage({ job, headers: injectMessage({}, propagator) });
  const reply = await replied;
  joinReply(reply.headers);
  return reply;
}

const names = () => unpack('seen').map(({ at }) => at);

describe('a job for a thread', () => {
  it('takes the baggage there, and brings back what was packed there', async () => {
    await withBaggage(async () => {
      pack('seen', { at: 'main' });
      expect((await ask('one')).seen).toEqual([{ at: 'main' }, { at: 'thread, one' }]);
      expect(names()).toEqual(['main', 'thread, one']);
      expect((await ask('two')).seen).toHaveLength(3);
      expect(names()).toEqual(['main', 'thread, one', 'thread, two']);
    });
  });

  it('among many brings each its own, and one that is dropped nothing', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        withBaggage(async () => {
          pack('seen', { at: `main ${n}` });
          worker.postMessage({ job: 'drop', headers: injectMessage({}, propagator) });
          await Promise.all([ask(`${n}a`), ask(`${n}b`)]);
          const [first, ...others] = names();
          expect([first, ...others.sort()]).toEqual([`main ${n}`, `thread, ${n}a`, `thread, ${n}b`]);
        }),
      ),
    );
  });

  it('without baggage begins some there, and brings it back to nobody', async () => {
    expect((await ask('alone')).seen).toEqual([{ at: 'thread, alone' }]);
    expect(unpack('seen')).toEqual([]);
  });
});
