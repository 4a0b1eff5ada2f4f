// SPDX-License-Identifier: Apache-2.0
/** What a call of gRPC holds of the budget, from its first byte to its answer. */
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../../src/engine/ingest/admission.js';
import { CALL_BYTES_MIN } from '../../../src/engine/ingest/grpc-call.js';
import { toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';
import { call, expectServing, frame, rawCall } from './grpc-client.js';
import { manualClock, signal, startGrpc } from './receivers.js';

const PROTOBUF = toProtobuf(wireRequest(wireSpan()));

describe('admission', () => {
  it('turns a call away before it is read when the budget is spent', async () => {
    const admission = new Admission(CALL_BYTES_MIN);
    const bench = await startGrpc({ admission });
    admission.tryEnter(1);
    expect(await call(bench.receiver, PROTOBUF)).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('send the request again'),
      statusDetails: expect.anything(),
    });
    expect(bench.errors).toMatchObject([{ code: 'PANO_OVERLOADED' }]);
    admission.leave(1);
    await expectServing(bench);
  });

  it('turns a call away in its midst when the budget is spent, and its sender sees the answer', async () => {
    const bench = await startGrpc({ admission: new Admission(100_000), bodyBytesMax: 4_000_000 });
    const answer = await call(bench.receiver, Buffer.alloc(3_000_000));
    expect(answer).toMatchObject({ code: status.RESOURCE_EXHAUSTED, statusDetails: expect.anything() });
    await expectServing(bench);
  });

  it('counts what is unpacked', async () => {
    const bench = await startGrpc({ admission: new Admission(10_000), bodyBytesMax: 50_000 });
    const answer = await call(bench.receiver, Buffer.alloc(20_000), { gzip: true });
    expect(answer).toMatchObject({ code: status.RESOURCE_EXHAUSTED, statusDetails: expect.anything() });
    await expectServing(bench);
  });

  it('lets an announced length reserve nothing: slow senders of large messages shut nobody out', async () => {
    const bench = await startGrpc({ admission: new Admission(10 * CALL_BYTES_MIN), bodyBytesMax: 4_000_000 });
    const slow = Array.from({ length: 9 }, () => rawCall(bench.receiver));
    for (const { stream } of slow) stream.write(frame(PROTOBUF, 4_000_000));
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(9 * CALL_BYTES_MIN);
    expect((await call(bench.receiver, PROTOBUF)).code).toBe(status.OK);
    for (const { session } of slow) session.destroy();
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(0);
    await expectServing(bench);
  });

  it('holds a share while a call arrives, and gives it back when its sender goes away', async () => {
    const bench = await startGrpc();
    const { session, stream } = rawCall(bench.receiver);
    stream.write(frame(PROTOBUF).subarray(0, 20));
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(CALL_BYTES_MIN);
    session.destroy();
    await expectServing(bench);
    expect(bench.sink.batches).toHaveLength(1);
  });

  it('holds the message while the sink takes its time, also when the caller has gone', async () => {
    const bench = await startGrpc();
    const judged = signal();
    bench.sink.gate = judged.done;
    const answer = call(bench.receiver, PROTOBUF);
    const { session, stream } = rawCall(bench.receiver);
    stream.end(frame(PROTOBUF));
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(2 * CALL_BYTES_MIN);
    session.destroy();
    await new Promise((resolve) => session.once('close', resolve));
    expect(bench.admission.bytesInFlight).toBe(2 * CALL_BYTES_MIN);
    judged.fire();
    expect((await answer).code).toBe(status.OK);
    await expect.poll(() => bench.admission.bytesInFlight, { interval: 1 }).toBe(0);
    expect(bench.sink.batches).toHaveLength(2);
  });

  it('ends a call that does not arrive in time, whatever its sender allows', async () => {
    const clock = manualClock();
    const bench = await startGrpc({ clock, requestTimeoutMs: 1234 });
    const { session, stream, status: ended } = rawCall(bench.receiver);
    stream.write(frame(PROTOBUF).subarray(0, 20));
    await expect.poll(() => clock.timers.some(({ delayMs }) => delayMs === 1234), { interval: 1 }).toBe(true);
    clock.timers.find(({ delayMs }) => delayMs === 1234)?.run();
    expect(await ended).toBe(String(status.DEADLINE_EXCEEDED));
    expect(bench.errors).toMatchObject([{ message: expect.stringContaining('1234 ms') }]);
    session.destroy();
    await expectServing(bench);
    expect(clock.timers.filter(({ delayMs }) => delayMs === 1234)).toEqual([]);
  });
});
