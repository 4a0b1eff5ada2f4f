// SPDX-License-Identifier: Apache-2.0
/** The page's files over a real socket: found, kept by browsers as long as they may be, and nothing beside them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../../../src/engine/api/routes.js';
import { PanoramaError } from '../../../src/model/errors.js';
import { Ward } from '../../support/ward.js';

let folder: string;
let server: Server;
let base: string;
const ward = new Ward();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'panorama-page-'));
  await mkdir(path.join(folder, 'page/assets'), { recursive: true });
  await writeFile(path.join(folder, 'page/index.html'), '<!doctype html><title>the page</title>');
  await writeFile(path.join(folder, 'page/assets/app-1a2b.js'), 'export {};');
  await writeFile(path.join(folder, 'secret'), 'not of the page');
  const admit = (): never => {
    throw new PanoramaError('PANO_UNAUTHENTICATED', 'show a token');
  };
  const parts = { reader: ward.engine, self: ward.self, door: { admit }, pageFolder: path.join(folder, 'page') };
  server = createServer(createApi(parts));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  ward.close();
  server.close();
  await rm(folder, { recursive: true });
});

describe('the page', () => {
  it('is given to whoever asks, also where the API wants a token', async () => {
    const response = await fetch(`${base}/`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await response.text()).toContain('the page');
    expect((await fetch(`${base}/api/v1/verdicts`)).status).toBe(401);
  });

  it('may load its own files and nothing else, and stands in no frame', async () => {
    const policy = (await fetch(`${base}/`)).headers.get('content-security-policy') ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy).not.toContain('unsafe');
  });

  it('is asked for anew each time, its hashed files never again', async () => {
    expect((await fetch(`${base}/`)).headers.get('cache-control')).toBe('no-cache');
    const script = await fetch(`${base}/assets/app-1a2b.js`);
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect(script.headers.get('content-type')).toMatch(/javascript/);
  });

  it.each(['/../secret', '/%2e%2e/secret', '/assets/../../secret', '/assets/', '/assets'])(
    'is all that is given: %s is not',
    async (target) => {
      const { hostname, port } = new URL(base);
      const status = await new Promise((resolve, reject) => {
        const asked = request({ hostname, port, path: target }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject);
        asked.end();
      });
      expect([401, 403, 404]).toContain(status);
    },
  );
});

describe('GET /api/v1/about', () => {
  it('says which engine answers, and where its traces are to be seen', () => {
    expect(ward.self.about()).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      startedMs: ward.clock.nowMs(),
      traceUrl: 'https://traces.example/{traceId}',
      history: 'memory',
    });
  });
});
