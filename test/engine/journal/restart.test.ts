// SPDX-License-Identifier: Apache-2.0
/** `panorama engine --history`: what a killed engine had said is still said by the next, which announces none of it again. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { BIN, type EngineProcess, FREE_PORTS, startEngineProcess } from '../../support/engine-process.js';
import { until } from '../../support/until.js';
import { HAS_SQLITE } from './records.js';

// biome-ignore lint/suspicious/noExplicitAny: a JSON answer is compared as a whole
type Json = any;

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'panorama-history-'));
  file = path.join(folder, 'history.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function started(...flags: readonly string[]): Promise<EngineProcess> {
  const engine = await startEngineProcess('--history', file, ...flags);
  onTestFinished(() => void engine.process.kill('SIGKILL'));
  return engine;
}

async function get({ addresses }: EngineProcess, route: string): Promise<Json> {
  return (await fetch(`http://${addresses.api}${route}`)).json();
}

/** A failed call of `web/w1`, through the stock exporter. */
async function fail({ addresses }: EngineProcess, subject: string): Promise<void> {
  const exporter = new OTLPTraceExporter({ url: `http://${addresses.otlpHttp}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'web', 'service.instance.id': 'w1' }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const attributes = { 'panorama.subject': subject, 'http.request.method': 'GET', 'error.type': 'ECONNREFUSED' };
  const span = provider.getTracer('test').startSpan('GET', { kind: 2, attributes });
  span.setStatus({ code: 2, message: 'refused' });
  span.end();
  await provider.shutdown();
}

/** Fails until the engine is sure: further failures change nothing then. */
function convict(engine: EngineProcess, subject: string): Promise<Json> {
  return until(`${subject} to be convicted`, async () => {
    await fail(engine, subject);
    const { verdict } = await get(engine, `/api/v1/subjects/${subject}`);
    return verdict?.status === 'unhealthy' ? verdict : undefined;
  });
}

/** The events that an engine has told, once there are so many. */
function eventsOf(engine: EngineProcess, count: number): Promise<Json[]> {
  return until(`${count} events`, async () => {
    const { events } = await get(engine, '/api/v1/events');
    return events.length >= count ? events : undefined;
  });
}

async function end({ process: child }: EngineProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

describe.skipIf(!HAS_SQLITE)('an engine with a history', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('goes on after %s as if it had not ended', async (signal) => {
    const first = await started();
    await convict(first, 'shop/s1');
    await convict(first, 'shop/s2');
    const told = await until('both convictions to be told', async () => {
      const { events } = await get(first, '/api/v1/events');
      const convicted = events.filter((event: Json) => event.verdict.status === 'unhealthy');
      return convicted.length === 2 ? events : undefined;
    });
    const verdicts = (await get(first, '/api/v1/verdicts')).verdicts;
    await end(first, signal);

    const second = await started();
    expect((await get(second, '/api/v1/events')).events).toEqual(told);
    const essence = ({ subject, status, failure, sinceMs }: Json) => ({ subject, status, failure, sinceMs });
    expect((await get(second, '/api/v1/verdicts')).verdicts.map(essence)).toEqual(verdicts.map(essence));
    await fail(second, 'shop/s1');
    await fail(second, 'shop/s3');
    await eventsOf(second, told.length + 1);
    const since = await get(second, `/api/v1/events?after=${told.at(-1).seq}`);
    expect(since.events.map((event: Json) => event.verdict.subject)).toEqual(['shop/s3']);
    expect(since.truncated).toBe(false);
    const shop = (await get(second, '/api/v1/subjects/shop/s1')).verdict;
    expect([shop.status, shop.sinceMs]).toEqual(['unhealthy', verdicts[0].sinceMs]);
  });

  it('answers what was, a page at a time, also after it was started anew', async () => {
    const first = await started();
    await fail(first, 'shop/s1');
    await eventsOf(first, 1);
    await until('the evidence', async () => {
      const { evidence } = await get(first, '/api/v1/history/evidence?subject=shop/s1');
      return evidence.length > 0 ? true : undefined;
    });
    await end(first, 'SIGKILL');
    const second = await started();
    const { transitions, cursor } = await get(second, '/api/v1/history?subject=shop/s1&limit=1');
    expect(transitions).toMatchObject([{ from: { status: 'na' }, verdict: { subject: 'shop/s1' } }]);
    expect(cursor).toBeNull();
    const { evidence } = await get(second, '/api/v1/history/evidence?subject=shop/s1&environment=');
    expect(evidence).toMatchObject([{ observer: 'web/w1', status: 'unhealthy', reason: 'refused', count: 1 }]);
    expect((await get(second, '/api/v1/counts')).journal).toMatchObject({ kind: 'sqlite', path: file, state: 'ok' });
  });

  it('judges from memory when its file has become something else, and says so', async () => {
    writeFileSync(file, 'no history\n'.repeat(500));
    const engine = await started();
    await fail(engine, 'shop/s1');
    await eventsOf(engine, 1);
    const { journal } = await get(engine, '/api/v1/counts');
    expect(journal).toMatchObject({ kind: 'memory', path: file, lastError: { code: 'PANO_HISTORY_BROKEN' } });
    expect((await get(engine, '/api/v1/history?subject=shop/s1')).transitions).toHaveLength(1);
  });

  it('does not start without the folder of its file, or beside another engine, and says why', async () => {
    await started();
    const refusalOf = (history: string) =>
      new Promise<{ code: number | null; stderr: string }>((resolve) => {
        const args = [BIN, 'engine', ...FREE_PORTS, '--history', history];
        const child = execFile(process.execPath, args, (_error, _stdout, stderr) =>
          resolve({ code: child.exitCode, stderr }),
        );
      });
    expect(await refusalOf(file)).toEqual({
      code: 71,
      stderr: expect.stringMatching(/another process.*PANO_HISTORY_LOCKED/),
    });
    const nowhere = path.join(folder, 'nowhere', 'history.db');
    expect(await refusalOf(nowhere)).toEqual({
      code: 71,
      stderr: expect.stringMatching(/nowhere.*PANO_HISTORY_UNWRITABLE/),
    });
  });
});
