// SPDX-License-Identifier: Apache-2.0
/** What a peer can do with HTTP/2 itself, and where it ends. Valid calls beside it are answered all the while. */
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../../src/engine/ingest/admission.js';
import { CALL_BYTES_MIN } from '../../../src/engine/ingest/grpc-call.js';
import { SIGNAL_ROUTES } from '../../../src/engine/ingest/signals.js';
import { FakeClock } from '../../support/fake-clock.js';
import { toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';
import { call, expectServing, frame, rawCall } from './grpc-client.js';
import { type Bench, openSocket, startGrpc } from './receivers.js';

const PROTOBUF = toProtobuf(wireRequest(wireSpan()));
const HEADERS = {
  ':method': 'POST',
  ':path': SIGNAL_ROUTES.traces.grpcPath,
  'content-type': 'application/grpc',
  te: 'trailers',
};

function openSession({ receiver }: Bench): { session: ClientHttp2Session; closed: Promise<void> } {
  const session = connect(`http://${receiver.host}:${receiver.port}`);
  session.on('error', () => {});
  const closed = new Promise<void>((resolve) => session.once('close', resolve));
  return { session, closed };
}

describe('a peer that', () => {
  it('opens calls and resets them at once is told to go away', async () => {
    const bench = await startGrpc();
    const { session, closed } = openSession(bench);
    let opened = 0;
    const flood = (): void => {
      for (let count = 0; count < 50 && !session.destroyed && !session.closed; count++) {
        const stream = session.request(HEADERS);
        stream.on('error', () => {});
        stream.close(constants.NGHTTP2_CANCEL);
        opened++;
      }
      if (!session.destroyed && !session.closed) setImmediate(flood);
    };
    session.once('remoteSettings', flood);
    await closed;
    expect(opened).toBeGreaterThan(0);
    await expectServing(bench);
  });

  it('sends headers beyond all need is refused', async () => {
    const bench = await startGrpc();
    const raw = rawCall(
      bench.receiver,
      Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-${index}`, 'y'.repeat(200)])),
    );
    expect(await raw.status).not.toBe('0');
    raw.session.destroy();
    expect(bench.sink.batches).toEqual([]);
    await expectServing(bench);
  });

  it('opens calls and sends nothing cannot hold more of them than the budget has room for', async () => {
    const bench = await startGrpc({ admission: new Admission(10 * CALL_BYTES_MIN) });
    const silent = Array.from({ length: 10 }, () => rawCall(bench.receiver));
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(10 * CALL_BYTES_MIN);
    const one = rawCall(bench.receiver);
    expect(await one.status).toBe('8');
    for (const { session } of [...silent, one]) session.destroy();
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(0);
    await expectServing(bench);
  });

  it('resets a call in its midst, half closes too early or sends two messages is no success', async () => {
    const bench = await startGrpc();
    const reset = rawCall(bench.receiver);
    reset.stream.write(frame(PROTOBUF).subarray(0, 30));
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBeGreaterThan(0);
    reset.stream.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(0);
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(3),
      frame(PROTOBUF).subarray(0, 30),
      Buffer.concat([frame(PROTOBUF), frame(PROTOBUF)]),
      frame(PROTOBUF, PROTOBUF.length, 2),
      frame(PROTOBUF, PROTOBUF.length, 1),
    ]) {
      const { session, stream, status } = rawCall(bench.receiver);
      stream.end(bytes);
      expect(await status).toBe('3');
      session.destroy();
    }
    reset.session.destroy();
    expect(bench.sink.batches).toEqual([]);
    await expectServing(bench);
  });

  it('sends its message byte by byte is understood', async () => {
    const bench = await startGrpc();
    const { session, stream, status } = rawCall(bench.receiver);
    for (const byte of frame(PROTOBUF)) await new Promise((resolve) => stream.write(Buffer.of(byte), resolve));
    stream.end();
    expect(await status).toBe('0');
    expect(bench.sink.spans).toHaveLength(1);
    session.destroy();
  });
});

describe('a connection', () => {
  it('that says nothing is closed, one that is idle later, and one with a call stays', async () => {
    const clock = new FakeClock();
    const bench = await startGrpc({ clock, requestTimeoutMs: 3_600_000 });
    const silent = await openSocket(bench.receiver);
    const idle = openSession(bench);
    await new Promise((resolve) => idle.session.once('remoteSettings', resolve));
    const busy = rawCall(bench.receiver);
    busy.stream.write(frame(PROTOBUF).subarray(0, 20));
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBeGreaterThan(0);
    // The settings of the idle one have arrived once its acknowledgement of ours has.
    await new Promise<void>((resolve, reject) => idle.session.ping((error) => (error ? reject(error) : resolve())));
    clock.advance(11_000);
    await silent.closed;
    expect(idle.session.closed).toBe(false);
    clock.advance(300_000);
    await idle.closed;
    busy.stream.end(frame(PROTOBUF).subarray(20));
    expect(await busy.status).toBe('0');
    busy.session.destroy();
  });

  it('too many takes the place of one without a call, and is closed where there is none', async () => {
    const bench = await startGrpc({ connectionCountMax: 2 });
    const idle = openSession(bench);
    await new Promise((resolve) => idle.session.once('remoteSettings', resolve));
    const first = rawCall(bench.receiver);
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(CALL_BYTES_MIN);
    const second = rawCall(bench.receiver);
    await idle.closed;
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(2 * CALL_BYTES_MIN);
    await openSession(bench).closed;
    for (const { stream, status } of [first, second]) {
      stream.end(frame(PROTOBUF));
      expect(await status).toBe('0');
    }
    expect((await call(bench.receiver, PROTOBUF)).code).toBe(0);
    for (const { session } of [first, second]) session.destroy();
  });

  it('finds no room costs no session', async () => {
    const made: string[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { readonly detail: { readonly type: string } })[]) {
        if (entry.name === 'Http2Session') made.push(entry.detail.type);
      }
    });
    observer.observe({ entryTypes: ['http2'] });
    const bench = await startGrpc({ connectionCountMax: 1 });
    const first = rawCall(bench.receiver);
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(CALL_BYTES_MIN);
    for (let count = 0; count < 5; count++) await openSession(bench).closed;
    first.stream.end(frame(PROTOBUF));
    expect(await first.status).toBe('0');
    first.session.destroy();
    await expect.poll(() => made.filter((type) => type === 'client').length, { interval: 1 }).toBe(6);
    await expect.poll(() => made.filter((type) => type === 'server').length, { interval: 1 }).toBeGreaterThan(0);
    observer.disconnect();
    expect(made.filter((type) => type === 'server')).toHaveLength(1);
  });
});
