// SPDX-License-Identifier: Apache-2.0
/** What a peer can do with HTTP itself, and where it ends. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';
import { openSocket, send, startHttp } from './receivers.js';

const PROTOBUF = toProtobuf(wireRequest(wireSpan()));
const HEAD = `POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${PROTOBUF.length}\r\n`;

describe('a connection', () => {
  it('that sends nothing, half its headers, or half its body is answered 408 and closed', async () => {
    const { receiver, admission } = await startHttp({ headersTimeoutMs: 100, requestTimeoutMs: 200 });
    for (const words of [HEAD, `${HEAD}\r\n${String.fromCharCode(10)}`]) {
      const { socket, closed } = await openSocket(receiver);
      socket.write(words);
      expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
    }
    const silent = await openSocket(receiver);
    expect(await silent.closed).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect((await send(receiver, PROTOBUF)).status).toBe(200);
    await expect.poll(() => admission.bytesInFlight, { interval: 1 }).toBe(0);
  });

  /** Sends a request and waits for its answer; the connection stays. */
  async function ask(socket: Socket): Promise<string> {
    const heard = once(socket, 'data');
    socket.write(`${HEAD}\r\n`);
    socket.write(PROTOBUF);
    const [answer] = (await heard) as [Buffer];
    return answer.toString().split('\r\n', 1)[0] as string;
  }

  it('beyond the number that may be takes the place of one that has asked nothing, and who has asked keeps his', async () => {
    const { receiver } = await startHttp({ connectionCountMax: 2 });
    const known = await openSocket(receiver);
    expect(await ask(known.socket)).toBe('HTTP/1.1 200 OK');
    const silent = await openSocket(receiver);
    silent.socket.write('POST /v1/traces HTTP/1.1\r\n');
    for (let before = silent, count = 0; count < 5; count++) {
      const next = await openSocket(receiver);
      expect(await before.closed).toBe('');
      before = next;
    }
    expect((await send(receiver, PROTOBUF)).status).toBe(200);
    expect(await ask(known.socket)).toBe('HTTP/1.1 200 OK');
  });

  it('takes the place of the longest quiet where all have been answered', async () => {
    const { receiver } = await startHttp({ connectionCountMax: 2 });
    const [first, second] = [await openSocket(receiver), await openSocket(receiver)];
    for (const { socket } of [first, second, first]) expect(await ask(socket)).toBe('HTTP/1.1 200 OK');
    const third = await openSocket(receiver);
    await second.closed;
    for (const { socket } of [third, first]) expect(await ask(socket)).toBe('HTTP/1.1 200 OK');
  });

  it('is closed where all others wait for an answer', async () => {
    const { receiver, admission } = await startHttp({ connectionCountMax: 2 });
    const waiting = [await openSocket(receiver), await openSocket(receiver)];
    for (const { socket } of waiting) {
      socket.write(`${HEAD}connection: close\r\n\r\n`);
      socket.write(PROTOBUF.subarray(0, 5));
    }
    await expect.poll(() => admission.bytesInFlight, { interval: 1 }).toBe(10);
    expect(await (await openSocket(receiver)).closed).toBe('');
    for (const { socket } of waiting) socket.write(PROTOBUF.subarray(5));
    for (const { closed } of waiting) expect(await closed).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('headers', () => {
  it('of more bytes than anybody needs are answered 431', async () => {
    const { receiver } = await startHttp();
    const { socket, closed } = await openSocket(receiver);
    socket.write(`${HEAD}x-long: ${'y'.repeat(20_000)}\r\n\r\n`);
    expect(await closed).toMatch(/^HTTP\/1\.1 431 /);
    expect((await send(receiver, PROTOBUF)).status).toBe(200);
  });

  it('that contradict each other about the length are answered 400', async () => {
    const { receiver, sink } = await startHttp();
    for (const more of ['transfer-encoding: chunked\r\n', 'content-length: 5\r\n', 'content-length : 5\r\n']) {
      const { socket, closed } = await openSocket(receiver);
      socket.write(`${HEAD}${more}\r\n`);
      expect(await closed).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(sink.batches).toEqual([]);
  });
});
