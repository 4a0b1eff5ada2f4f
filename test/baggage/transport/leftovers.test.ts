// SPDX-License-Identifier: Apache-2.0
/** What stands in a carrier from another call: it goes neither to strangers nor beside what is written for this one. */

import type { IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import type * as grpcJs from '@grpc/grpc-js';
import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { describe, expect, it } from 'vitest';
import { pack, withBaggage } from '../../../src/baggage/in-process.js';
import { withdrawFrom, withdrawnFromLines } from '../../../src/baggage/transport/leftovers.js';
import { injectMessage } from '../../../src/baggage/transport/message.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { closeAfterwards, request, STRANGER, serve, startHere } from './fixtures/one-process.js';

startHere(withResponses([new HttpInstrumentation(), new UndiciInstrumentation(), new GrpcInstrumentation()]));
const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof grpcJs;

const OURS = 'panorama.observer=client%2Fc1,panorama.bag=CghB';
const MIXED = `tenant=acme;ttl=30, ${OURS},panorama=x`;
const LEFT = 'tenant=acme;ttl=30,panorama=x';

/** A server that tells with which headers it was called. */
const echo = (host?: string) => serve((incoming, response) => response.end(JSON.stringify(incoming.headers)), host);

const CALLS: Record<string, (url: string, headers: Record<string, string>) => Promise<IncomingHttpHeaders>> = {
  'http.request': async (url, headers) => JSON.parse((await request(url, { headers })).body) as IncomingHttpHeaders,
  fetch: async (url, headers) => (await (await fetch(url, { headers })).json()) as IncomingHttpHeaders,
};

describe.each(Object.entries(CALLS))('a proxy that copies the headers it was given into %s', (_, call) => {
  it.each(['baggage', 'Baggage'])('(%s) hands nothing of ours on to a stranger, and all else', async (name) => {
    const url = await echo(STRANGER);
    const given = { [name]: MIXED };
    expect((await call(url, given))['baggage']).toBe(LEFT);
    expect(await call(url, { [name]: OURS })).not.toHaveProperty('baggage');
    expect((await call(url, { [name]: 'tenant=acme' }))['baggage']).toBe('tenant=acme');
    expect(given).toEqual({ [name]: MIXED });
  });

  it('does so though its own baggage is of the same request, and while tracing is suppressed', async () => {
    const url = await echo(STRANGER);
    await withBaggage(async () => {
      pack('seen', { at: 'proxy' });
      expect((await call(url, { baggage: MIXED }))['baggage']).toBe(LEFT);
      const quiet = context.with(suppressTracing(context.active()), () => request(url, { headers: { baggage: OURS } }));
      expect(JSON.parse((await quiet).body)).not.toHaveProperty('baggage');
    });
  });

  it('tells a destination that may have ours its own alone, each once', async () => {
    const url = await echo();
    const given = 'panorama.observer=forged,panorama.newer=1,panorama.deadline=5';
    const { baggage } = await call(url, { baggage: given });
    const members = String(baggage).split(',');
    expect(members.map((member) => member.split('=')[0]).sort()).toEqual([
      'panorama.observer',
      'panorama.origin',
      'panorama.subject',
    ]);
    expect(baggage).not.toContain('forged');
  });
});

describe('gRPC metadata that is used for a second call', () => {
  it('takes nothing of the first call to a stranger', async () => {
    const seen: (string | undefined)[] = [];
    const bind = async (host: string) => {
      const server = new grpc.Server();
      const method = {
        path: '/a.B/Ask',
        requestStream: false,
        responseStream: false,
        requestSerialize: (bytes: Buffer) => bytes,
        requestDeserialize: (bytes: Buffer) => bytes,
        responseSerialize: (bytes: Buffer) => bytes,
        responseDeserialize: (bytes: Buffer) => bytes,
      };
      server.addService({ Ask: method } as never, {
        Ask: (call: grpcJs.ServerUnaryCall<Buffer, Buffer>, done: grpcJs.sendUnaryData<Buffer>) => {
          seen.push(call.metadata.get('baggage')[0] as string | undefined);
          done(null, call.request);
        },
      });
      closeAfterwards(() => server.forceShutdown());
      const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync(`${host}:0`, grpc.ServerCredentials.createInsecure(), (error, bound) =>
          error ? reject(error) : resolve(bound),
        );
      });
      const Client = grpc.makeGenericClientConstructor({ Ask: method } as never, 'B');
      const client = new Client(`${host}:${port}`, grpc.credentials.createInsecure());
      closeAfterwards(() => client.close());
      return (metadata: grpcJs.Metadata) =>
        new Promise<void>((resolve, reject) => {
          const ask = client['Ask'] as (...args: unknown[]) => void;
          ask.call(client, Buffer.from('?'), metadata, (error: unknown) => (error ? reject(error) : resolve()));
        });
    };
    const [ours, strange] = [await bind('127.0.0.1'), await bind(STRANGER)];
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      const metadata = new grpc.Metadata();
      await ours(metadata);
      await strange(metadata);
      const own = new grpc.Metadata();
      own.set('baggage', MIXED);
      await strange(own);
      await ours(own);
    });
    expect(seen[0]).toContain('panorama.bag=');
    expect(seen.slice(1, 3)).toEqual([undefined, LEFT]);
    expect(seen[3]?.match(/panorama\.observer/g)).toHaveLength(1);
  });
});

