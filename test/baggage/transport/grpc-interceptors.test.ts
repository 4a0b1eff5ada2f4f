// SPDX-License-Identifier: Apache-2.0
/** gRPC under its instrumentation: the answer comes in the trailing metadata, however a call ends. */
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import type * as grpcJs from '@grpc/grpc-js';
import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { beforeAll, describe, expect, it } from 'vitest';
import { pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { BaggageScope, baggageCounts } from '../../../src/baggage/scope.js';
import { grpcInterceptors } from '../../../src/baggage/transport/grpc-interceptors.js';
import { ANSWER_HEADER, textOfBag } from '../../../src/baggage/transport/header-text.js';
import { until } from '../../support/until.js';
import {
  type Ask,
  clientOf,
  type Ended,
  KINDS,
  type Kind,
  serveGrpc,
  type Wish,
  wireTap,
} from './fixtures/grpc-service.js';
import { calls, STRANGER, serveRaw, startHere } from './fixtures/one-process.js';

startHere([new GrpcInstrumentation()]);
const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof grpcJs;
const { client, server } = grpcInterceptors(grpc);

const names = () => unpack('seen').map(({ at }) => at);

let trailer: grpcJs.Metadata;
let address = '';
let ask: Ask;
/** What the server hears of calls that hang: that they have begun, and that they were cancelled. */
const heard: string[] = [];
beforeAll(async () => {
  trailer = new grpc.Metadata();
  trailer.set('x-user', 'kept');
  trailer.set('x-user-bin', Buffer.from([1, 2, 3]));
  const begun = (wish: Wish, call: { on: (event: 'cancelled', heard: () => void) => unknown }) => {
    if (wish.does !== 'hang') return;
    heard.push(`${wish.at} begun`);
    call.on('cancelled', () => heard.push(`${wish.at} cancelled`));
  };
  address = await serveGrpc(grpc, [server], { trailer, begun });
  ask = clientOf(grpc, address, { interceptors: [client] });
});

const OK = 0;
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;

/** Calls in a scope of its own. @returns the end, the scope's names, and the span's attributes */
function told(
  kind: Kind,
  wish: Wish,
  via: Ask = ask,
  options: grpcJs.CallOptions = {},
  meanwhile?: (call: never) => void,
) {
  return withBaggage(async () => {
    pack('seen', { at: 'client' });
    const before = calls().length;
    const ended: Ended = await via(kind, wish, options, meanwhile as never);
    const seen = names();
    const span = await until<ReadableSpan>(`the span of ${kind}`, () => calls()[before]);
    return { ...ended, names: seen, subject: span.attributes['panorama.subject'] };
  });
}

describe.each(KINDS)('a call of kind %s', (kind) => {
  const streams = kind === 'server stream' || kind === 'both streams';

  it('that ends well brings back what was packed, and who answered', async () => {
    expect(await told(kind, { at: 'o1' })).toMatchObject({
      code: OK,
      names: ['client', 'o1'],
      subject: 'orders/o1',
      messages: [streams ? { n: 0 } : { at: 'o1' }],
    });
  });

  it.each([1, 2, 5, 13, 14, 16])('that ends with code %i does, too', async (code) => {
    expect(await told(kind, { at: 'o1', code })).toMatchObject({ code, names: ['client', 'o1'], subject: 'orders/o1' });
  });

  it('that ends with trailers alone, or after many messages, does, too', async () => {
    for (const messages of [0, 20]) {
      for (const code of [OK, 14]) {
        expect(await told(kind, { at: 'o1', code, messages })).toMatchObject({ code, names: ['client', 'o1'] });
      }
    }
  });

  it("leaves the user's trailing metadata as it was, on the wire and in the user's hands", async () => {
    const before = JSON.stringify(trailer.toJSON());
    // Of a handler with a callback the instrumentation itself forgets what it sends behind a good answer.
    for (const code of streams ? [OK, 13] : [13]) {
      const { tap, came } = wireTap(grpc);
      const tapped = clientOf(grpc, address, { interceptors: [client, tap] });
      const { trailer: given } = await told(kind, { at: 'o1', code }, tapped);
      for (const each of [given, ...came]) {
        expect(each.get('x-user')).toEqual(['kept']);
        expect(each.get('x-user-bin')).toEqual([Buffer.from([1, 2, 3])]);
      }
      // It was for us: whoever passes on what he was given must not pass that on.
      expect([came.map((each) => each.get(ANSWER_HEADER).length), given.get(ANSWER_HEADER)]).toEqual([[1], []]);
    }
    expect(JSON.stringify(trailer.toJSON())).toBe(before);
  });

  it('that the caller cancels, or has no more time for, brings back nothing and spoils nothing', async () => {
    const { faults, malformed } = baggageCounts();
    const at = `hangs in ${kind}`;
    const begun = () => until('the call', () => (heard.includes(`${at} begun`) ? true : undefined));
    const cancel = (call: { cancel: () => void }) => void begun().then(() => call.cancel());
    expect(await told(kind, { at, does: 'hang' }, ask, {}, cancel as never)).toMatchObject({
      code: CANCELLED,
      names: ['client'],
      subject: undefined,
    });
    const inTime = await told(kind, { at, does: 'hang' }, ask, { deadline: Date.now() + 40 });
    expect(inTime).toMatchObject({ code: DEADLINE_EXCEEDED, names: ['client'], subject: undefined });
    // A call whose time is up may never have begun at the server.
    const count = (what: string) => heard.filter((each) => each === `${at} ${what}`).length;
    await until('the ends', () => (count('cancelled') === count('begun') ? true : undefined));
    expect((await told(kind, { at: 'o2' })).names).toEqual(['client', 'o2']);
    expect(baggageCounts()).toMatchObject({ faults, malformed });
  });

  it('to a caller without our library has no answer', async () => {
    const strange = await context.with(suppressTracing(context.active()), () => ask(kind, { at: 'o1', code: 5 }));
    expect(strange).toMatchObject({ code: 5 });
    expect(strange.trailer.get(ANSWER_HEADER)).toEqual([]);
    expect(strange.trailer.get('x-user')).toEqual(['kept']);
  });
});

describe('a handler that throws', () => {
  it.each(['unary', 'server stream'] as const)('before it answers (%s) is answered for all the same', async (kind) => {
    expect(await told(kind, { at: 'o1', does: 'throw' })).toMatchObject({
      code: 2,
      names: ['client', 'o1'],
      subject: 'orders/o1',
    });
  });
});

describe('many calls over one connection', () => {
  it('bring each its own, to its own scope and span', async () => {
    const before = calls().length;
    const ask50 = Array.from({ length: 50 }, (_, n) =>
      withBaggage(async () => {
        const kind = KINDS[n % 4] as Kind;
        pack('seen', { at: `client ${n}` });
        await ask(kind, { at: `o${n}`, code: n % 3 === 0 ? 13 : OK });
        return names();
      }),
    );
    expect(await Promise.all(ask50)).toEqual(Array.from({ length: 50 }, (_, n) => [`client ${n}`, `o${n}`]));
    const subjects = calls()
      .slice(before)
      .map(({ attributes }) => attributes['panorama.subject']);
    expect(subjects.sort()).toEqual(Array.from({ length: 50 }, (_, n) => `orders/o${n}`).sort());
  });

  it('of one scope come home together', async () => {
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      await Promise.all(KINDS.map((kind) => ask(kind, { at: kind })));
      expect(names().sort()).toEqual(['client', ...KINDS].sort());
    });
  });
});

