// SPDX-License-Identifier: Apache-2.0
/** A gigabyte, sent or announced or packed into a few megabytes, over either transport. */
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bomb, headOf, messageHead, openCall, openSession, plainBomb } from './requests.js';
import { Siege } from './siege.js';
import { openLine, pour } from './sockets.js';

const GIGABYTE = 1024 ** 3;
const PART = Buffer.alloc(1024 * 1024);

/** What is read of a refused body so that its sender gets to the answer, and what the two sockets hold besides. */
const POURED_BYTES_MAX = 64 * 1024 * 1024;

/** Come back later. */
const TOO_MANY = [429, 503];
const RESOURCE_EXHAUSTED = '8';
const UNAVAILABLE = '14';
const AT_ONCE = 40;

let siege: Siege;
beforeEach(async () => {
  siege = await Siege.start();
});
afterEach(() => siege.end());

/** Pours a gigabyte in pieces, until the engine will have no more. */
async function pourGigabyte(head: string, frame: (part: Buffer) => Buffer) {
  const line = await openLine(siege.engine.addresses.otlpHttp);
  line.socket.write(head);
  let pouredBytes = 0;
  const part = frame(PART);
  while (pouredBytes < GIGABYTE && (await pour(line, part))) pouredBytes += PART.length;
  line.socket.end();
  return { answer: await line.closed, pouredBytes };
}

const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

function post(body: Buffer): Promise<number> {
  const [host, port] = siege.engine.addresses.otlpHttp.split(':');
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' };
    const sent = request({ host, port, method: 'POST', path: '/v1/traces', headers, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function call(body: Buffer): Promise<string> {
  const session = openSession(siege.engine.addresses.otlpGrpc);
  const { stream, status } = openCall(session, { 'grpc-encoding': 'gzip' });
  stream.end(Buffer.concat([messageHead(body.length, true), body]));
  return status.finally(() => session.destroy());
}

describe('a gigabyte', () => {
  it('that is announced over HTTP is refused before it comes', async () => {
    const { attack } = await siege.withstand(() =>
      times(4, () => pourGigabyte(headOf(`content-length: ${GIGABYTE}`), (part) => part)),
    );
    for (const { answer, pouredBytes } of attack) {
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(pouredBytes).toBeLessThan(POURED_BYTES_MAX);
    }
  }, 120_000);

  it('that comes in chunks without a length is refused on the way', async () => {
    const { attack } = await siege.withstand(() =>
      times(4, () =>
        pourGigabyte(headOf('transfer-encoding: chunked'), (part) =>
          Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]),
        ),
      ),
    );
    for (const { answer, pouredBytes } of attack) {
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(pouredBytes).toBeLessThan(POURED_BYTES_MAX);
    }
  }, 120_000);

  it('that a gRPC message announces is refused by its head', async () => {
    const { attack } = await siege.withstand(() =>
      times(AT_ONCE, async () => {
        const session = openSession(siege.engine.addresses.otlpGrpc);
        const { stream, status } = openCall(session);
        stream.write(messageHead(GIGABYTE));
        stream.write(PART);
        return status.finally(() => session.destroy());
      }),
    );
    expect(new Set(attack)).toEqual(new Set([RESOURCE_EXHAUSTED]));
  }, 120_000);
});

describe('a gzip bomb', () => {
  const inside = bomb(3500);
  const large = bomb(10_000);

  it.each([
    ['of 3.4 GiB in one body', inside],
    ['of 10 GiB, itself too large', large],
    ['of one stream', plainBomb(256)],
    ['in a bomb', gzipSync(inside, { level: 9 })],
  ])(
    '%s is refused over HTTP',
    async (name, body) => {
      const { attack } = await siege.withstand(() => times(AT_ONCE, () => post(body)));
      // What is inside the bomb's bomb is a body of four megabytes that is no request. Many at once are too many at once.
      const refusals = [name === 'in a bomb' ? 400 : 413, ...TOO_MANY];
      expect(attack.filter((status) => !refusals.includes(status))).toEqual([]);
      expect(attack).toContain(refusals[0]);
    },
    120_000,
  );

  it.each([
    ['of 3.4 GiB in one body', inside],
    ['of one stream', plainBomb(256)],
  ])(
    '%s is refused over gRPC',
    async (_, body) => {
      const { attack } = await siege.withstand(() => times(AT_ONCE, () => call(body)));
      expect(attack.filter((status) => status !== RESOURCE_EXHAUSTED && status !== UNAVAILABLE)).toEqual([]);
      expect(attack).toContain(RESOURCE_EXHAUSTED);
    },
    120_000,
  );
});
