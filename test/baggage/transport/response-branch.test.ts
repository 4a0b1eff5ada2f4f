// SPDX-License-Identifier: Apache-2.0
/** Requests whose work forks, hangs or goes on elsewhere: what was packed before the head of the response is answered. */
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { describe, expect, it } from 'vitest';
import { bag } from '../../../src/baggage/bag/packing.js';
import {
  fork,
  isTruncated,
  pack,
  resumeFrom,
  type Stored,
  storeWith,
  unpack,
  withBaggage,
} from '../../../src/baggage/in-process.js';
import { ANSWER_HEADER } from '../../../src/baggage/transport/header-text.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { request, serve, serveRaw, startHere } from './fixtures/one-process.js';

startHere(withResponses([new HttpInstrumentation()]));

const calls = bag('calls', { keep: 'combined', by: ['at'], values: { n: 'count' } });
const total = () => Object.fromEntries(unpack(calls).map(({ at, n }) => [at, n]));

/** A server that nobody instruments: what it sends has no answer of ours. @returns its URL */
const plain = () =>
  serveRaw((socket) => socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')));

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('a head that is written', () => {
  it.each<[string, (work: () => Promise<void>) => unknown]>([
    ['within a fork', (work) => fork(work)],
    ['within a fork of a fork', (work) => fork(() => fork(work))],
    [
      'where a stored job goes on',
      (work) =>
        setImmediate((stored: Stored<() => Promise<void>>) => resumeFrom(stored, (job) => job()), storeWith(work)),
    ],
  ])('%s carries what was packed there, and before', async (_, within) => {
    const url = await serve((_, response) => {
      pack(calls, { at: 'server' });
      within(async () => {
        pack(calls, { at: 'branch' });
        await nextTurn();
        pack(calls, { at: 'branch' });
        response.end();
      });
    });
    await withBaggage(async () => {
      pack(calls, { at: 'client' });
      await request(url);
      expect(total()).toEqual({ client: 1, server: 1, branch: 2 });
    });
  });

  it('by one fork does not wait for another, which loses its own part alone', async () => {
    let release: (() => void) | undefined;
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    const url = await serve((_, response) => {
      fork(async () => {
        pack(calls, { at: 'hanging' });
        await hanging;
      });
      fork(() => {
        pack(calls, { at: 'branch' });
        response.end();
      });
    });
    await withBaggage(async () => {
      await request(url);
      expect(total()).toEqual({ branch: 1 });
    });
    release?.();
  });
});

describe('work that outlives its fork', () => {
  it('packs into what the fork came from', async () => {
    await withBaggage(async () => {
      await new Promise<void>((done) => {
        fork(() => {
          setImmediate(() => {
            pack(calls, { at: 'late' });
            done();
          });
        });
      });
      expect(total()).toEqual({ late: 1 });
    });
  });
});

describe('a request that makes many calls', () => {
  it('answers with the sum of all of them, though one was never answered', async () => {
    const leaf = await serve((incoming, response) => {
      if (incoming.url === '/hang') return;
      pack(calls, { at: 'leaf' });
      response.end();
    });
    const mid = await serve(async (_, response) => {
      pack(calls, { at: 'mid' });
      await request(`${leaf}/hang`, { signal: AbortSignal.timeout(10) }).catch(() => undefined);
      for (let n = 0; n < 100; n++) {
        await request(leaf);
        pack(calls, { at: 'mid' });
      }
      response.end();
    });
    await withBaggage(async () => {
      await request(mid);
      expect(total()).toEqual({ leaf: 100, mid: 101 });
    });
  });

  it('to services without our library keeps its own sum, in one piece', async () => {
    const other = await plain();
    expect((await request(other)).headers).not.toHaveProperty(ANSWER_HEADER);
    const mid = await serve(async (_, response) => {
      for (let n = 0; n < 300; n++) {
        pack(calls, { at: 'mid' });
        await request(other);
      }
      response.end();
    });
    await withBaggage(async () => {
      await request(mid);
      expect([total(), isTruncated()]).toEqual([{ mid: 300 }, false]);
    });
  });
});
