// SPDX-License-Identifier: Apache-2.0
/** Lists of the API: pages that lose nothing and repeat nothing, answers that have not changed, observers, pairs, and the document. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pageOf } from '../../../src/engine/api/pages.js';
import { createApi } from '../../../src/engine/api/routes.js';
import { ANSWERS, type Route } from '../../../src/engine/api/schemas.js';
import { HealthStatus } from '../../../src/model/status.js';
import { read } from '../../support/pages.js';
import { batchOf, observationSpanOf, resourceOf } from '../../support/spans.js';
import { Ward } from '../../support/ward.js';

let ward: Ward;
let server: Server;
let base: string;

beforeEach(async () => {
  ward = new Ward();
  server = createServer(createApi({ reader: ward.engine, self: ward.self }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  ward.close();
  server.closeAllConnections();
  server.close();
});

function observe(
  subject: string,
  status: HealthStatus = HealthStatus.HEALTHY,
  instance = 'c1',
  environment?: string,
): void {
  const content = {
    subject,
    status,
    reason: status === HealthStatus.HEALTHY ? 'ok' : 'timeout',
    observer: `client/${instance}`,
  } as const;
  const span = observationSpanOf(content, ward.clock.nowMs());
  ward.engine.accept(batchOf({ resource: resourceOf('client', instance, environment), spans: [span] }));
}

// biome-ignore lint/suspicious/noExplicitAny: a JSON answer is compared as a whole
async function get(route: Route, query = ''): Promise<any> {
  const body = await (await fetch(`${base}${route}${query}`)).json();
  return ANSWERS[route].parse(body);
}

describe('a page of a list', () => {
  const keys = ['a', 'b', 'c', 'd', 'e'].map((name) => ['', name]);
  const page = (items: readonly (readonly string[])[], limit?: number, cursor?: string | null) =>
    pageOf(items, (key) => key, { limit, cursor: cursor ?? undefined });

  it('is all of it where nobody asks for less', () => {
    expect(page(keys)).toEqual({ items: keys, cursor: null });
    expect(page([])).toEqual({ items: [], cursor: null });
  });

  it('is followed by the rest, whatever the size', () => {
    for (const limit of [1, 2, 3, 4, 5, 6]) {
      const seen: unknown[] = [];
      let cursor: string | null | undefined;
      do {
        const next = page(keys, limit, cursor);
        seen.push(...next.items);
        ({ cursor } = next);
      } while (cursor !== null);
      expect(seen).toEqual(keys);
    }
  });

  it('repeats nothing and loses nothing that stays, when others come and go between two pages', () => {
    const { cursor } = page(keys, 2);
    const changed = [
      ['', 'aa'],
      ['', 'c'],
      ['', 'cc'],
      ['', 'd'],
      ['', 'e'],
    ];
    expect(page(changed, 10, cursor).items.map(([, name]) => name)).toEqual(['c', 'cc', 'd', 'e']);
  });
});

describe('GET /api/v1/subjects', () => {
  it('has pages, with the filter of the first', async () => {
    for (const name of ['a', 'b', 'c']) observe(`shop/${name}`, HealthStatus.UNHEALTHY);
    observe('well/1');
    const first = await get('/api/v1/subjects', '?status=unhealthy,maybe_unhealthy&limit=2');
    const rest = await get('/api/v1/subjects', `?status=unhealthy,maybe_unhealthy&limit=2&cursor=${first.cursor}`);
    const names = [first, rest].map(({ subjects }) => subjects.map(({ subject }: { subject: string }) => subject));
    expect(names).toEqual([['shop/a', 'shop/b'], ['shop/c']]);
    expect(rest.cursor).toBeNull();
  });

  it.each(['limit=0', 'limit=10001', 'cursor=x', 'cursor=WzFd', 'page=2'])('refuses ?%s', async (query) => {
    const response = await fetch(`${base}/api/v1/subjects?${query}`);
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
      400,
      'PANO_QUERY_INVALID',
    ]);
  });

  it('says which limits there are', async () => {
    const response = await fetch(`${base}/api/v1/subjects?limit=0`);
    expect(await response.text()).toContain('limit: must be a whole number from 1 to 10000');
  });
});

describe('GET /api/v1/verdicts', () => {
  it('says from where on events are news', async () => {
    observe('shop/a', HealthStatus.UNHEALTHY);
    const { seq } = await get('/api/v1/verdicts');
    expect((await get('/api/v1/events', `?after=${seq}`)).events).toEqual([]);
    observe('shop/b', HealthStatus.UNHEALTHY);
    expect((await get('/api/v1/events', `?after=${seq}`)).events).toHaveLength(1);
  });

  it('is not sent again to who has it', async () => {
    observe('shop/a');
    const { headers } = await fetch(`${base}/api/v1/verdicts`);
    const etag = headers.get('etag') ?? '';
    const again = () => fetch(`${base}/api/v1/verdicts`, { headers: { 'if-none-match': etag } });
    expect((await again()).status).toBe(304);
    observe('shop/b');
    expect((await again()).status).toBe(200);
  });
});

describe('GET /api/v1/observers', () => {
  it('lists who speaks, of how many, and how far it is believed', async () => {
    observe('shop/a', HealthStatus.UNHEALTHY);
    observe('shop/b');
    observe('shop/b', HealthStatus.HEALTHY, 'c2', 'test');
    const { observers } = await get('/api/v1/observers');
    expect(observers).toMatchObject([
      { environment: '', observer: 'client/c1', source: 'caller', subjectCount: 2, trust: 1 },
      { environment: 'test', observer: 'client/c2', subjectCount: 1, complaintCount: 0 },
    ]);
    expect((await get('/api/v1/observers', '?environment=test&limit=1')).observers).toHaveLength(1);
  });
});

describe('GET /api/v1/matrix', () => {
  it('has each pair once, of those that are not well first', async () => {
    observe('well/1');
    observe('shop/a', HealthStatus.UNHEALTHY);
    observe('shop/a', HealthStatus.UNHEALTHY, 'c2');
    const { pairs, leftOut } = await get('/api/v1/matrix');
    expect(pairs.map(({ subject, observer }: Record<string, string>) => `${observer} on ${subject}`)).toEqual([
      'client/c1 on shop/a',
      'client/c2 on shop/a',
      'client/c1 on well/1',
    ]);
    expect(leftOut).toBe(0);
    expect(await get('/api/v1/matrix', '?limit=1')).toMatchObject({ pairs: [{ subject: 'shop/a' }], leftOut: 2 });
  });
});

describe('GET /api/v1/openapi.json', () => {
  it('describes every route that the page does, and each of them is there', async () => {
    const document = (await (await fetch(`${base}/api/v1/openapi.json`)).json()) as { paths: Record<string, object> };
    const described = Object.keys(document.paths).sort();
    expect(described).toEqual(Object.keys(ANSWERS).sort());
    const shown = [...read('docs/http-api.md').matchAll(/^\| `GET (\/[^`]+)` \|/gm)].map(([, route]) => route);
    const undescribed = ['/metrics', '/api/v1/openapi.json'];
    expect(shown.filter((route) => !undescribed.includes(route ?? '')).sort()).toEqual(described);
    observe('shop/a');
    for (const route of described) {
      const path = route.replace('{identity}', 'shop/a');
      const response = await fetch(`${base}${path}${path.includes('history') ? '?subject=shop/a' : ''}`);
      expect([route, response.status]).toEqual([route, 200]);
      ANSWERS[route as Route].parse(await response.json());
    }
  });

  it('refers to nothing that it does not have', async () => {
    const text = await (await fetch(`${base}/api/v1/openapi.json`)).text();
    const { components } = JSON.parse(text) as { components: { schemas: object } };
    const named = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !Object.hasOwn(components.schemas, name))).toEqual([]);
  });
});
