// SPDX-License-Identifier: Apache-2.0
/** The page that Prometheus reads: what was counted, the same for all who read it, and nothing that came from outside. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SpanKind } from '../../../src/model/span.js';
import { batchOf, freshTraceId, observationSpanOf, resourceOf, spanOf } from '../../support/spans.js';
import { until } from '../../support/until.js';
import { Ward } from '../../support/ward.js';

let ward: Ward;
beforeEach(() => {
  ward = new Ward({ viewCountMax: 100 });
});
afterEach(() => ward.close());

/** The samples of the page by name and labels. */
async function samples(): Promise<Map<string, number>> {
  const lines = (await ward.telemetry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const atMs = () => ward.clock.nowMs();
const client = (attributes: Record<string, string | boolean>) =>
  spanOf({ traceId: freshTraceId(), endMs: atMs(), attributes });

describe('the metrics', () => {
  it('count each span once, by what it serves for', async () => {
    const address = { 'server.address': '10.0.0.2' };
    const spans = [
      ...[client(address), client(address), client({})],
      client({ ...address, 'panorama.observed': true }),
      spanOf({ traceId: freshTraceId(), endMs: atMs(), kind: SpanKind.SERVER }),
      spanOf({ traceId: freshTraceId(), endMs: atMs(), kind: SpanKind.INTERNAL }),
      observationSpanOf({ observer: 'web/w1' }, atMs()),
    ];
    ward.engine.accept(batchOf({ resource: resourceOf('web', 'w1'), spans }));
    const page = await samples();
    const roles = ['call', 'accounted', 'observation', 'served', 'rejected', 'other'];
    expect(roles.map((role) => page.get(`panorama_engine_spans_total{role="${role}"}`))).toEqual([3, 1, 1, 1, 0, 1]);
    expect(page.get('panorama_engine_spans_unobserved_total{reason="unidentified"}')).toBe(1);
    expect(page.get('panorama_engine_views_limit')).toBe(100);
  });

  it('count requests by how they came and what became of them, with their bytes and how long they took', async () => {
    const request = { transport: 'grpc', signal: 'traces', bytes: 1000, ms: 4 } as const;
    for (const code of ['ok', 'ok', 'PANO_OVERLOADED'] as const) ward.telemetry.noteRequest({ ...request, code });
    const page = await samples();
    const labels = (code: string) => `{transport="grpc",signal="traces",code="${code}"}`;
    expect(page.get(`panorama_engine_requests_total${labels('ok')}`)).toBe(2);
    expect(page.get(`panorama_engine_requests_total${labels('PANO_OVERLOADED')}`)).toBe(1);
    expect(page.get(`panorama_engine_received_bytes_total${labels('ok')}`)).toBe(2000);
    const bucket = (le: string) =>
      page.get(`panorama_engine_request_duration_seconds_bucket{transport="grpc",signal="traces",le="${le}"}`);
    expect([bucket('0.0025'), bucket('0.005'), bucket('+Inf')]).toEqual([0, 3, 3]);
  });

  it('tell how the threads that decode fare', async () => {
    Object.assign(ward.decoders, { readyCount: 2, lostCount: 3, handedOverCount: 40 });
    const page = await samples();
    const names = ['threads', 'lost_total', 'requests_total'];
    expect(names.map((name) => page.get(`panorama_engine_decoder_${name}`))).toEqual([2, 3, 40]);
  });

  it('are the same for a second reader', async () => {
    ward.telemetry.noteRequest({ transport: 'http', signal: 'logs', code: 'ok', bytes: 5, ms: 1 });
    const countsOf = async () =>
      [...(await samples())].filter(([name]) => name.startsWith('panorama_engine') && !name.includes('heap'));
    const first = await countsOf();
    expect(first.length).toBeGreaterThan(30);
    expect(await countsOf()).toEqual(first);
  });

  it('have nothing in them that came from outside', async () => {
    const hostile = 'x"} 1\n# HELP evil\nevil 1';
    const span = client({ 'panorama.subject': encodeURIComponent(hostile), 'server.address': hostile });
    ward.engine.accept(
      batchOf({ resource: resourceOf(hostile, hostile, hostile), spans: [{ ...span, name: hostile }] }),
    );
    expect(ward.engine.counts().subjects).toBe(1);
    expect(await ward.telemetry.metrics()).not.toContain('evil');
  });
});

describe('how late the event loop is', () => {
  const maxSeconds = () => ward.telemetry.status().process.loopDelay.maxSeconds;

  it('is told for one to two minutes, and forgotten then', async () => {
    await until('the loop to have been seen late', async () => {
      const endMs = performance.now() + 300;
      while (performance.now() < endMs);
      await new Promise((resolve) => setImmediate(resolve));
      return maxSeconds() > 0.25 ? true : undefined;
    });
    ward.clock.advance(60_000);
    expect(maxSeconds()).toBeGreaterThan(0.25);
    ward.clock.advance(60_000);
    expect(maxSeconds()).toBeLessThan(0.25);
  });
});

describe('telemetry that is stopped', () => {
  it('leaves no timer', () => {
    const before = ward.clock.timerCount;
    ward.close();
    expect(ward.clock.timerCount).toBe(before - 1);
  });
});
