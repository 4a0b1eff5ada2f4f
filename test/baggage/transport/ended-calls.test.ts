// SPDX-License-Identifier: Apache-2.0
/**
 * Calls that are over, under the stock instrumentations and our processor: every answer is heard before its span ends, and
 * from then on the span, which may wait long for its export, holds its request's baggage no longer.
 */
import { createRequire } from 'node:module';
import type * as grpcJs from '@grpc/grpc-js';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { BLAME } from '../../../src/baggage/blame.js';
import { pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { scopeOfCall } from '../../../src/baggage/transport/calls.js';
import { grpcInterceptors } from '../../../src/baggage/transport/grpc-interceptors.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { PanoramaSpanProcessor } from '../../../src/processor/panorama-span-processor.js';
import { until } from '../../support/until.js';
import { type Ask, clientOf, KINDS, serveGrpc } from './fixtures/grpc-service.js';
import { calls, request, serve, startHere } from './fixtures/one-process.js';

const exporter = {
  export: (_: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  shutdown: async () => undefined,
};
/** Calls that had no scope before they ended, and so would have shown nothing. */
const unknown: ReadableSpan[] = [];
const before = {
  onStart: () => undefined,
  onEnd: (span: ReadableSpan) => void (scopeOfCall(span as ReadableSpan & Span) ?? unknown.push(span)),
  forceFlush: async () => undefined,
  shutdown: async () => undefined,
};
startHere(withResponses([new HttpInstrumentation(), new UndiciInstrumentation(), new GrpcInstrumentation()]), [
  before,
  new PanoramaSpanProcessor({ exporter }),
]);
const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof grpcJs;

/** Makes a call from a scope. @returns what came back, once its span has ended */
function cameBack(call: () => Promise<unknown>): Promise<{ names: unknown[]; blames: number; span: ReadableSpan }> {
  return withBaggage(async () => {
    pack('seen', { at: 'client' });
    const { length } = calls();
    await call();
    const span = await until('the end of the span', () => calls()[length]);
    return { names: unpack('seen').map(({ at }) => at), blames: unpack(BLAME).length, span };
  });
}

const callee = (status: number) =>
  serve((_, response) => {
    pack('seen', { at: 'callee' });
    response.writeHead(status).end('well');
  });

const CALLS: Record<string, (status: number) => Promise<unknown>> = {
  'http.request': async (status) => request(await callee(status)),
  fetch: async (status) => (await fetch(await callee(status))).text(),
};

describe.each(Object.entries(CALLS))('a call by %s that has ended', (_, call) => {
  it.each([
    [200, 0],
    [503, 1],
  ])('with %i has brought its tuples and packed its blame, and holds no scope', async (status, blames) => {
    unknown.length = 0;
    const ended = await cameBack(() => call(status));
    expect(ended).toMatchObject({ names: ['client', 'callee'], blames });
    expect(unknown.filter(({ kind }) => kind === ended.span.kind)).toEqual([]);
    expect(scopeOfCall(ended.span as ReadableSpan & Span)).toBeUndefined();
  });
});

describe.each(KINDS)('a gRPC call that has ended (%s)', (kind) => {
  const { client, server } = grpcInterceptors(grpc);
  /** One that sits between ours and the caller, or between ours and the wire. */
  const theirs: grpcJs.Interceptor = (options, next) => new grpc.InterceptingCall(next(options));

  it.each([
    ['alone', [client]],
    ['outside another', [client, theirs]],
    ['inside another', [theirs, client]],
  ])('under our interceptor %s has brought its tuples, and holds no scope', async (_, interceptors) => {
    const ask: Ask = clientOf(grpc, await serveGrpc(grpc, [server]), { interceptors });
    for (const code of [0, 14]) {
      const ended = await cameBack(() => ask(kind, { at: 'callee', code }));
      expect(ended).toMatchObject({ names: ['client', 'callee'], blames: code ? 1 : 0 });
      expect(scopeOfCall(ended.span as ReadableSpan & Span)).toBeUndefined();
    }
  });
});