describe('a message', () => {
  it('that is sent on outside any request takes nothing of the one it came with', () => {
    expect(injectMessage({ job: '7', baggage: MIXED })).toEqual({ job: '7', baggage: LEFT });
    expect(injectMessage({ job: '7', baggage: OURS })).toEqual({ job: '7' });
    expect(injectMessage({ baggage: Buffer.from(MIXED) })).toEqual({ baggage: Buffer.from(LEFT) });
  });
});

describe('ours is withdrawn from', () => {
  const metadata = (...values: string[]) => {
    const given = new grpc.Metadata();
    for (const value of values) given.add('baggage', value);
    return given;
  };
  const requestWith = (value: string | string[]) => {
    const { OutgoingMessage } = createRequire(import.meta.url)('node:http') as typeof import('node:http');
    return new OutgoingMessage().setHeader('Baggage', value);
  };

  it.each<[string, object, object]>([
    ['an object', { baggage: MIXED, a: '1' }, { baggage: LEFT, a: '1' }],
    ['an object with values in lists', { baggage: [OURS, MIXED] }, { baggage: [LEFT] }],
    ['an object without a prototype', Object.assign(Object.create(null), { BAGGAGE: OURS }), {}],
    ['a flat array', ['a', '1', 'Baggage', MIXED, 'baggage', OURS], ['a', '1', 'Baggage', LEFT]],
    [
      'an array of pairs',
      [
        ['Baggage', OURS],
        ['a', OURS],
      ],
      [['a', OURS]],
    ],
    ['a map', new Map([['baggage', MIXED]]), new Map([['baggage', LEFT]])],
    ['a map with nothing else', new Map([['baggage', OURS]]), new Map()],
  ])('%s', (_, carrier, left) => {
    withdrawFrom(carrier);
    expect(carrier).toEqual(left);
  });

  it('Headers, Metadata and requests', () => {
    const carriers = [new Headers({ Baggage: MIXED }), metadata(OURS, MIXED), requestWith([OURS, MIXED])];
    for (const carrier of carriers) withdrawFrom(carrier);
    const [headers, data, outgoing] = carriers as [Headers, grpcJs.Metadata, ReturnType<typeof requestWith>];
    expect([headers.get('baggage'), data.get('baggage'), outgoing.getHeader('baggage')]).toEqual([LEFT, [LEFT], LEFT]);
    const alone = [new Headers({ Baggage: OURS }), metadata(OURS), requestWith(OURS)];
    for (const carrier of alone) withdrawFrom(carrier);
    expect((alone[0] as Headers).has('baggage')).toBe(false);
    expect((alone[1] as grpcJs.Metadata).get('baggage')).toEqual([]);
    expect((alone[2] as ReturnType<typeof requestWith>).hasHeader('baggage')).toBe(false);
  });

  it('the lines of a head', () => {
    expect(withdrawnFromLines(`a: 1\r\nBaggage: ${MIXED}\r\nbaggage: ${OURS}\r\nb: panorama.\r\n`)).toBe(
      `a: 1\r\nBaggage: ${LEFT}\r\nb: panorama.\r\n`,
    );
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'baggage'],
    ['a header that is not set', { baggage: undefined }],
    ['a header of another shape', { baggage: { StringValue: OURS } }],
    ['a list with nothing behind the name', ['baggage']],
    ['an array of pairs that are none', [['baggage'], null, 7]],
    ['a header that is almost named so', { baggages: OURS }],
    ['others alone', { baggage: 'tenant=panorama.bag,xpanorama.bag=1,,' }],
    ['a carrier that cannot be changed and needs not', Object.freeze({ baggage: 'tenant=acme' })],
    ['an empty Metadata', new grpc.Metadata()],
  ])('no other: %s stays as it is', (_, carrier) => {
    const before = structuredClone(carrier instanceof grpc.Metadata ? carrier.getMap() : carrier);
    withdrawFrom(carrier);
    expect(carrier instanceof grpc.Metadata ? carrier.getMap() : carrier).toEqual(before);
  });
});
