// SPDX-License-Identifier: Apache-2.0
/** Calls through a forward proxy, whose span shows the proxy: what is meant for it goes on to somebody else. */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import type * as grpcJs from '@grpc/grpc-js';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pack, withBaggage } from '../../../src/baggage/in-process.js';
import { hostBehind, noteTarget, takeTarget } from '../../../src/baggage/transport/request-target.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { clientOf, serveGrpc } from './fixtures/grpc-service.js';
import { STRANGER, serve, serveRaw, startHere } from './fixtures/one-process.js';

const instrumentation = new HttpInstrumentation();
startHere(withResponses([instrumentation, new UndiciInstrumentation(), new GrpcInstrumentation()]));
const require = createRequire(import.meta.url);
const http = require('node:http') as typeof import('node:http');
const grpc = require('@grpc/grpc-js') as typeof grpcJs;

/** Requests as they reached the proxy, and what came out of its tunnels. */
const heads: string[] = [];
let proxy = { host: '', port: 0 };
let publicUrl = '';
let privateUrl = '';
beforeAll(async () => {
  publicUrl = await serve((incoming, response) => response.end(JSON.stringify(incoming.headers)), STRANGER);
  privateUrl = await serve((incoming, response) => response.end(JSON.stringify(incoming.headers)));
  const url = await serveRaw((socket) => {
    socket.once('data', (bytes) => {
      const head = bytes.toString('latin1');
      heads.push(head);
      const [, host, port] = /^CONNECT ([^:]+):(\d+)/.exec(head) ?? [];
      if (host === undefined) return socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      const onward = connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      onward.on('error', () => socket.destroy());
      return socket
        .on('close', () => onward.destroy())
        .pipe(onward)
        .pipe(socket);
    });
  });
  proxy = { host: '127.0.0.1', port: Number(new URL(url).port) };
});
beforeEach(() => void heads.splice(0));

/** Calls from a scope with something in it. @returns the request, and its answer's body */
function call(options: RequestOptions): Promise<string> {
  return withBaggage(() => {
    pack('seen', { at: 'client' });
    return new Promise<string>((resolve, reject) => {
      const request: ClientRequest = http.request({ agent: false, ...options }, (response: IncomingMessage) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve(body));
      });
      request.on('connect', (_, socket) => {
        socket.destroy();
        resolve('');
      });
      request.on('error', reject).end();
    });
  });
}

const authority = (url: string) => url.slice('http://'.length);

