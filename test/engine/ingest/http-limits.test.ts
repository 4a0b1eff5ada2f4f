// SPDX-License-Identifier: Apache-2.0
/** What a peer can do with HTTP itself, and where it ends. */
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

  it('beyond the number that may be is closed, and those before it live', async () => {
    const { receiver } = await startHttp({ connectionCountMax: 2 });
    const first = await openSocket(receiver);
    const second = await openSocket(receiver);
    const third = await openSocket(receiver);
    expect(await third.closed).toBe('');
    second.socket.write(`${HEAD}connection: close\r\n\r\n`);
    second.socket.write(PROTOBUF);
    expect(await second.closed).toMatch(/^HTTP\/1\.1 200 /);
    first.socket.destroy();
    await first.closed;
    await expect
      .poll(
        () =>
          send(receiver, PROTOBUF).then(
            ({ status }) => status,
            () => 0,
          ),
        { interval: 5 },
      )
      .toBe(200);
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
