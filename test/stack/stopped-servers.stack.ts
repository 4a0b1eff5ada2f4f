// SPDX-License-Identifier: Apache-2.0
/**
 * From the SIGSTOP of a server to the answer of the engine, end to end: an engine, an application that calls PostgreSQL and
 * Redis all the time with the drivers' stock instrumentations, and the time by the monotonic clock until a call that
 * hangs shows, and until the server's verdict is healthy once it goes on.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Child, startChild } from '../support/child.js';
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';
import { startPostgres } from './postgres-server.js';
import { whyWithout } from './programs.js';
import { startRedis } from './redis-server.js';
import type { Server } from './server-process.js';

/** From the stop until the engine shows it, and from the going on until the verdict is well, in ms. */
const SHOWN_WITHIN_MS = 500;
const WELL_WITHIN_MS = 1000;

/** The guest's window: `windowMs` by default. */
const WINDOW_MS = 1000;

const without = whyWithout('redis-server', 'redis-server') ?? whyWithout('postgres', 'postgresql');

interface Report {
  readonly verdict: { readonly status: string };
  readonly views: readonly { readonly status: string; readonly reason: string; readonly lastMs: number }[];
}

describe.skipIf(without)('a server that is stopped in its tracks', () => {
  let engine: EngineProcess;
  let client: Child;
  const servers: Record<string, Server> = {};

  beforeAll(async () => {
    engine = await startEngineProcess();
    const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    Object.assign(servers, { postgresql: postgres, redis });
    const place = { engineUrl: engine.addresses.otlpGrpc, postgresPort: postgres.port, redisPort: redis.port };
    const env = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    client = startChild(path.join(import.meta.dirname, 'fixtures/busy-client.mjs'), [JSON.stringify(place)], env);
    const { medianMs } = (await client.next()) as { medianMs: Record<string, number> };
    console.log('usual latency in ms, median', medianMs);
  });
  afterAll(async () => {
    client?.process.kill('SIGKILL');
    engine?.process.kill('SIGKILL');
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  });

  async function askEngine<T>(route: string): Promise<T> {
    return (await (await fetch(`http://${engine.addresses.api}/api/v1/${route}`)).json()) as T;
  }

  /** What the engine calls a server: a loopback address is another one on each machine, so the machine's id may follow. */
  async function subjectAt(address: string): Promise<string | undefined> {
    const { subjects } = await askEngine<{ subjects: { subject: string }[] }>('subjects');
    return subjects.map(({ subject }) => subject).find((subject) => subject.split('@')[0] === address);
  }

  /** The time, by the monotonic clock, at which the engine first says so of a subject. */
  function whenItSays(what: string, subject: string, saysSo: (report: Report) => boolean): Promise<number> {
    return until(`${subject} to be ${what}`, async () =>
      saysSo(await askEngine<Report>(`subjects/${subject}`)) ? performance.now() : undefined,
    );
  }

  const isHung = ({ views }: Report) => views.some(({ status, reason }) => status === 'pending' && reason === 'hung');
  const isFailing = ({ verdict }: Report) => verdict.status === 'unhealthy';
  const isWell = ({ verdict, views }: Report) =>
    verdict.status === 'healthy' && views.every(({ status }) => status === 'healthy');
  /** News of one kind goes at once only once a window, so a second stop begins after a whole one that was well. */
  const isWellSince = (sinceMs: number) => (report: Report) =>
    isWell(report) && report.views.some(({ lastMs }) => lastMs > sinceMs + WINDOW_MS);

  it.each([
    ['redis', 'for a moment'],
    ['postgresql', 'for a moment'],
    ['redis', 'until that counts as a failure'],
    ['postgresql', 'until that counts as a failure'],
  ] as const)('%s %s: it shows within half a second, and is over a second after', async (system, howLong) => {
    const server = servers[system] as Server;
    const subject = await until('the engine to know it', () => subjectAt(`${system}/127.0.0.1:${server.port}`));
    await whenItSays('well', subject, isWellSince(Date.now()));
    const frozenMs = performance.now();
    await server.freeze();
    const shownMs = (await whenItSays('hung', subject, isHung)) - frozenMs;
    if (howLong !== 'for a moment') await whenItSays('failing', subject, isFailing);
    const thawedMs = performance.now();
    server.thaw();
    const wellMs = (await whenItSays('well again', subject, isWell)) - thawedMs;
    console.log(`${system} stopped ${howLong}, in ms`, {
      shown: Math.round(shownMs),
      stopped: Math.round(thawedMs - frozenMs),
      wellAgain: Math.round(wellMs),
    });
    expect(shownMs).toBeLessThan(SHOWN_WITHIN_MS);
    expect(wellMs).toBeLessThan(WELL_WITHIN_MS);
  });
});