describe('a call through a proxy that may have baggage', () => {
  it.each([
    ['its URL for a target', (url: string) => ({ path: `${url}/y` })],
    ['a URL with a query', (url: string) => ({ path: `${url}/y?q=1` })],
    ['a URL in capitals', (url: string) => ({ path: `${url.replace('http', 'HTTP')}/y?q=1` })],
    ['a URL with a user', (url: string) => ({ path: url.replace('://', '://10.0.0.7:a@') })],
    [
      'the host repeated, as axios does',
      (url: string) => ({ path: `${url}/y?q=1`, headers: { host: authority(url) } }),
    ],
    ['CONNECT', (url: string) => ({ method: 'CONNECT', path: authority(url) })],
  ])('by %s carries ours to a destination that may have it, too, and to no other', async (_, to) => {
    await call({ ...proxy, ...to(publicUrl) });
    await call({ ...proxy, ...to(privateUrl) });
    expect(heads.map((head) => /\r\nbaggage: .*panorama\./.test(head))).toEqual([false, true]);
    expect(heads.every((head) => head.includes('traceparent'))).toBe(true);
  });

  it('whose hooks are not ours is told by the URL of its span, where that has no query', async () => {
    const config = instrumentation.getConfig();
    instrumentation.setConfig({});
    await call({ ...proxy, path: `${publicUrl}/y` });
    await call({ ...proxy, path: `${privateUrl}/y` });
    instrumentation.setConfig(config);
    expect(heads.map((head) => head.includes('panorama.'))).toEqual([false, true]);
  });

  it('and its tunnel is judged by the destination', async () => {
    const through = async (url: string) => {
      const { hostname: host, port } = new URL(url);
      const socket = connect(proxy.port, proxy.host);
      socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\n\r\n`);
      await new Promise((resolve) => socket.once('data', resolve));
      return JSON.parse(await call({ host, port, createConnection: () => socket })) as Record<string, string>;
    };
    expect((await through(publicUrl))['baggage']).toBeUndefined();
    expect((await through(privateUrl))['baggage']).toContain('panorama.bag=');
  });
});

describe('a call by undici with a URL for a target', () => {
  interface Dispatcher {
    dispatch(options: object, handler: object): boolean;
  }

  /** Of Node's own undici, which shows no more than this. */
  const dispatch = async (origin: string, path: string) => {
    await (await fetch(privateUrl)).text();
    const dispatcher = (globalThis as Record<symbol, unknown>)[Symbol.for('undici.globalDispatcher.1')] as Dispatcher;
    await withBaggage(() => {
      pack('seen', { at: 'client' });
      return new Promise<void>((resolve, reject) => {
        dispatcher.dispatch(
          { origin, path, method: 'GET' },
          {
            onConnect: () => undefined,
            onHeaders: () => true,
            onData: () => true,
            onComplete: () => resolve(),
            onError: reject,
          },
        );
      });
    });
  };

  it('carries ours where both may have it', async () => {
    const own = `http://${proxy.host}:${proxy.port}`;
    await dispatch(own, `${publicUrl}/y?q=1`);
    await dispatch(own, `${privateUrl}/y?q=1`);
    expect(heads.map((head) => head.includes('panorama.'))).toEqual([false, true]);
  });

  it('carries none where the proxy is a stranger', async () => {
    let headers: IncomingMessage['headers'] = {};
    const stranger = await serve((incoming, response) => {
      headers = incoming.headers;
      response.end();
    }, STRANGER);
    await dispatch(stranger, `${privateUrl}/y`);
    expect(headers).toHaveProperty('traceparent');
    expect(headers).not.toHaveProperty('baggage');
  });
});

describe('a target', () => {
  it.each([
    ['http://api.example.org', 'api.example.org'],
    ['http://api.example.org:8080/y', 'api.example.org'],
    ['https://api.example.org?q', 'api.example.org'],
    ['http://[2001:db8::1]:80/', '[2001:db8::1]'],
    ['http://10.0.0.7@api.example.org/y', 'api.example.org'],
    ['http://10.0.0.7:x@api.example.org/y', 'api.example.org'],
    ['api.example.org:443', 'api.example.org'],
    // What is none of these could be read in two ways, and is nobody's.
    ['http://10.0.0.7@a@api.example.org/y', ''],
    ['http:/api.example.org/y', ''],
    ['http:\\\\api.example.org/y', ''],
    ['http:///y', ''],
    ['http://names\\@api.example.org/', ''],
  ])('%s leads to %j', (target, host) => {
    noteTarget(target);
    expect(hostBehind({}, takeTarget())).toBe(host);
    expect(takeTarget()).toBeUndefined();
  });

  it.each(['/y', '/http://api.example.org', '//api.example.org', '?q=http://api.example.org', '*', undefined, 7])(
    '%s leads nowhere else',
    (target) => {
      noteTarget('http://api.example.org');
      noteTarget(target);
      expect(takeTarget()).toBeUndefined();
    },
  );

  it.each([
    'http://10.0.0.7/y',
    'http://10.0.0.7:80/http://api.example.org',
    'http://10.0.0.7?to=http://api.example.org',
    'http://user:word@10.0.0.7/#://',
  ])('of a span (%s) leads nowhere else', (url) => {
    expect(hostBehind({ 'url.full': url }, undefined)).toBeUndefined();
  });
});

describe('gRPC with a proxy in its environment', () => {
  const call = { 'rpc.system': 'grpc', 'server.address': '10.0.0.7', 'server.port': 3128 };
  const names = ['grpc_proxy', 'https_proxy', 'http_proxy'];
  const before = names.map((name) => process.env[name]);
  afterEach(() => {
    names.forEach((name, index) => {
      const value = before[index];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    });
  });

  it('carries none through it', async () => {
    const seen: unknown[] = [];
    const begun = (_: unknown, call: unknown) =>
      void seen.push(...(call as { metadata: grpcJs.Metadata }).metadata.get('baggage'));
    const address = await serveGrpc(grpc, [], { begun }, STRANGER);
    process.env['grpc_proxy'] = `http://${proxy.host}:${proxy.port}`;
    const ask = clientOf(grpc, address);
    await withBaggage(() => ask('unary', { at: 'o1' }));
    expect(heads).toHaveLength(1);
    expect(seen).toEqual([]);
  });

  it.each(names)('(%s) shows the proxy, so its destination is nobody', (name) => {
    for (const each of names) delete process.env[each];
    expect(hostBehind(call, undefined)).toBeUndefined();
    process.env[name] = 'http://10.0.0.7:3128';
    expect(hostBehind(call, undefined)).toBe('');
    expect(hostBehind({ ...call, 'server.port': 9000 }, undefined)).toBeUndefined();
    expect(hostBehind({ ...call, 'rpc.system': 'connect_rpc' }, undefined)).toBeUndefined();
  });
});
