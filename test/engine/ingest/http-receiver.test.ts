// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PanoramaError } from '../../../src/model/errors.js';
import { jsonBytes, spanJson, toJson, toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';
import { BODY_BYTES_MAX, openSocket, type RecordingSink, send, signal, startHttp } from './receivers.js';

const PROTOBUF = toProtobuf(wireRequest(wireSpan()));
const JSON_BODY = toJson(wireRequest(wireSpan()));
const JSON_TYPE = { 'content-type': 'application/json' };
/** One good span, and one whose id is zero. */
const HALF_GOOD = wireRequest(wireSpan(), wireSpan({ spanId: '0'.repeat(16) }));

const spanNames = (sink: RecordingSink): string[] => sink.spans.map(({ name }) => name);

describe('a request that is taken', () => {
  it('in protobuf is answered with an empty message of protobuf', async () => {
    const { receiver, sink, admission } = await startHttp();
    const answer = await send(receiver, PROTOBUF);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-protobuf' } });
    expect(answer.body).toHaveLength(0);
    expect(spanNames(sink)).toEqual(['POST /blocks']);
    expect(admission.bytesInFlight).toBe(0);
  });

  it('in JSON is answered with an empty object, whatever the charset and case of its type', async () => {
    const { receiver, sink } = await startHttp();
    for (const type of ['application/json', 'Application/JSON; charset=utf-8']) {
      const answer = await send(receiver, JSON_BODY, { headers: { 'content-type': type } });
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
      expect(answer.body.toString()).toBe('{}');
    }
    expect(spanNames(sink)).toEqual(['POST /blocks', 'POST /blocks']);
  });

  it('may be compressed, and may come in chunks without a length', async () => {
    const { receiver, sink } = await startHttp();
    const gzip = { 'content-encoding': 'gzip' };
    expect((await send(receiver, gzipSync(PROTOBUF), { headers: gzip })).status).toBe(200);
    expect((await send(receiver, PROTOBUF, { headers: { 'transfer-encoding': 'chunked' } })).status).toBe(200);
    expect((await send(receiver, gzipSync(JSON_BODY), { headers: { ...gzip, ...JSON_TYPE } })).status).toBe(200);
    expect((await send(receiver, PROTOBUF, { headers: { 'content-encoding': 'identity' } })).status).toBe(200);
    expect(sink.spans).toHaveLength(4);
  });

  it('may be exactly as large as the bound', async () => {
    const { receiver } = await startHttp({ bodyBytesMax: PROTOBUF.length });
    expect((await send(receiver, PROTOBUF)).status).toBe(200);
    const gzip = { headers: { 'content-encoding': 'gzip' } };
    const fitting = await startHttp({ bodyBytesMax: Math.max(PROTOBUF.length, gzipSync(PROTOBUF).length) });
    expect((await send(fitting.receiver, gzipSync(PROTOBUF), gzip)).status).toBe(200);
  });

  it('with a query is the same route', async () => {
    const { receiver } = await startHttp();
    expect((await send(receiver, PROTOBUF, { path: '/v1/traces?key=1' })).status).toBe(200);
  });
});

describe('a partial success', () => {
  it('in JSON counts the spans as text and says why', async () => {
    const { receiver } = await startHttp();
    const answer = await send(receiver, toJson(HALF_GOOD), { headers: JSON_TYPE });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toEqual({
      partialSuccess: { rejectedSpans: '1', errorMessage: expect.stringMatching(/^span 2 .* its span id is not/) },
    });
  });

  it('adds what the sink refused to what the decoder refused', async () => {
    const { receiver, sink } = await startHttp();
    sink.answer = () => ({ rejected: 300, message: 'the span is too old; check the clock' });
    const answer = await send(receiver, toProtobuf(HALF_GOOD));
    expect(answer.status).toBe(200);
    // rejected_spans = 301
    expect(answer.body.includes(Buffer.of(0x08, 0xad, 0x02))).toBe(true);
    expect(answer.body.toString()).toMatch(/span 2 of .*; the span is too old; check the clock$/);
  });
});

describe('a refusal', () => {
  it.each([
    ['another route', 404, 5, { path: '/v1development/profiles' }],
    ['the root', 404, 5, { path: '/' }],
    ['another method', 405, 12, { method: 'PUT' }],
    ['another content type', 415, 12, { headers: { 'content-type': 'text/plain' } }],
    ['another content encoding', 415, 12, { headers: { ...JSON_TYPE, 'content-encoding': 'br' } }],
  ])('for %s has status %s', async (_, status, code, options) => {
    const { receiver, sink, errors, peers } = await startHttp();
    const answer = await send(receiver, JSON_BODY, { headers: JSON_TYPE, ...options });
    expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/json' } });
    expect(answer.headers.allow).toBe(status === 405 ? 'POST' : undefined);
    expect(JSON.parse(answer.body.toString())).toEqual({ code, message: expect.stringMatching(/; (send|set) /) });
    expect(sink.batches).toEqual([]);
    expect(errors).toHaveLength(1);
    expect(peers[0]).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it('without a content type is one, too', async () => {
    const { receiver } = await startHttp();
    const { socket, closed } = await openSocket(receiver);
    socket.end('POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    expect(await closed).toMatch(/^HTTP\/1\.1 415 /);
  });

  it('for a malformed body is 400, in the encoding of the request, and keeps the connection usable', async () => {
    const { receiver, errors } = await startHttp();
    const json = await send(receiver, '{"resourceSpans":[', { headers: JSON_TYPE });
    expect(json.status).toBe(400);
    expect(JSON.parse(json.body.toString())).toEqual({ code: 3, message: expect.stringMatching(/JSON at byte 18/) });
    const protobuf = await send(receiver, Uint8Array.of(0x0a, 0x05, 0x01));
    expect(protobuf).toMatchObject({ status: 400, headers: { 'content-type': 'application/x-protobuf' } });
    // google.rpc.Status { code: 3, message: … }
    expect([...protobuf.body.subarray(0, 3)]).toEqual([0x08, 3, 0x12]);
    expect(protobuf.body.toString()).toContain('protobuf at byte 2');
    expect(errors.map(({ code }) => code)).toEqual(['PANO_WIRE_MALFORMED', 'PANO_WIRE_MALFORMED']);
    expect((await send(receiver, PROTOBUF)).status).toBe(200);
  });

  it('for a body that is not the gzip it says it is, or breaks off, is 400', async () => {
    const { receiver } = await startHttp();
    const headers = { 'content-encoding': 'gzip' };
    expect((await send(receiver, PROTOBUF, { headers })).status).toBe(400);
    expect((await send(receiver, gzipSync(PROTOBUF).subarray(0, 40), { headers })).status).toBe(400);
    expect((await send(receiver, '', { headers })).status).toBe(400);
  });

  it('from a sink that has no room invites a retry', async () => {
    const { receiver, sink } = await startHttp();
    sink.answer = () => {
      throw new PanoramaError('PANO_OVERLOADED', 'the queue is full; send it again');
    };
    expect(await send(receiver, PROTOBUF)).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  });
});

describe('a fault', () => {
  it('of the sink is 500 without its words, and the next request is served', async () => {
    const { receiver, sink, errors, admission } = await startHttp();
    const answer = sink.answer;
    sink.answer = () => {
      throw new TypeError('secret of the engine');
    };
    const failed = await send(receiver, JSON_BODY, { headers: JSON_TYPE });
    expect(failed.status).toBe(500);
    expect(JSON.parse(failed.body.toString())).toEqual({ code: 13, message: expect.not.stringContaining('secret') });
    expect(errors[0]).toMatchObject({ code: 'PANO_INTERNAL', message: expect.stringContaining('secret') });
    sink.answer = answer;
    expect((await send(receiver, PROTOBUF)).status).toBe(200);
    expect(admission.bytesInFlight).toBe(0);
  });

  it('of the listener of errors changes nothing for the sender', async () => {
    const { receiver } = await startHttp({
      onError: () => {
        throw new Error('no log');
      },
    });
    expect((await send(receiver, 'x', { path: '/nowhere' })).status).toBe(404);
    expect((await send(receiver, PROTOBUF)).status).toBe(200);
  });
});

describe('an address', () => {
  it('in use is named with what to do', async () => {
    const { receiver } = await startHttp();
    const second = startHttp({ port: receiver.port });
    await expect(second).rejects.toMatchObject({
      code: 'PANO_ADDRESS_IN_USE',
      message: expect.stringMatching(`127.0.0.1:${receiver.port} already; stop it, or .* --otlp-http HOST:PORT`),
    });
  });

  it.each([
    ['192.0.2.1', 0],
    ['127.0.0.1', 70_000],
    ['no-such-host.invalid', 0],
  ])('that cannot be had (%s:%s) is an error, too', async (host, port) => {
    await expect(startHttp({ host, port })).rejects.toMatchObject({ code: 'PANO_LISTEN_FAILED' });
  });

  it('is free again after close', async () => {
    const { receiver } = await startHttp();
    await receiver.close();
    await receiver.close();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(receiver.port, '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('close', () => {
  it('lets a request in flight finish, and tells its sender not to come back', async () => {
    const bench = await startHttp();
    const { socket, closed } = await openSocket(bench.receiver);
    const head = `POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${JSON_BODY.length}\r\nexpect: 100-continue\r\n\r\n`;
    const continued = signal();
    socket.once('data', continued.fire);
    socket.write(head);
    await continued.done;
    const closing = bench.receiver.close();
    socket.write(JSON_BODY);
    expect(await closed).toMatch(/^HTTP\/1\.1 100 .*HTTP\/1\.1 200 .*connection: close/is);
    await closing;
    expect(bench.sink.spans).toHaveLength(1);
  });

  it('cuts off a request that does not finish once the grace is over', async () => {
    let expire = (): void => {};
    const clock = {
      nowMs: () => 0,
      monotonicMs: () => 0,
      setTimer: (_delayMs: number, task: () => void) => {
        expire = task;
        return { cancel: () => {} };
      },
    };
    const bench = await startHttp({ clock });
    const { socket, closed } = await openSocket(bench.receiver);
    const continued = signal();
    socket.once('data', continued.fire);
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n',
    );
    await continued.done;
    const closing = bench.receiver.close();
    expire();
    await closing;
    await closed;
    expect(bench.admission.bytesInFlight).toBe(0);
  });
});

it('a request is read with the limits of the wire, not of the socket alone', async () => {
  const { receiver } = await startHttp({ bodyBytesMax: 2 ** 20 });
  const deep = '['.repeat(500) + ']'.repeat(500);
  const answer = await send(receiver, jsonBytes(`{"x":${deep}}`), { headers: JSON_TYPE });
  expect(answer.status).toBe(400);
  expect(answer.body.toString()).toContain('nested more than 100 deep');
});

it('many requests on one connection are each answered', async () => {
  const { receiver, sink } = await startHttp();
  const { socket, closed } = await openSocket(receiver);
  const span = jsonBytes({ resourceSpans: [{ scopeSpans: [{ spans: [spanJson(wireSpan())] }] }] });
  const head = (connection: string): string =>
    `POST /v1/traces HTTP/1.1\r\nhost: x\r\nconnection: ${connection}\r\ncontent-type: application/json\r\ncontent-length: ${span.length}\r\n\r\n`;
  for (const connection of ['keep-alive', 'keep-alive', 'close']) {
    socket.write(head(connection));
    socket.write(span);
  }
  expect((await closed).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  expect(sink.spans).toHaveLength(3);
  expect(span.length).toBeLessThan(BODY_BYTES_MAX);
});
