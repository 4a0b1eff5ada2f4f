// SPDX-License-Identifier: Apache-2.0
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { encodeStatus } from '../../../src/engine/ingest/export-response.js';
import { PanoramaError } from '../../../src/model/errors.js';
import { toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';
import { call, expectServing, frame, rawCall } from './grpc-client.js';
import { BODY_BYTES_MAX, openSocket, startGrpc } from './receivers.js';

const PROTOBUF = toProtobuf(wireRequest(wireSpan()));

describe('a call that is taken', () => {
  it('is answered with an empty message', async () => {
    const bench = await startGrpc();
    expect(await call(bench.receiver, PROTOBUF)).toMatchObject({ code: 0, body: Buffer.alloc(0) });
    expect(bench.sink.spans.map(({ name }) => name)).toEqual(['POST /blocks']);
    await expectServing(bench);
  });

  it('may be compressed', async () => {
    const bench = await startGrpc();
    expect((await call(bench.receiver, PROTOBUF, { gzip: true })).code).toBe(status.OK);
    expect(bench.sink.spans).toHaveLength(1);
  });

  it('may be without spans', async () => {
    const bench = await startGrpc();
    expect((await call(bench.receiver, new Uint8Array())).code).toBe(status.OK);
    expect(bench.sink.batches).toMatchObject([{ spanCount: 0 }]);
  });

  it('in part says how many spans were refused, and why', async () => {
    const bench = await startGrpc();
    bench.sink.answer = () => ({ rejected: 2, message: 'the span is too old; check the clock' });
    const answer = await call(bench.receiver, toProtobuf(wireRequest(wireSpan(), wireSpan({ traceId: '' }))));
    expect(answer.code).toBe(status.OK);
    // partial_success (1) { rejected_spans (1): 3, error_message (2): … }
    expect(answer.body[0]).toBe(0x0a);
    expect(answer.body.includes(Buffer.of(0x08, 3, 0x12))).toBe(true);
    expect(answer.body.toString()).toMatch(
      /span 2 of the request was refused: its trace id .*; the span is too old; check/,
    );
  });
});

describe('a call that is refused', () => {
  it('for malformed bytes is INVALID_ARGUMENT with the offset', async () => {
    const bench = await startGrpc();
    const answer = await call(bench.receiver, Uint8Array.of(0x0a, 0x05, 0x01));
    expect(answer).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('at byte 2') });
    expect(bench.errors).toMatchObject([{ code: 'PANO_WIRE_MALFORMED' }]);
    expect(bench.peers[0]).toMatch(/^127\.0\.0\.1:\d+$/);
    await expectServing(bench);
  });

  it('for its size is RESOURCE_EXHAUSTED, as sent and after decompression', async () => {
    const bench = await startGrpc();
    const tooLarge = Buffer.alloc(BODY_BYTES_MAX + 1);
    // Without a time to come back, RESOURCE_EXHAUSTED is permanent.
    const permanent = { code: status.RESOURCE_EXHAUSTED, statusDetails: undefined };
    expect(await call(bench.receiver, tooLarge)).toMatchObject(permanent);
    expect(await call(bench.receiver, Buffer.alloc(20_000_000), { gzip: true })).toMatchObject(permanent);
    expect(bench.sink.batches).toEqual([]);
    await expectServing(bench);
  });

  it('for its method is UNIMPLEMENTED', async () => {
    const bench = await startGrpc();
    const path = '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export';
    expect((await call(bench.receiver, PROTOBUF, { path })).code).toBe(status.UNIMPLEMENTED);
    await expectServing(bench);
  });

  it('by a sink that has no room is RESOURCE_EXHAUSTED with a time to come back', async () => {
    const bench = await startGrpc();
    bench.sink.answer = () => {
      throw new PanoramaError('PANO_OVERLOADED', 'the queue is full; send it again');
    };
    expect(await call(bench.receiver, PROTOBUF)).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('queue is full'),
      statusDetails: encodeStatus(status.RESOURCE_EXHAUSTED, 'the queue is full; send it again', 'protobuf', 1),
    });
  });

  it('because the sink failed is INTERNAL without its words, and the next is served', async () => {
    const bench = await startGrpc();
    const { answer } = bench.sink;
    bench.sink.answer = () => {
      throw new TypeError('secret of the engine');
    };
    const failed = await call(bench.receiver, PROTOBUF);
    expect(failed).toMatchObject({ code: status.INTERNAL, details: expect.not.stringContaining('secret') });
    expect(bench.errors[0]?.message).toContain('secret');
    bench.sink.answer = answer;
    await expectServing(bench);
  });

  it('with a message that no header could carry is still answered', async () => {
    const bench = await startGrpc();
    bench.sink.answer = () => {
      throw new PanoramaError('PANO_OPTIONS_INVALID', `half a pair \ud83d, a line\nbreak, ${'é'.repeat(20_000)}`);
    };
    const answer = await call(bench.receiver, PROTOBUF);
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(answer.details).toMatch(/^half a pair \ufffd, a line\nbreak, é{400}/);
  });
});

describe('a peer that misbehaves', () => {
  it('with a length that is a lie is refused or waited for, and nothing else suffers', async () => {
    const bench = await startGrpc();
    const tooLong = rawCall(bench.receiver);
    tooLong.stream.end(frame(PROTOBUF, 2 ** 32 - 1));
    expect(await tooLong.status).toBe(String(status.RESOURCE_EXHAUSTED));
    const tooShort = rawCall(bench.receiver);
    tooShort.stream.end(frame(PROTOBUF, 10));
    expect(await tooShort.status).not.toBe(String(status.OK));
    for (const { session } of [tooLong, tooShort]) session.destroy();
    await expectServing(bench);
  });

  it('with another content type is answered 415', async () => {
    const bench = await startGrpc();
    const raw = rawCall(bench.receiver, { 'content-type': 'application/json' });
    expect(await raw.status).toBe('http 415');
    raw.session.destroy();
    await expectServing(bench);
  });

  it('with a compression that nobody knows is UNIMPLEMENTED', async () => {
    const bench = await startGrpc();
    const raw = rawCall(bench.receiver, { 'grpc-encoding': 'br' });
    const message = frame(PROTOBUF);
    message[0] = 1;
    raw.stream.end(message);
    const headers = new Promise((resolve) => raw.stream.once('response', resolve));
    expect(await raw.status).toBe(String(status.UNIMPLEMENTED));
    expect(await headers).toMatchObject({ 'grpc-accept-encoding': 'identity,gzip,deflate,zstd' });
    raw.session.destroy();
    await expectServing(bench);
  });

  it('that speaks no HTTP/2 is cut off', async () => {
    const bench = await startGrpc();
    for (const words of ['GET / HTTP/1.1\r\nhost: x\r\n\r\n', '\u0000'.repeat(100)]) {
      const { socket, closed } = await openSocket(bench.receiver);
      socket.write(words);
      await closed;
    }
    await expectServing(bench);
  });
});
