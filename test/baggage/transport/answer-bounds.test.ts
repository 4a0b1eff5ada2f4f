// SPDX-License-Identifier: Apache-2.0
/** Whose answers are heard, and how long they may be: caches replay them, and proxies refuse a head that is too long. */
import { createRequire } from 'node:module';
import type * as grpcJs from '@grpc/grpc-js';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { describe, expect, it } from 'vitest';
import { isTruncated, pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { activeScope } from '../../../src/baggage/scope.js';
import { grpcInterceptors } from '../../../src/baggage/transport/grpc-interceptors.js';
import { ANSWER_HEADER } from '../../../src/baggage/transport/header-text.js';
import { injectMessage, replyMessage, withMessage } from '../../../src/baggage/transport/message.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { clientOf, serveGrpc, wireTap } from './fixtures/grpc-service.js';
import { callTo, request, serve, startHere } from './fixtures/one-process.js';

startHere(withResponses([new HttpInstrumentation(), new UndiciInstrumentation(), new GrpcInstrumentation()]));
const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof grpcJs;

const CALLS: Record<string, (url: string) => Promise<unknown>> = {
  'http.request': (url) => request(url),
  fetch: async (url) => (await fetch(url)).text(),
};

describe.each(Object.entries(CALLS))('a response to %s', (_, call) => {
  it.each(['Age', 'age'])('with an %s comes out of a cache, and its answer was for somebody else', async (name) => {
    const url = await serve((incoming, response) => {
      const scope = activeScope();
      if (scope) scope.subject = 'orders/o1';
      pack('seen', { at: incoming.url });
      if (incoming.url === '/old') response.setHeader(name, '0');
      response.end('well');
    });
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      await call(`${url}/old`);
      expect(unpack('seen')).toEqual([{ at: 'client' }]);
      await call(`${url}/new`);
      expect(unpack('seen')).toEqual([{ at: 'client' }, { at: '/new' }]);
    });
    expect((await callTo(`${url}/old`)).attributes).not.toHaveProperty('panorama.subject');
    expect((await callTo(`${url}/new`)).attributes['panorama.subject']).toBe('orders/o1');
  });
});

describe('more tuples than an answer has room for', () => {
  const packMany = () => {
    for (let n = 0; n < 500; n++) pack('seen', { n, at: `orders/${n}` });
  };

  /** The smallest buffer for a response's head that a common proxy has. */
  const PAGE_BYTES = 4096;

  it('leave room in a page for the rest of the head of an HTTP response', async () => {
    const url = await serve((_, response) => {
      packMany();
      response.end();
    });
    await withBaggage(async () => {
      const { headers, rawHeaders } = await request(url);
      const length = headers[ANSWER_HEADER]?.length ?? 0;
      expect(length).toBeGreaterThan(1900);
      expect(length).toBeLessThanOrEqual(2000);
      expect(rawHeaders.join('    ').length).toBeLessThan(PAGE_BYTES / 2 + 200);
      expect(unpack('seen')[0]).toEqual({ n: 0, at: 'orders/0' });
      expect(isTruncated()).toBe(true);
    });
  });

  it('and of a gRPC trailer', async () => {
    const { client, server } = grpcInterceptors(grpc);
    const address = await serveGrpc(grpc, [server], { begun: packMany });
    const { tap, came } = wireTap(grpc);
    const ask = clientOf(grpc, address, { interceptors: [client, tap] });
    await withBaggage(async () => {
      await ask('unary', {});
      const [text] = came[0]?.get(ANSWER_HEADER) ?? [];
      expect(String(text).length).toBeGreaterThan(1900);
      expect(String(text).length).toBeLessThanOrEqual(2000);
    });
  });

  it('have twice as much in the reply to a message', () => {
    const reply = withMessage(injectMessage({}), () => {
      packMany();
      return replyMessage<Record<string, string>>({});
    });
    expect(reply[ANSWER_HEADER]?.length).toBeGreaterThan(3900);
  });
});
