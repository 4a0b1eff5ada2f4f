// SPDX-License-Identifier: Apache-2.0
/**
 * Instances in processes of their own, some behind a load balancer that the caller cannot see through: the answer alone
 * says who gave it, and what the caller's processor exports names that instance.
 */
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import path from 'node:path';
import type * as GrpcJs from '@grpc/grpc-js';
import { ExportResultCode } from '@opentelemetry/core';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { grpcInterceptors } from '../../../src/baggage/transport/grpc-interceptors.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { PanoramaSpanProcessor } from '../../../src/processor/panorama-span-processor.js';
import { type Child, startChild } from '../../support/child.js';
import { until } from '../../support/until.js';
import { calls, callTo, request, serveRaw, startHere } from './fixtures/one-process.js';

const exported: ReadableSpan['attributes'][] = [];
const processor = new PanoramaSpanProcessor({
  exporter: {
    export: (spans, done) => {
      exported.push(...spans.map(({ attributes }) => attributes));
      done({ code: ExportResultCode.SUCCESS });
    },
    shutdown: async () => undefined,
  },
});
startHere(withResponses([new HttpInstrumentation(), new UndiciInstrumentation(), new GrpcInstrumentation()]), [
  processor,
]);
const grpc = createRequire(import.meta.url)('@grpc/grpc-js') as typeof GrpcJs;

const children: Child[] = [];
afterAll(() => {
  for (const { process } of children) process.kill('SIGKILL');
});

interface Instance {
  readonly port: number;
  readonly grpcPort: number;
}

async function instance(service: string, id: string): Promise<Instance> {
  const child = startChild(path.join(import.meta.dirname, 'fixtures', 'instance.mjs'), [service, id], {
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  });
  children.push(child);
  return (await child.next()) as Instance;
}

let instances: Instance[] = [];
let middle: Instance;
beforeAll(async () => {
  const nodes = Promise.all(['dn1', 'dn2'].map((id) => instance('datanode', id)));
  middle = await instance('names', 'n1');
  instances = await nodes;
});

/** A balancer as a cloud has it: one address, and connections handed to the instances in turn. */
function balanced(ports: readonly number[]): Promise<string> {
  let turn = 0;
  return serveRaw((socket) => {
    const behind = connect(ports[turn++ % ports.length] as number, '127.0.0.1');
    behind.on('error', () => socket.destroy());
    behind.on('close', () => socket.destroy());
    socket.on('close', () => behind.destroy());
    socket.pipe(behind).pipe(socket);
  });
}

/** Subjects of the observations that were exported since the last look, with what was seen of each. */
async function observed(): Promise<string[]> {
  await processor.forceFlush();
  return exported.splice(0).map((each) => `${each['panorama.subject']} ${each['panorama.status']}`);
}

describe('two instances behind one address', () => {
  it('are told apart by http.request, on the spans and in what is exported', async () => {
    const url = await balanced(instances.map(({ port }) => port));
    await observed();
    const subjects: unknown[] = [];
    for (let n = 0; n < 6; n++) {
      const to = `${url}/${n}`;
      await request(to, { agent: false });
      subjects.push((await callTo(to)).attributes['panorama.subject']);
    }
    expect(subjects).toEqual([1, 2, 1, 2, 1, 2].map((n) => `datanode/dn${n}`));
    expect((await observed()).sort()).toEqual(['datanode/dn1 healthy', 'datanode/dn2 healthy']);
  });

  it('are told apart by fetch, and the one that fails is accused alone', async () => {
    const url = await balanced(instances.map(({ port }) => port));
    await observed();
    // A connection each: what is kept alive stays with its instance.
    const ask = async (status: number) => {
      await (await fetch(`${url}/${status}`, { headers: { connection: 'close' } })).text();
    };
    await ask(500);
    await ask(200);
    const spans = await Promise.all([callTo(`${url}/500`), callTo(`${url}/200`)]);
    expect(spans.map(({ attributes }) => attributes['panorama.subject']).sort()).toEqual([
      'datanode/dn1',
      'datanode/dn2',
    ]);
    const failed = spans[0]?.attributes['panorama.subject'];
    const other = spans[1]?.attributes['panorama.subject'];
    expect((await observed()).sort()).toEqual([`${failed} unhealthy`, `${other} healthy`].sort());
  });

  it('bring back what each packed', async () => {
    const url = await balanced(instances.map(({ port }) => port));
    await withBaggage(async () => {
      await Promise.all([1, 2].map((n) => request(`${url}/${n}`, { agent: false })));
      const through = unpack('path').map((tuple) => tuple['through']);
      expect(through.sort()).toEqual(['datanode/dn1', 'datanode/dn2']);
    });
  });

  it('are told apart by gRPC, also where they fail', async () => {
    const url = await balanced(instances.map(({ grpcPort }) => grpcPort));
    const bytes = (value: Buffer) => value;
    const ask = (code: number) =>
      new Promise<number | undefined>((resolve) => {
        const options = { interceptors: [grpcInterceptors(grpc).client], 'grpc.use_local_subchannel_pool': 1 };
        const client = new grpc.Client(url.slice('http://'.length), grpc.credentials.createInsecure(), options);
        client.makeUnaryRequest('/shop.Orders/Answer', bytes, bytes, Buffer.from([code]), (error) => {
          client.close();
          resolve(error?.code);
        });
      });
    await observed();
    const before = calls().length;
    await withBaggage(async () => {
      expect([await ask(0), await ask(14), await ask(0)]).toEqual([undefined, 14, undefined]);
      expect(unpack('path').map((tuple) => tuple['through'])).toHaveLength(3);
    });
    const spans = await until('three spans', () => (calls().length >= before + 3 ? calls().slice(before) : undefined));
    const [first, second, third] = spans.map(({ attributes }) => attributes['panorama.subject']);
    expect([first, second].sort()).toEqual(['datanode/dn1', 'datanode/dn2']);
    expect(third).toBe(first);
    expect((await observed()).sort()).toEqual([`${first} healthy`, `${second} unhealthy`].sort());
  });
});

describe('a callee that was let down', () => {
  it("says by whom, and the caller's span and export keep the two apart", async () => {
    const { port } = instances[0] as Instance;
    const failing = encodeURIComponent(`http://127.0.0.1:${port}/503`);
    await observed();
    const to = `http://127.0.0.1:${middle.port}/then/${failing}`;
    await withBaggage(async () => {
      expect((await request(to)).status).toBe(500);
      expect(unpack('path').map((tuple) => tuple['through'])).toEqual(['names/n1', 'datanode/dn1']);
    });
    const { attributes } = await callTo(to);
    expect(attributes['panorama.subject']).toBe('names/n1');
    expect(attributes['panorama.blame']).toEqual(['datanode/dn1']);
    expect(await observed()).toEqual(['names/n1 unhealthy']);
  });

  it('says so where it got no answer at all', async () => {
    const gone = await serveRaw((socket) => socket.once('data', () => socket.destroy()));
    const to = `http://127.0.0.1:${middle.port}/then/${encodeURIComponent(`${gone}/x`)}`;
    expect((await request(to)).status).toBe(500);
    expect((await callTo(to)).attributes['panorama.blame']).toEqual([gone.slice('http://'.length)]);
  });
});
