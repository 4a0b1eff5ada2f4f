// SPDX-License-Identifier: Apache-2.0
/** Our interceptors in company: other interceptors, retries, metadata that is used again, and no instrumentation at all. */
import { createRequire } from 'node:module';
import type * as grpcJs from '@grpc/grpc-js';
import { context, type ProxyTracerProvider, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { baggageCounts } from '../../../src/baggage/scope.js';
import { grpcInterceptors } from '../../../src/baggage/transport/grpc-interceptors.js';
import { ANSWER_HEADER } from '../../../src/baggage/transport/header-text.js';
import { clientOf, KINDS, serveGrpc } from './fixtures/grpc-service.js';
import { STRANGER, startHere } from './fixtures/one-process.js';

const instrumentation = new GrpcInstrumentation();
startHere([instrumentation]);
const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof grpcJs;
const { client, server } = grpcInterceptors(grpc);
afterAll(() => instrumentation.enable());

/** Interceptors of a module that has warned of nothing yet. */
async function freshInterceptors() {
  vi.resetModules();
  const fresh = await import('../../../src/baggage/transport/grpc-interceptors.js');
  return fresh.grpcInterceptors(grpc);
}

const names = () => unpack('seen').map(({ at }) => at);

describe('beside interceptors of the user', () => {
  const seen: string[] = [];
  const theirClient: grpcJs.Interceptor = (options, nextCall) =>
    new grpc.InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        seen.push('client start');
        next(metadata, {
          onReceiveStatus: (status, nextStatus) => {
            seen.push('client status');
            nextStatus(status);
          },
        });
      },
    });
  const theirServer: grpcJs.ServerInterceptor = (_, call) =>
    new grpc.ServerInterceptingCall(call, {
      sendStatus: (status, next) => {
        seen.push('server status');
        next({ ...status, details: `${status.details}!` });
      },
    });

  it.each([
    ['before', [theirClient, client], [theirServer, server]],
    ['after', [client, theirClient], [server, theirServer]],
    ['twice among', [client, theirClient, client], [server, theirServer, server]],
  ] as const)('%s them the answer is the same, and theirs are called once', async (_, clients, servers) => {
    seen.length = 0;
    const address = await serveGrpc(grpc, [...servers]);
    const ask = clientOf(grpc, address, { interceptors: [...clients] });
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      expect((await ask('unary', { at: 'o1', code: 9 })).code).toBe(9);
      expect(names()).toEqual(['client', 'o1']);
    });
    expect(seen).toEqual(['client start', 'server status', 'client status']);
  });
});

describe('behind an interceptor that merges what somebody else has sent', () => {
  it('nothing of that goes to a stranger', async () => {
    let came: unknown;
    const address = await serveGrpc(
      grpc,
      [
        (_, call) =>
          new grpc.ServerInterceptingCall(call, {
            start: (next) =>
              next({
                onReceiveMetadata: (metadata, nextMetadata) => {
                  came = metadata.get('baggage');
                  nextMetadata(metadata);
                },
              }),
          }),
      ],
      {},
      STRANGER,
    );
    const merging: grpcJs.Interceptor = (options, nextCall) =>
      new grpc.InterceptingCall(nextCall(options), {
        start: (metadata, listener, next) => {
          metadata.set('baggage', 'panorama.observer=web%2Fw1,tenant=acme');
          next(metadata, listener);
        },
      });
    const ask = clientOf(grpc, address, { interceptors: [merging, client] });
    expect((await ask('unary', { at: 'o1' })).code).toBe(0);
    expect(came).toEqual(['tenant=acme']);
  });
});

describe('a call that gRPC makes again of itself', () => {
  it('brings back what the attempt that counted has packed', async () => {
    let attempts = 0;
    const address = await serveGrpc(grpc, [server], {
      begun: () => {
        attempts++;
        pack('seen', { at: `attempt ${attempts}` });
        if (attempts < 3) throw Object.assign(new Error('again'), { code: 14 });
      },
    });
    const retryPolicy = {
      maxAttempts: 4,
      initialBackoff: '0.01s',
      maxBackoff: '0.01s',
      backoffMultiplier: 1,
      retryableStatusCodes: ['UNKNOWN', 'UNAVAILABLE'],
    };
    const config = JSON.stringify({ methodConfig: [{ name: [{ service: 'shop.Orders' }], retryPolicy }] });
    const ask = clientOf(grpc, address, { interceptors: [client], 'grpc.service_config': config });
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      expect((await ask('unary', {})).code).toBe(0);
      expect(names()).toEqual(['client', 'attempt 3']);
    });
  });
});

describe('without the instrumentation', () => {
  it('is said once, as a warning of the process, and not of calls whose span is not recorded, nor where no SDK is', async () => {
    const warnings: string[] = [];
    const heard = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)));
    const fresh = await freshInterceptors();
    const address = await serveGrpc(grpc, [server]);
    const unrecorded = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 0 });
    await clientOf(grpc, address, { interceptors: [fresh.client] })('unary', {});
    instrumentation.disable();
    const ask = clientOf(grpc, address, { interceptors: [fresh.client] });
    await context.with(trace.setSpan(context.active(), unrecorded), () => ask('unary', {}));
    await context.with(suppressTracing(context.active()), () => ask('unary', {}));
    const provider = (trace.getTracerProvider() as ProxyTracerProvider).getDelegate();
    trace.disable();
    await ask('unary', {});
    trace.setGlobalTracerProvider(provider);
    expect(warnings).toEqual([]);
    for (let count = 0; count < 2; count++) await ask('unary', {});
    instrumentation.enable();
    heard.mockRestore();
    expect(warnings).toEqual([expect.stringContaining('a gRPC call has no client span')]);
  });

  it.each(KINDS)('a call of kind %s goes and ends as ever, and brings nothing', async (kind) => {
    instrumentation.disable();
    const { faults } = baggageCounts();
    const ask = clientOf(grpc, await serveGrpc(grpc, [server]), { interceptors: [client] });
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      for (const code of [0, 13]) {
        const ended = await trace.getTracer('test').startActiveSpan('work', () => ask(kind, { at: 'o1', code }));
        expect(ended.code).toBe(code);
        expect(ended.trailer.get(ANSWER_HEADER)).toEqual([]);
      }
      expect(names()).toEqual(['client']);
    });
    expect(baggageCounts().faults).toBe(faults);
  });
});
