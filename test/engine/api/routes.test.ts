// SPDX-License-Identifier: Apache-2.0
/** The HTTP API over a real socket: shapes, filters, errors, and text from outside that stays text. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApi } from '../../../src/engine/api/routes.js';
import type { Engine } from '../../../src/engine/engine.js';
import { HealthStatus } from '../../../src/model/status.js';
import type { FakeClock } from '../../support/fake-clock.js';
import { batchOf, observationSpanOf, resourceOf } from '../../support/spans.js';
import { Ward } from '../../support/ward.js';
import { schemaFor } from './schema-for.js';

let ward: Ward;
let server: Server;
let engine: Engine;
let clock: FakeClock;
let base: string;

beforeEach(async () => {
  ward = new Ward();
  ({ clock, engine } = ward);
  server = createServer(createApi({ reader: engine, self: ward.self }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  ward.close();
  server.close();
});

/** Answers are held against literals, so their type is left open. */
// biome-ignore lint/suspicious/noExplicitAny: a JSON answer is compared as a whole
type Json = any;
type Content = Parameters<typeof observationSpanOf>[0];

function observe(content: Content, environment?: string): void {
  const span = observationSpanOf(content, clock.nowMs());
  engine.accept(batchOf({ resource: resourceOf('client', 'c1', environment), spans: [span] }));
}

/** What a route answers, held against what the document of the API says of it. */
async function get(path: string): Promise<{ status: number; body: Json; headers: Headers }> {
  const response = await fetch(base + path);
  const body = await response.json();
  schemaFor(path, response.status).parse(body);
  return { status: response.status, body, headers: response.headers };
}

describe('GET /api/v1/verdicts', () => {
  it('is an empty list before anything was seen', async () => {
    const { body } = await get('/api/v1/verdicts');
    expect(body).toMatchObject({ verdicts: [], cursor: null });
  });

  it('speaks of statuses by name and of times in epoch milliseconds', async () => {
    observe({ status: HealthStatus.UNHEALTHY, reason: 'timeout' });
    const { body } = await get('/api/v1/verdicts');
    expect(body.verdicts).toEqual([
      {
        environment: '',
        subject: 'datanode/dn2',
        resolution: 'instance',
        status: 'unhealthy',
        failure: 'crash',
        reason: 'timeout',
        split: [],
        sinceMs: clock.nowMs(),
        judgedMs: clock.nowMs(),
        operations: [
          { operation: 'POST /blocks/{id}', status: 'unhealthy', observersFor: [], observersAgainst: ['client/c1'] },
        ],
        observersFor: [],
        observersAgainst: ['client/c1'],
        observersDoubted: [],
        systemView: 'na',
        confidence: 2 / 3,
        evidence: [],
        blame: { root: 'datanode/dn2', path: ['datanode/dn2'], share: 1 },
      },
    ]);
  });

  it('is filtered by status, failure and environment', async () => {
    observe({ subject: 'good' });
    observe({ subject: 'bad', status: HealthStatus.UNHEALTHY }, 'prod');
    const names = async (query: string) =>
      (await get(`/api/v1/verdicts?${query}`)).body.verdicts.map(({ subject }: { subject: string }) => subject);
    expect(await names('status=unhealthy')).toEqual(['bad']);
    expect(await names('status=unhealthy,healthy')).toEqual(['good', 'bad']);
    expect(await names('failure=none')).toEqual(['good']);
    expect(await names('environment=prod')).toEqual(['bad']);
  });

  it.each(['status=ill', 'failure=total', 'stauts=healthy'])(
    'refuses the query %s and says which word is wrong',
    async (query) => {
      const { status, body } = await get(`/api/v1/verdicts?${query}`);
      expect(status).toBe(400);
      expect(body.error.code).toBe('PANO_QUERY_INVALID');
      expect(body.error.message).toMatch(/status|failure|stauts/);
    },
  );
});

describe('GET /api/v1/subjects', () => {
  it('lists each subject on one line', async () => {
    observe({});
    expect((await get('/api/v1/subjects')).body.subjects).toEqual([
      {
        environment: '',
        subject: 'datanode/dn2',
        resolution: 'instance',
        status: 'healthy',
        failure: 'none',
        sinceMs: clock.nowMs(),
        operationCount: 1,
        observerCount: 1,
      },
    ]);
  });
});

describe('GET /api/v1/subjects/{identity}', () => {
  it.each(['datanode/dn2', 'datanode%2Fdn2'])(
    'gives the panorama of %s: the verdict and every view',
    async (identity) => {
      observe({ status: HealthStatus.UNHEALTHY, reason: 'timeout' });
      const { status, body } = await get(`/api/v1/subjects/${identity}`);
      expect(status).toBe(200);
      expect(body.verdict.subject).toBe('datanode/dn2');
      expect(body.views).toEqual([
        {
          observer: 'client/c1',
          operation: 'POST /blocks/{id}',
          source: 'caller',
          status: 'unhealthy',
          reason: 'timeout',
          healthyCount: 0,
          failingCount: 1,
          sinceMs: clock.nowMs(),
          lastMs: clock.nowMs(),
          evidence: [],
        },
      ]);
    },
  );

  it('finds a name whose parts are percent-encoded', async () => {
    observe({ subject: 'my%20shop/a%2Fb' });
    expect((await get(`/api/v1/subjects/${encodeURIComponent('my%20shop/a%2Fb')}`)).status).toBe(200);
  });

  it('says so when nobody has reported on it', async () => {
    const { status, body } = await get('/api/v1/subjects/nobody');
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ code: 'PANO_SUBJECT_UNKNOWN', message: expect.stringContaining('nobody') });
  });

  it('asks which environment is meant when several know the subject', async () => {
    observe({}, 'prod');
    observe({}, 'test');
    const { status, body } = await get('/api/v1/subjects/datanode/dn2');
    expect(status).toBe(400);
    expect(body.error.message).toContain('"prod", "test"');
    expect((await get('/api/v1/subjects/datanode/dn2?environment=test')).body.verdict.environment).toBe('test');
  });

  it('answers a path that cannot be decoded with a clear error', async () => {
    expect((await get('/api/v1/subjects/%E0%A4%A')).body.error.code).toBe('PANO_QUERY_INVALID');
  });
});

