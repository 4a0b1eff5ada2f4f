// SPDX-License-Identifier: Apache-2.0
/** How the gRPC receiver comes to listen, and how it ends. */
import { createServer } from 'node:net';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';
import { call, frame, rawCall } from './grpc-client.js';
import { manualClock, signal, startGrpc } from './receivers.js';

const PROTOBUF = toProtobuf(wireRequest(wireSpan()));

describe('an address', () => {
  it('in use is named with what to do, whoever uses it', async () => {
    const { receiver } = await startGrpc();
    const expected = {
      code: 'PANO_ADDRESS_IN_USE',
      message: expect.stringMatching(`127.0.0.1:${receiver.port} already; stop it, or .* --otlp-grpc HOST:PORT`),
    };
    await expect(startGrpc({ port: receiver.port })).rejects.toMatchObject(expected);
    expect((await call(receiver, PROTOBUF)).code).toBe(status.OK);
  });

  it.each([
    ['192.0.2.1', 0],
    ['127.0.0.1', 70_000],
  ])('that cannot be had (%s:%s) is an error, too', async (host, port) => {
    await expect(startGrpc({ host, port })).rejects.toMatchObject({ code: 'PANO_LISTEN_FAILED' });
  });

  it('is free again after close', async () => {
    const { receiver } = await startGrpc();
    await receiver.close();
    await receiver.close();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(receiver.port, '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('close', () => {
  it('lets a call in flight finish', async () => {
    const bench = await startGrpc();
    const { stream, status: ended } = rawCall(bench.receiver);
    const message = frame(PROTOBUF);
    stream.write(message.subarray(0, 20));
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBeGreaterThan(0);
    const closing = bench.receiver.close();
    stream.end(message.subarray(20));
    expect(await ended).toBe(String(status.OK));
    await closing;
    expect(bench.sink.spans).toHaveLength(1);
  });

  it('cuts off a call that does not finish once the grace is over', async () => {
    const clock = manualClock();
    const bench = await startGrpc({ clock });
    const { stream, status: ended } = rawCall(bench.receiver);
    stream.write(frame(PROTOBUF).subarray(0, 20));
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBeGreaterThan(0);
    const closing = bench.receiver.close();
    clock.timers.find(({ delayMs }) => delayMs === 2000)?.run();
    await closing;
    expect(await ended).not.toBe(String(status.OK));
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(0);
  });

  it('does not wait for connections that are idle', async () => {
    const bench = await startGrpc({ clock: manualClock() });
    const closed = signal();
    const { session, stream } = rawCall(bench.receiver);
    session.on('close', closed.fire);
    stream.end(frame(PROTOBUF));
    await new Promise((resolve) => stream.on('close', resolve));
    await bench.receiver.close();
    await closed.done;
  });
});
