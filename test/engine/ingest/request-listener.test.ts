// SPDX-License-Identifier: Apache-2.0
/** What receivers tell of their requests: of each one once, however it ended. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../../src/engine/ingest/admission.js';
import { type FinishedRequest, RequestMeter } from '../../../src/engine/ingest/request-listener.js';
import { PanoramaError } from '../../../src/model/errors.js';
import { FakeClock } from '../../support/fake-clock.js';
import { until } from '../../support/until.js';
import { toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';
import { call, rawCall } from './grpc-client.js';
import { BODY_BYTES_MAX, openSocket, send, startGrpc, startHttp } from './receivers.js';

const BODY = toProtobuf(wireRequest(wireSpan()));

/** A listener that remembers, and the only request that it is told of. */
function listener() {
  const told: FinishedRequest[] = [];
  return {
    onRequest: (request: FinishedRequest) => told.push(request),
    onlyOne: async (): Promise<FinishedRequest> => {
      const request = await until('a request to be told of', () => told[0]);
      expect(told).toHaveLength(1);
      return request;
    },
  };
}

describe('a request over HTTP', () => {
  it('that is taken is told of with its bytes as they are uncompressed', async () => {
    const { onRequest, onlyOne } = listener();
    const { receiver } = await startHttp({ onRequest });
    await send(receiver, gzipSync(BODY), { headers: { 'content-encoding': 'gzip' } });
    const taken = { transport: 'http', signal: 'traces', code: 'ok', bytes: BODY.length };
    expect(await onlyOne()).toEqual({ ...taken, ms: expect.any(Number) });
  });

  it.each([
    ['PANO_NOT_FOUND', 'none', BODY, { path: '/elsewhere' }],
    ['PANO_BODY_ENCODING', 'traces', BODY, { headers: { 'content-type': 'text/plain' } }],
    ['PANO_BODY_TOO_LARGE', 'traces', Buffer.alloc(BODY_BYTES_MAX + 1), {}],
    ['PANO_WIRE_MALFORMED', 'traces', Uint8Array.of(0x0a, 0x05, 0x01), {}],
  ] as const)('that is refused is told of with the reason: %s', async (code, signal, body, options) => {
    const { onRequest, onlyOne } = listener();
    const { receiver } = await startHttp({ onRequest });
    await send(receiver, body, options);
    expect(await onlyOne()).toMatchObject({ transport: 'http', signal, code });
  });

  it('that breaks off is lost', async () => {
    const { onRequest, onlyOne } = listener();
    const { receiver } = await startHttp({ onRequest });
    const { socket } = await openSocket(receiver);
    socket.write('POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{');
    socket.destroy();
    expect(await onlyOne()).toMatchObject({ signal: 'traces', code: 'lost', bytes: 0 });
  });
});

describe('a call over gRPC', () => {
  it('that is taken is told of with its bytes as they are uncompressed', async () => {
    const { onRequest, onlyOne } = listener();
    const { receiver } = await startGrpc({ onRequest });
    await call(receiver, BODY, { gzip: true });
    const taken = { transport: 'grpc', signal: 'traces', code: 'ok', bytes: BODY.length };
    expect(await onlyOne()).toEqual({ ...taken, ms: expect.any(Number) });
  });

  it('that the sink refuses is told of with the reason', async () => {
    const { onRequest, onlyOne } = listener();
    const { receiver, sink } = await startGrpc({ onRequest });
    sink.answer = () => {
      throw new PanoramaError('PANO_OVERLOADED', 'come back later');
    };
    await call(receiver, BODY);
    expect(await onlyOne()).toMatchObject({ transport: 'grpc', signal: 'traces', code: 'PANO_OVERLOADED' });
  });

  it('that is turned away before it is read is told of', async () => {
    const { onRequest, onlyOne } = listener();
    const { receiver } = await startGrpc({ onRequest, admission: new Admission(1) });
    await call(receiver, BODY);
    expect(await onlyOne()).toMatchObject({ signal: 'traces', code: 'PANO_OVERLOADED', bytes: 0 });
  });

  it('that is too large is told of with the reason', async () => {
    const { onRequest, onlyOne } = listener();
    const { receiver } = await startGrpc({ onRequest });
    await call(receiver, Buffer.alloc(BODY_BYTES_MAX + 1));
    expect(await onlyOne()).toMatchObject({ signal: 'traces', code: 'PANO_BODY_TOO_LARGE', bytes: 0 });
  });

  it('that speaks no gRPC is told of', async () => {
    const { onRequest, onlyOne } = listener();
    const { receiver } = await startGrpc({ onRequest });
    const { status } = rawCall(receiver, { 'content-type': 'text/plain' });
    expect(await status).toBe('http 415');
    expect(await onlyOne()).toMatchObject({ signal: 'none', code: 'PANO_BODY_ENCODING' });
  });

  it('whose sender goes away is lost', async () => {
    const { onRequest, onlyOne } = listener();
    const { receiver, admission } = await startGrpc({ onRequest });
    const { session, stream } = rawCall(receiver);
    stream.write(Buffer.of(0, 0, 0, 1, 0));
    await until('the call to have begun', () => (admission.bytesInFlight > 0 ? true : undefined));
    session.destroy();
    expect(await onlyOne()).toMatchObject({ signal: 'traces', code: 'lost' });
  });
});

describe('a meter', () => {
  it('takes the time from its making to its first end, and tells only of that', () => {
    const clock = new FakeClock();
    const told: FinishedRequest[] = [];
    const meter = new RequestMeter('http', clock, (request) => told.push(request));
    clock.advance(12);
    meter.end('ok');
    clock.advance(5);
    meter.end('lost');
    expect(told).toEqual([{ transport: 'http', signal: 'none', code: 'ok', bytes: 0, ms: 12 }]);
  });
});
