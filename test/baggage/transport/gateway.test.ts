// SPDX-License-Identifier: Apache-2.0
/** A gateway that copies what it was answered with: callers who may have no answer get none, not even another's. */
import type { OutgoingHttpHeader, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import type * as grpcJs from '@grpc/grpc-js';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { beforeAll, describe, expect, it } from 'vitest';
import { pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { activeScope, BaggageScope } from '../../../src/baggage/scope.js';
import { grpcInterceptors } from '../../../src/baggage/transport/grpc-interceptors.js';
import { ANSWER_HEADER, textOfBag } from '../../../src/baggage/transport/header-text.js';
import { watchHead } from '../../../src/baggage/transport/response-head.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { clientOf, KINDS, serveGrpc } from './fixtures/grpc-service.js';
import {
  type Answer,
  request,
  requestAsStranger,
  STRANGER,
  serve,
  serveRaw,
  startHere,
} from './fixtures/one-process.js';

startHere(withResponses([new HttpInstrumentation(), new GrpcInstrumentation()]));
const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof grpcJs;

/** How gateways write the head that they were given. */
const COPIES: Record<string, (response: ServerResponse, given: Answer) => void> = {
  'as an object': (response, { status, headers, body }) => response.writeHead(status, headers).end(body),
  'as an object, with a reason phrase': (response, { status, headers, body }) =>
    response.writeHead(status, 'Well', headers).end(body),
  'as an object with names in capitals': (response, { status, headers, body }) => {
    const capitals = Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]);
    response.writeHead(status, Object.fromEntries(capitals)).end(body);
  },
  'as a flat array': (response, { status, rawHeaders, body }) => response.writeHead(status, [...rawHeaders]).end(body),
  'as an array of pairs': (response, { status, headers, body }) =>
    response.writeHead(status, Object.entries(headers) as unknown as OutgoingHttpHeader[]).end(body),
  'header by header': (response, { headers, body }) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value as string);
    response.end(body);
  },
  'header by header, in capitals, and flushed': (response, { headers, body }) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name.toUpperCase(), value as string);
    response.flushHeaders();
    response.end(body);
  },
  'with setHeaders': (response, { headers, body }) => {
    response.setHeaders(new Map(Object.entries(headers) as [string, string][])).end(body);
  },
  'partly set and partly given': (response, { status, headers, body }) => {
    response.setHeader(ANSWER_HEADER, headers[ANSWER_HEADER] as string);
    response.writeHead(status, headers).end(body);
  },
};

describe('an HTTP gateway', () => {
  let url = '';
  beforeAll(async () => {
    const internal = await serve((_, response) => {
      const scope = activeScope();
      if (scope) scope.subject = 'orders/o1';
      pack('seen', { at: 'internal' });
      response.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'], 'X-Case': 'Kept', 'content-length': 4 }).end('well');
    });
    url = await serve(async (incoming, response) => {
      const given = await request(internal);
      expect(given.headers).toHaveProperty(ANSWER_HEADER);
      COPIES[decodeURIComponent(incoming.url?.slice(1) ?? '')]?.(response, given);
    });
  });

  it.each(Object.keys(COPIES))('that copies a head %s keeps its own answer from strangers', async (how) => {
    const to = `${url}/${encodeURIComponent(how)}`;
    for (const answer of [await requestAsStranger(to), await request(to, { localAddress: STRANGER })]) {
      expect(answer.headers).not.toHaveProperty(ANSWER_HEADER);
      expect(answer.headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], 'x-case': 'Kept' });
      expect(answer).toMatchObject({ status: 200, body: 'well' });
    }
    await withBaggage(async () => {
      expect((await request(to)).headers).toHaveProperty(ANSWER_HEADER);
      expect(unpack('seen')).toEqual([{ at: 'internal' }]);
    });
  });

  it('that has nothing to say itself hands on what another said to nobody', async () => {
    const gateway = await serve((_, response) => response.writeHead(200, { [ANSWER_HEADER]: 'CghB' }).end('well'));
    expect((await request(gateway)).headers).not.toHaveProperty(ANSWER_HEADER);
  });
});

describe('a head that is watched', () => {
  it('is lent to an object that is not, and writes its head as ever', () => {
    const written: unknown[] = [];
    const other = Object.create({ writeHead: (...args: unknown[]) => void written.push(args) }) as ServerResponse;
    const response = { writeHead: () => written.push('wrong') } as unknown as ServerResponse;
    watchHead(response, undefined);
    other.writeHead = response.writeHead;
    other.writeHead(204);
    expect(written).toEqual([[204]]);
  });

  it('is watched once', () => {
    const response = { writeHead: () => undefined } as unknown as ServerResponse;
    watchHead(response, undefined);
    const { writeHead } = response;
    watchHead(response, new BaggageScope());
    expect(response.writeHead).toBe(writeHead);
  });
});

describe.each(KINDS)('a gRPC gateway that copies the metadata it was answered with (%s)', (kind) => {
  it('keeps it from strangers', async () => {
    const { client, server } = grpcInterceptors(grpc);
    const scope = new BaggageScope();
    scope.pack('seen', { at: 'internal' });
    const copied = new grpc.Metadata();
    copied.set('x-user', 'kept');
    copied.set(ANSWER_HEADER, textOfBag(scope.answer() as Uint8Array));
    const copies: grpcJs.ServerInterceptor = (_, call) =>
      new grpc.ServerInterceptingCall(call, {
        sendStatus: (status, next) => next({ ...status, metadata: copied }),
      });
    const address = await serveGrpc(grpc, [server, copies]);
    const port = Number(address.split(':')[1]);
    const via = await serveRaw((socket) => {
      const onward = connect({ host: '127.0.0.1', port, localAddress: STRANGER });
      onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
    const ask = clientOf(grpc, via.slice('http://'.length), { interceptors: [client] });
    await withBaggage(async () => {
      const { trailer } = await ask(kind, { code: 9 });
      expect([trailer.get('x-user'), trailer.get(ANSWER_HEADER)]).toEqual([['kept'], []]);
      expect(unpack('seen')).toEqual([]);
    });
    expect(copied.get(ANSWER_HEADER)).toHaveLength(1);
  });
});
