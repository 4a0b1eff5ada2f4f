// SPDX-License-Identifier: Apache-2.0
/** The API in front of a network: what no browser may do with it, and connections that take too much or too long. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningEngine, startEngine } from '../../../src/engine/main.js';
import { ask } from '../access/secured-engine.js';

let engine: RunningEngine;
const anywhere = '127.0.0.1:0';

beforeAll(async () => {
  engine = await startEngine(
    { otlpGrpc: anywhere, otlpHttp: anywhere, api: anywhere },
    { log: pino({ level: 'silent' }) },
  );
});
afterAll(() => engine.close());

/** Sends bytes, and resolves with all that came until the connection was closed. */
async function exchange(bytes: string, address: string = engine.api): Promise<string> {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('error', () => {});
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(parts).toString();
}

describe('a web page', () => {
  it('of another site reads nothing: no origin is allowed, and none is asked for in advance', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' };
    for (const method of ['GET', 'OPTIONS']) {
      const told = await ask(engine.api, '/api/v1/verdicts', { method, headers });
      expect(told.status).toBe(method === 'GET' ? 200 : 405);
      expect(Object.keys(told.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect(told.headers['cross-origin-resource-policy']).toBe('same-origin');
    }
  });

  it('whose name was pointed here is told that this is somebody else', async () => {
    for (const address of [engine.api, engine.otlpHttp]) {
      const told = await ask(address, '/v1/traces', { method: 'POST', headers: { host: 'evil.example:16688' } });
      expect([told.status, told.text]).toEqual([421, expect.stringContaining('not this engine’s')]);
    }
    for (const host of ['localhost:1', 'panorama.localhost', '127.0.0.1', '[::1]:8', '10.0.0.1:80']) {
      expect((await ask(engine.api, '/api/v1/verdicts', { headers: { host } })).status).toBe(200);
    }
  });

  it('cannot send spans: what it may send without asking is no OTLP', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const told = await ask(engine.otlpHttp, '/v1/traces', {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': type },
      });
      expect(told.status).toBe(415);
    }
  });

  it('can neither frame, cache, sniff nor be sent anything, whatever the answer', async () => {
    for (const route of ['/healthz', '/api/v1/verdicts', '/nothing', '/%']) {
      const { headers } = await ask(engine.api, route);
      expect(headers).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      expect([headers['x-powered-by'], headers.server]).toEqual([undefined, undefined]);
    }
  });
});

describe('a connection', () => {
  it('with more than 16 KiB of headers is refused', async () => {
    expect(await exchange(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });

  it.each([
    ['api', 'GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n'],
    [
      'otlpHttp',
      'POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n',
    ],
  ] as const)('that asks for thousands of answers and waits for none is cut off: %s', async (listener, asked) => {
    const answers = (await exchange(asked.repeat(2000), engine[listener])).match(/^HTTP\/1\.1 200 /gm) ?? [];
    expect(answers.length).toBeLessThan(100);
  });

  it('that asks again and again, each time when it is answered, is served', async () => {
    const [host, port] = engine.api.split(':');
    const socket = connect(Number(port), host);
    for (let count = 0; count < 50; count++) {
      socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
      expect(String((await once(socket, 'data'))[0])).toContain('HTTP/1.1 200 ');
    }
    socket.destroy();
  });

  it('that says how long its request is in two ways is refused', async () => {
    const head = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n';
    for (const lengths of [
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
      'Content-Length: 5\r\nContent-Length: 6',
      'Transfer-Encoding: x, chunked, y',
    ]) {
      expect(await exchange(`${head}${lengths}\r\n\r\n0\r\n\r\nGET /api/v1/counts HTTP/1.1\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 400 (?!.*HTTP\/1)/s,
      );
    }
  });

  it('that sends its headers one byte at a time is cut off', async () => {
    const [host, port] = engine.api.split(':');
    const socket = connect(Number(port), host);
    socket.on('error', () => {});
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ');
    const drip = setInterval(() => socket.write('x'), 100);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    clearInterval(drip);
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 /);
  });
});
