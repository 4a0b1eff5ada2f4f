// SPDX-License-Identifier: Apache-2.0
/** How a running engine stops: what it has begun it finishes, the rest is told to go elsewhere, and it ends in time. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { SIGNAL_ROUTES } from '../../src/engine/ingest/signals.js';
import { frame, rawCall } from '../engine/ingest/grpc-client.js';
import { toProtobuf, wireRequest, wireSpan } from '../engine/wire/otlp-writer.js';
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';

const PROTOBUF = toProtobuf(wireRequest(wireSpan()));
const HEAD = `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${PROTOBUF.length}\r\n`;

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

async function start(): Promise<EngineProcess & { readonly ended: Promise<unknown[]> }> {
  const engine = await startEngineProcess('--log-level', 'info');
  running.push(engine.process);
  return { ...engine, ended: once(engine.process, 'exit') };
}

const addressOf = (hostPort: string) => {
  const [host = '', port] = hostPort.split(':');
  return { host, port: Number(port) };
};

/** A connection whose request is under way: the engine has asked for the body and gets half of it. */
async function halfRequest(hostPort: string) {
  const { host, port } = addressOf(hostPort);
  const socket = connect(port, host);
  let received = '';
  socket.on('data', (part) => {
    received += String(part);
  });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`${HEAD}expect: 100-continue\r\n\r\n`);
  await until('100 Continue', () => (received.includes('100 Continue') ? true : undefined));
  socket.write(PROTOBUF.subarray(0, 20));
  return { socket, closed, received: () => received };
}

/** A call of which half a message is there. */
async function halfCall(hostPort: string) {
  const call = rawCall(addressOf(hostPort));
  const message = frame(PROTOBUF);
  call.stream.write(message.subarray(0, 20));
  await once(call.session, 'remoteSettings');
  // The answer to a ping comes after what was sent before it was read.
  await new Promise<void>((resolve, reject) => call.session.ping((error) => (error ? reject(error) : resolve())));
  return { ...call, rest: message.subarray(20) };
}

const isRefused = (hostPort: string) =>
  new Promise<true | undefined>((resolve) => {
    const { host, port } = addressOf(hostPort);
    const socket = connect(port, host);
    socket.once('connect', () => resolve(socket.destroy() && undefined));
    socket.once('error', () => resolve(true));
  });

describe('a signal to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s lets what has begun finish, and ends the engine well', async (name) => {
    const { process: engine, addresses, ended } = await start();
    const request = await halfRequest(addresses.otlpHttp);
    const call = await halfCall(addresses.otlpGrpc);
    const client = new Client(addresses.otlpGrpc, credentials.createInsecure());
    await new Promise<void>((resolve, reject) =>
      client.waitForReady(Date.now() + 10_000, (error) => (error ? reject(error) : resolve())),
    );
    engine.kill(name);
    await until('the ports are closed', () => isRefused(addresses.otlpHttp));
    await until('the ports are closed', () => isRefused(addresses.otlpGrpc));
    const code = await new Promise((resolve) => {
      const bytes = (body: Uint8Array) => Buffer.from(body);
      client.makeUnaryRequest(SIGNAL_ROUTES.traces.grpcPath, bytes, bytes, PROTOBUF, (error) => resolve(error?.code));
    });
    expect(code).toBe(14);
    // The second request on the same connection comes too late.
    request.socket.write(PROTOBUF.subarray(20));
    request.socket.write(`${HEAD}\r\n`);
    request.socket.write(PROTOBUF);
    call.stream.end(call.rest);
    expect(await call.status).toBe('0');
    await request.closed;
    expect(request.received().match(/HTTP\/1\.1 200 OK/g)).toHaveLength(1);
    expect(await ended).toEqual([0, null]);
    client.close();
  });

  it('answers what does not finish, and ends in bounded time', async () => {
    const { process: engine, addresses, ended } = await start();
    const request = await halfRequest(addresses.otlpHttp);
    const call = await halfCall(addresses.otlpGrpc);
    const idle = connect(addressOf(addresses.otlpHttp).port);
    idle.on('error', () => {});
    await once(idle, 'connect');
    const begun = performance.now();
    engine.kill('SIGTERM');
    expect(await call.status).toBe('14');
    await request.closed;
    expect(request.received()).toMatch(/HTTP\/1\.1 503 .*retry-after: 2/is);
    expect(await ended).toEqual([0, null]);
    // The grace is two seconds; the rest is what a loaded machine takes.
    expect(performance.now() - begun).toBeGreaterThan(1500);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('followed by %s ends the engine at once', async (second) => {
    const { process: engine, addresses, ended } = await start();
    const request = await halfRequest(addresses.otlpHttp);
    engine.kill('SIGTERM');
    await until('the ports are closed', () => isRefused(addresses.otlpHttp));
    engine.kill(second);
    expect(await ended).toEqual([null, second]);
    await request.closed;
  });
});

it('an engine that never was asked anything stops at once', async () => {
  const { process: engine, ended } = await start();
  const begun = performance.now();
  engine.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(performance.now() - begun).toBeLessThan(2000);
});
