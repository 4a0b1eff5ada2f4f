// SPDX-License-Identifier: Apache-2.0
/**
 * Ten thousand connections at once, half of them over HTTP and half over gRPC, each of which has said something in earnest.
 * An engine may serve them all or send some away; it serves those who were there before.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { toProtobuf, wireRequest, wireSpan } from '../engine/wire/otlp-writer.js';
import { until } from '../support/until.js';
import { FrameType, preface } from './http2-frames.js';
import { headOf } from './requests.js';
import { Siege } from './siege.js';
import { hangUp, type Line, openLines } from './sockets.js';

const COUNT = 10_000;
/** Files that a process of ours has open besides. */
const OTHER_FILES = 200;

let siege: Siege;
beforeEach(async () => {
  siege = await Siege.start();
});
afterEach(() => siege.end());

/** Connections that the limit of open files leaves to us. Node raises its own limit as far as it may. */
function connectionsPossible(): number {
  const [, limit] = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return Math.min(COUNT, Number(limit ?? Number.POSITIVE_INFINITY) - OTHER_FILES);
}

it('ten thousand connections are served or sent away, and leave nothing behind', async () => {
  const count = connectionsPossible();
  if (count < COUNT) console.log(`the limit of open files leaves ${count} connections of ${COUNT}`);
  expect(count).toBeGreaterThan(500);
  // An inner span of the attacker's makes no call, and so does not count among the world's.
  const body = toProtobuf(wireRequest(wireSpan({ kind: 1 })));
  const head = headOf(`content-length: ${body.length}`);
  const lines: Line[] = [];
  const { otlpHttp, otlpGrpc } = siege.engine.addresses;
  const { failed } = await siege.withstand(async () => {
    const http = await openLines(otlpHttp, count / 2);
    lines.push(...http);
    const grpc = await openLines(otlpGrpc, count / 2);
    lines.push(...grpc);
    for (const { socket } of http) {
      socket.write(head);
      socket.write(body);
    }
    for (const { socket } of grpc) socket.write(preface());
    await answered(http, isHttpServed);
    await answered(grpc, isGrpcServed);
  });
  expect(failed).toBe(0);
  const served = lines.filter(({ heard }) => isHttpServed(heard()) || isGrpcServed(heard())).length;
  console.log(`${served} of ${count} connections were served at once, the others were sent away`);
  expect(served).toBeGreaterThan(count / 4);
  hangUp(lines);
  await until('the engine to have closed its side', async () =>
    openFiles(siege.engine.process.pid) < OTHER_FILES ? true : undefined,
  );
});

const isHttpServed = (heard: string): boolean => heard.startsWith('HTTP/1.1 200 ');
const isGrpcServed = (heard: string): boolean => heard.charCodeAt(3) === FrameType.SETTINGS;

/** Waits until each is served, or sent away because there are too many. */
async function answered(lines: readonly Line[], isServed: (heard: string) => boolean): Promise<void> {
  await until(
    'all connections to be served or sent away',
    () => (lines.every(({ socket, heard }) => socket.destroyed || isServed(heard())) ? true : undefined),
    60_000,
  );
}

function openFiles(pid: number | undefined): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