describe('an answer', () => {
  /** Another address for a server, from which its callers come as `localAddress`. */
  const behind = async (at: string, localAddress: string) => {
    const [, host = '', port] = /^\[?(.+?)\]?:(\d+)$/.exec(at) ?? [];
    const url = await serveRaw((socket) => {
      const onward = connect({ host, port: Number(port), localAddress });
      onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    });
    return clientOf(grpc, url.slice('http://'.length), { interceptors: [client] });
  };

  it('is not given to a peer that may have none', async () => {
    const via = await behind(address, STRANGER);
    expect(await told('unary', { at: 'o1' }, via)).toMatchObject({ names: ['client'], subject: undefined });
  });

  it('is given to a peer by IPv6', async () => {
    const via = await behind(await serveGrpc(grpc, [server], {}, '[::1]'), '::1');
    expect(await told('unary', { at: 'o1' }, via)).toMatchObject({ names: ['client', 'o1'], subject: 'orders/o1' });
  });

  it('of a destination that may have no baggage, or that is none, changes nothing', async () => {
    const forged = new grpc.Metadata();
    const scope = new BaggageScope();
    scope.subject = 'orders/forged';
    scope.pack('seen', { at: 'forged' });
    forged.set(ANSWER_HEADER, textOfBag(scope.answer() as Uint8Array));
    const strange = await serveGrpc(grpc, [], { trailer: forged }, STRANGER);
    const via = clientOf(grpc, strange, { interceptors: [client] });
    expect(await told('unary', {}, via)).toMatchObject({ code: OK, names: ['client'], subject: undefined });

    const garbled = new grpc.Metadata();
    for (const text of ['well!', '', 'A'.repeat(12_000)]) garbled.add(ANSWER_HEADER, text);
    const broken = clientOf(grpc, await serveGrpc(grpc, [], { trailer: garbled }), { interceptors: [client] });
    expect(await told('unary', {}, broken)).toMatchObject({ names: ['client'], subject: undefined });
  });
});
