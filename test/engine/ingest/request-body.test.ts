// SPDX-License-Identifier: Apache-2.0
/** Bodies that are too large, too small, too slow, or break off. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../../src/engine/ingest/admission.js';
import { toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';
import { type Bench, BODY_BYTES_MAX, openSocket, send, signal, startHttp } from './receivers.js';

const PROTOBUF = toProtobuf(wireRequest(wireSpan()));
const HEAD = 'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n';
const GZIP = { 'content-encoding': 'gzip' };

async function expectServing({ receiver, admission }: Bench): Promise<void> {
  expect((await send(receiver, PROTOBUF)).status).toBe(200);
  expect(admission.bytesInFlight).toBe(0);
}

describe('a body that is too large', () => {
  it('by its announced length is refused before it is sent', async () => {
    const bench = await startHttp();
    const { socket, closed } = await openSocket(bench.receiver);
    const answered = signal();
    socket.once('data', answered.fire);
    socket.write(`${HEAD}content-length: 1000000000\r\nexpect: 100-continue\r\n\r\n`);
    await answered.done;
    socket.end();
    // No `100 Continue` came before it.
    expect(await closed).toMatch(/^HTTP\/1\.1 413 .*connection: close.*larger than 65536 bytes as sent/is);
    await expectServing(bench);
  });

  it('as sent is refused, and its sender sees the answer although it was still sending', async () => {
    const bench = await startHttp();
    const body = randomBytes(4_000_000);
    for (const headers of [undefined, { 'transfer-encoding': 'chunked' }]) {
      expect((await send(bench.receiver, body, headers && { headers })).status).toBe(413);
    }
    // These bytes are no gzip either: whichever is noticed first.
    const asGzip = await send(bench.receiver, body, { headers: { ...GZIP, 'transfer-encoding': 'chunked' } });
    expect([400, 413]).toContain(asGzip.status);
    await expectServing(bench);
  });

  it('as sent is refused also when it unpacks to nothing', async () => {
    const bench = await startHttp();
    const empty = gzipSync('');
    const body = Buffer.alloc(empty.length * Math.ceil((2 * BODY_BYTES_MAX) / empty.length), empty);
    const answer = await send(bench.receiver, body, { headers: { ...GZIP, 'transfer-encoding': 'chunked' } });
    expect(answer.status).toBe(413);
    expect(answer.body.toString()).toContain('larger than 65536 bytes as sent');
    await expectServing(bench);
  });

  it('may be sent to its end after the answer: the connection is not reset under its sender', async () => {
    const bench = await startHttp();
    const { socket, closed } = await openSocket(bench.receiver);
    const errors: Error[] = [];
    socket.on('error', (error) => errors.push(error));
    const answered = signal();
    socket.once('data', answered.fire);
    socket.write(`${HEAD}content-length: 1000000\r\n\r\n`);
    await answered.done;
    for (let part = 0; part < 10; part++) {
      await new Promise((resolve) => socket.write(Buffer.alloc(100_000), resolve));
    }
    expect(await closed).toMatch(/^HTTP\/1\.1 413 /);
    expect(errors).toEqual([]);
    await expectServing(bench);
  });

  it('once unpacked is refused at the bound, not at its end', async () => {
    const bench = await startHttp({ admission: new Admission(2 * BODY_BYTES_MAX) });
    // 50 MB that weigh 50 kB. Were it unpacked whole, the admission budget would be exceeded first.
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(BODY_BYTES_MAX);
    const answer = await send(bench.receiver, bomb, { headers: GZIP });
    expect(answer.status).toBe(413);
    expect(answer.body.toString()).toContain('larger than 65536 bytes after decompression');
    await expectServing(bench);
  });

  it('and without end is cut off, although its sender never stops', async () => {
    const bench = await startHttp();
    const { socket, closed } = await openSocket(bench.receiver);
    socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000), Buffer.from('\r\n')]);
    const pump = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', pump);
    pump();
    expect(await closed).toMatch(/^HTTP\/1\.1 413 /);
    expect(socket.bytesWritten).toBeLessThan(100 * 1024 * 1024);
    await expectServing(bench);
  });
});

describe('admission', () => {
  it('turns a body away when the budget is spent, and takes it when there is room again', async () => {
    const admission = new Admission(1000);
    const bench = await startHttp({ admission });
    admission.tryEnter(1000 - PROTOBUF.length + 1);
    const answer = await send(bench.receiver, PROTOBUF);
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(bench.errors[0]).toMatchObject({ code: 'PANO_OVERLOADED' });
    expect(admission.bytesInFlight).toBe(1000 - PROTOBUF.length + 1);
    admission.leave(1);
    expect((await send(bench.receiver, PROTOBUF)).status).toBe(200);
  });

  it('counts what is unpacked, and gives it back when the body is refused', async () => {
    const admission = new Admission(10_000);
    const bench = await startHttp({ admission });
    const answer = await send(bench.receiver, gzipSync(Buffer.alloc(20_000)), { headers: GZIP });
    expect(answer.status).toBe(429);
    await expectServing(bench);
  });

  it('holds the bytes until the sink has taken them', async () => {
    const bench = await startHttp();
    let held = -1;
    bench.sink.answer = () => {
      held = bench.admission.bytesInFlight;
      return { rejected: 0, message: '' };
    };
    await expectServing(bench);
    expect(held).toBe(PROTOBUF.length);
  });

  it('holds them while the sink takes its time, also when the sender has gone', async () => {
    const bench = await startHttp();
    const judged = signal();
    bench.sink.gate = judged.done;
    const answer = send(bench.receiver, PROTOBUF);
    const { socket } = await openSocket(bench.receiver);
    socket.write(
      `POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${PROTOBUF.length}\r\n\r\n`,
    );
    socket.write(PROTOBUF);
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(2 * PROTOBUF.length);
    socket.destroy();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(bench.admission.bytesInFlight).toBe(2 * PROTOBUF.length);
    judged.fire();
    expect((await answer).status).toBe(200);
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(0);
  });
});

describe('a sender', () => {
  it.each([
    ['plain', ''],
    ['gzip', 'content-encoding: gzip\r\n'],
  ])('that disconnects within its %s body leaves nothing behind', async (_, encoding) => {
    const reported = signal();
    const bench = await startHttp({ onError: reported.fire });
    const { socket, closed } = await openSocket(bench.receiver);
    const continued = signal();
    socket.once('data', continued.fire);
    socket.write(`${HEAD}${encoding}content-length: 1000\r\nexpect: 100-continue\r\n\r\n`);
    await continued.done;
    socket.end(gzipSync(PROTOBUF).subarray(0, 50));
    await reported.done;
    await closed;
    expect(bench.sink.batches).toEqual([]);
    await expectServing(bench);
  });

  it('that is slow with its headers is answered 408', async () => {
    const bench = await startHttp({ headersTimeoutMs: 40, requestTimeoutMs: 10_000 });
    const { socket, closed } = await openSocket(bench.receiver);
    socket.write('POST /v1/traces HTTP/1.1\r\nx-slow:');
    expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
    await expectServing(bench);
  });

  it('that is slow with its body is cut off', async () => {
    const bench = await startHttp({ headersTimeoutMs: 40, requestTimeoutMs: 40 });
    const { socket, closed } = await openSocket(bench.receiver);
    socket.write(`${HEAD}content-length: 1000\r\n\r\n`);
    socket.write('slow');
    await closed;
    await expectServing(bench);
  });

  it('that speaks no HTTP is answered 400', async () => {
    const bench = await startHttp();
    const { socket, closed } = await openSocket(bench.receiver);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    expect(await closed).toMatch(/^HTTP\/1\.1 400 /);
    await expectServing(bench);
  });
});