describe('GET /api/v1/events', () => {
  it('gives every transition once, in order, a page at a time', async () => {
    observe({});
    observe({ status: HealthStatus.UNHEALTHY });
    const first = (await get('/api/v1/events?limit=1')).body;
    expect(first.events.map((event: Json) => [event.from.status, event.verdict.status])).toEqual([['na', 'healthy']]);
    const second = (await get(`/api/v1/events?after=${first.next}`)).body;
    expect(second.events.map((event: Json) => [event.from.status, event.verdict.status])).toEqual([
      ['healthy', 'unhealthy'],
    ]);
    expect((await get(`/api/v1/events?after=${second.next}`)).body).toEqual({
      events: [],
      next: second.next,
      truncated: false,
    });
  });

  it.each(['after=-1', 'after=x', 'limit=0', 'limit=100000'])('refuses %s', async (query) => {
    expect((await get(`/api/v1/events?${query}`)).status).toBe(400);
  });
});

describe('GET /api/v1/history', () => {
  it('gives a subject’s transitions, newest first, a page at a time', async () => {
    observe({});
    clock.advance(1000);
    observe({ status: HealthStatus.UNHEALTHY });
    observe({ subject: 'another' });
    const first = (await get('/api/v1/history?subject=datanode/dn2&limit=1')).body;
    expect(first.transitions.map((event: Json) => event.verdict.status)).toEqual(['unhealthy']);
    const second = (await get(`/api/v1/history?subject=datanode/dn2&cursor=${first.cursor}`)).body;
    expect(second.transitions.map((event: Json) => event.verdict.status)).toEqual(['healthy']);
    expect(second.cursor).toBeNull();
    const since = (await get(`/api/v1/history?subject=datanode/dn2&since=${clock.nowMs()}`)).body;
    expect(since.transitions).toEqual(first.transitions);
    expect((await get(`/api/v1/history?subject=datanode/dn2&until=${clock.nowMs() - 1}`)).body).toEqual(second);
  });

  it('gives what did not go well, by the name of its status', async () => {
    engine.tick();
    observe({ status: HealthStatus.UNHEALTHY, reason: 'timeout', count: 2 });
    observe({});
    clock.advance(1000);
    engine.tick();
    expect((await get('/api/v1/history/evidence?subject=datanode/dn2')).body).toMatchObject({
      evidence: [{ observer: 'client/c1', status: 'unhealthy', reason: 'timeout', count: 2 }],
      cursor: null,
    });
  });

  it.each([
    'subject=',
    'subject=a&limit=0',
    'subject=a&limit=1001',
    'subject=a&since=x',
    'subject=a&cursor=x',
    'subjct=a',
  ])('refuses the query %j', async (query) => {
    for (const route of ['history', 'history/evidence']) {
      const { status, body } = await get(`/api/v1/${route}?${query}`);
      expect([status, body.error.code]).toEqual([400, 'PANO_QUERY_INVALID']);
    }
  });
});

describe('the rest', () => {
  it('is healthy while it answers, and ready once it takes spans', async () => {
    expect((await get('/healthz')).body).toEqual({ status: 'ok' });
    ward.isReady = false;
    expect((await get('/readyz')).status).toBe(503);
    ward.isReady = true;
    expect((await get('/readyz')).body).toEqual({ status: 'ready' });
  });

  it('counts what came in', async () => {
    observe({});
    expect((await get('/api/v1/counts')).body).toMatchObject({
      observations: 1,
      subjects: 1,
      transitions: 1,
      journal: { kind: 'memory', state: 'ok' },
      bytesInFlight: 0,
      process: { loopDelay: { p99Seconds: expect.any(Number) } },
    });
  });

  it('says what is wrong with what it is fed', async () => {
    observe({});
    const { status, body } = await get('/api/v1/doctor');
    expect(status).toBe(200);
    expect(body.engine.otlpGrpc).toBe('127.0.0.1:4317');
    expect(body.findings.map((finding: Json) => finding.code)).toContain('no-server-spans');
    expect(body.well.map((each: Json) => each.code)).toContain('no-client-spans');
  });

  it('shows its metrics as text that nobody sniffs or keeps', async () => {
    observe({});
    const response = await fetch(`${base}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toContain('\npanorama_engine_spans_total{role="observation"} 1\n');
  });

  it('answers an unknown route and a wrong method in JSON', async () => {
    expect((await get('/nope')).body.error.code).toBe('PANO_NOT_FOUND');
    const response = await fetch(`${base}/api/v1/verdicts`, { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect(((await response.json()) as Json).error.code).toBe('PANO_METHOD_NOT_ALLOWED');
  });

  it('hands text from spans on as data that no browser will run', async () => {
    const hostile = '<script>alert(1)</script>';
    observe({ operation: hostile });
    const { headers, body } = await get('/api/v1/verdicts');
    expect(body.verdicts[0].operations[0].operation).toBe(hostile);
    expect(headers.get('content-type')).toContain('application/json');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});
