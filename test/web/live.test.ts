// SPDX-License-Identifier: Apache-2.0
/** The page's stream of changes, from a real engine's API over a connection that breaks. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApi } from '../../src/engine/api/routes.js';
import { HealthStatus } from '../../src/model/status.js';
import { Fleet } from '../../web/src/state/fleet.js';
import { follow, type LiveParts, type Patience } from '../../web/src/wire/live.js';
import { batchOf, observationSpanOf, resourceOf } from '../support/spans.js';
import { until } from '../support/until.js';
import { Ward } from '../support/ward.js';

let ward: Ward;
let server: Server;
let base: string;
let over: AbortController;

beforeEach(async () => {
  ward = new Ward();
  over = new AbortController();
  server = createServer(createApi({ reader: ward.engine, self: ward.self, clock: ward.clock }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  over.abort();
  ward.close();
  server.closeAllConnections();
  server.close();
});

/** One change: of somebody new. */
function change(number: number): void {
  const content = { subject: `s${number}`, status: HealthStatus.UNHEALTHY, reason: 'timeout' } as const;
  ward.engine.accept(
    batchOf({ resource: resourceOf('web', 'w1'), spans: [observationSpanOf(content, ward.clock.nowMs())] }),
  );
}

/** A page that follows, and what happened to it. */
function follower(patience?: Patience) {
  const fleet = new Fleet();
  const told = { seqs: [] as number[], gaps: 0, connected: 0, lost: 0, heardMs: 0 };
  const parts: LiveParts = {
    url: (after) => `${base}/api/v1/events?after=${after}`,
    headers: () => ({}),
    after: () => fleet.lastSeq,
    onEvent: (event) => {
      if (fleet.apply(event)) told.seqs.push(event.seq);
    },
    onGap: () => void told.gaps++,
    onConnected: () => void told.connected++,
    onLost: (_error, sinceMs) => {
      told.lost++;
      told.heardMs = sinceMs;
    },
    isThere: (signal) => fetch(`${base}/healthz`, { signal }),
    signal: over.signal,
    wait: () => Promise.resolve(),
    ...(patience && { patience }),
  };
  return { told, parts, done: follow(parts) };
}

describe('following changes', () => {
  it('tells each once and in order, those from before and those to come', async () => {
    change(1);
    const { told } = follower();
    await until('the first', () => told.seqs.length === 1 || undefined);
    change(2);
    change(3);
    await until('all', () => told.seqs.length === 3 || undefined);
    expect(told.seqs).toEqual([...told.seqs].sort((a, b) => a - b));
  });

  it('loses nothing and tells nothing twice when the connection breaks again and again', async () => {
    const { told } = follower();
    for (let number = 1; number <= 20; number++) {
      change(number);
      if (number % 3 === 0) {
        await until('a connection', () => told.connected > told.lost || undefined);
        server.closeAllConnections();
      }
    }
    await until('all', () => told.seqs.length === 20 || undefined);
    expect(new Set(told.seqs).size).toBe(20);
    expect(told.connected).toBeGreaterThan(1);
  });

  it('says when changes were forgotten before it could be told', async () => {
    for (let number = 0; number < 2500; number++) change(number);
    const { told } = follower();
    await until('the rest', () => told.seqs.length >= 2000 || undefined);
    expect(told.gaps).toBe(1);
  });

  it('ends where the engine refuses, and says why', async () => {
    const { parts } = follower();
    const refused = await follow({ ...parts, url: () => `${base}/api/v1/events?after=x` }).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ name: 'ApiError', code: 'PANO_QUERY_INVALID' });
  });

  it('is lost soon when the engine is stopped, though its connection stays open, and goes on where it was', async () => {
    let isStopped = false;
    const [answer] = server.listeners('request') as ((request: unknown, response: unknown) => void)[];
    server.removeAllListeners('request');
    server.on('request', (request, response) => isStopped || answer?.(request, response));
    const { told } = follower({ quietMs: 50, answerMs: 100 });
    await until('a connection', () => told.connected === 1 || undefined);
    isStopped = true;
    await until('the loss', () => told.lost > 0 || undefined);
    expect(Date.now() - told.heardMs).toBeGreaterThanOrEqual(100);
    isStopped = false;
    change(1);
    await until('the change', () => told.seqs.length === 1 || undefined);
  });
});
