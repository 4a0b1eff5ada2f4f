// SPDX-License-Identifier: Apache-2.0
/** Bytes that are no request, connections that are half closed or broken off, and heads that never seem to end, on every port. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toProtobuf, wireRequest, wireSpan } from '../engine/wire/otlp-writer.js';
import { until } from '../support/until.js';
import { preface } from './http2-frames.js';
import { headOf } from './requests.js';
import { Siege } from './siege.js';
import { hangUp, type Line, openLine, openLines, pour } from './sockets.js';

const COUNT = 300;

/** A client's hello of TLS 1.2, as far as it matters: the engine speaks plain text here. */
const TLS_HELLO = Buffer.from('160301002f0100002b0303', 'hex');

/** An inner span makes no call, and so does not count among the world's. */
const BODY = toProtobuf(wireRequest(wireSpan({ kind: 1 })));

let siege: Siege;
beforeEach(async () => {
  siege = await Siege.start();
});
afterEach(() => siege.end());

const ports = (): string[] => {
  const { otlpGrpc, otlpHttp, api } = siege.engine.addresses;
  return [otlpGrpc, otlpHttp, api];
};

/** Opens connections to every port, does the same to each, and hangs up those that the engine leaves open. */
async function onEveryPort(act: (line: Line, index: number) => unknown): Promise<void> {
  for (const address of ports()) {
    const lines = await openLines(address, COUNT);
    await Promise.all(lines.map(act));
    // Whoever says something wrong is sent away or waited for; the engine decides, and both are well.
    hangUp(lines);
  }
}

/** The status line of the answer to what is written, and whether the engine closed the connection. */
async function answerTo(address: string, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const line = await openLine(address);
  for (const part of parts) await pour(line, Buffer.from(part));
  const answer = await Promise.race([line.closed, until('an answer', () => line.heard() || undefined)]);
  line.socket.destroy();
  return answer.split('\r\n', 1)[0] ?? '';
}

describe('garbage', () => {
  it('on every port is met with nothing worse than silence', async () => {
    const seed = fc.readConfigureGlobal().seed ?? Date.now();
    const garbage = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 4096 }), { seed, numRuns: COUNT });
    const starts = [Buffer.alloc(0), preface(), Buffer.from('POST /v1/traces HTTP/1.1\r\n'), TLS_HELLO];
    await siege.withstand(() =>
      onEveryPort(async (line, index) => {
        await pour(line, starts[index % starts.length] as Buffer);
        await pour(line, garbage[index] as Uint8Array);
      }),
    );
  });

  it('of megabytes is not collected', async () => {
    const garbage = randomBytes(1024 * 1024);
    await siege.withstand(async () => {
      for (const address of ports()) {
        const lines = await openLines(address, 20);
        await Promise.all(
          lines.map(async (line) => {
            for (let count = 0; count < 16 && (await pour(line, garbage)); count++);
          }),
        );
        hangUp(lines);
      }
    });
  });

  it('of another protocol is answered where HTTP has words for it', async () => {
    const { attack } = await siege.withstand(async () => {
      const [, otlpHttp = '', api = ''] = ports();
      return Promise.all(
        [otlpHttp, api].flatMap((address) => [TLS_HELLO, preface()].map((says) => answerTo(address, says))),
      );
    });
    for (const answer of attack) expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  });
});

describe('a connection', () => {
  it('whose sender has nothing more to say gets its answer', async () => {
    const { attack } = await siege.withstand(async () => {
      const lines = await Promise.all(
        Array.from({ length: COUNT }, () => openLine(siege.engine.addresses.otlpHttp, true)),
      );
      for (const { socket } of lines) {
        socket.write(headOf(`content-length: ${BODY.length}`));
        socket.end(BODY);
      }
      return Promise.all(lines.map(({ closed }) => closed));
    });
    for (const answer of attack) expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('that ends in the middle leaves nothing behind', async () => {
    const before = siege.residentBytes();
    await siege.withstand(() =>
      onEveryPort(async (line, index) => {
        await pour(line, Buffer.from(headOf('content-length: 1000000')));
        await pour(line, Buffer.alloc(100_000));
        if (index % 2) line.socket.end();
        else line.socket.resetAndDestroy();
      }),
    );
    // 300 connections for each port with a tenth of a megabyte would be 90 MB.
    expect(siege.residentBytes() - before).toBeLessThan(90_000_000 + before);
  });

  it.each([
    ['otlpHttp', headOf('content-length: 0')],
    ['api', 'GET /api/v1/verdicts HTTP/1.1\r\nhost: localhost\r\n\r\n'],
    ['api', 'GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  ] as const)('whose sender never reads its answers is not answered for ever: %s, %o', async (port, head) => {
    const many = Buffer.from(head.repeat(1000));
    const lines = await openLines(siege.engine.addresses[port], 20);
    for (const { socket } of lines) socket.pause();
    await siege.withstand(async () => {
      // Until the engine reads no more: what is not taken within the time of a few conversations is not taken.
      await Promise.all(
        lines.map(async ({ socket }) => {
          for (let count = 0; count < 10; count++) {
            if (socket.destroyed) return;
            if (!socket.write(many)) {
              const patience = AbortSignal.timeout(1000);
              await once(socket, 'drain', { signal: patience }).catch(() => undefined);
              if (patience.aborted) return;
            }
          }
        }),
      );
    });
    hangUp(lines);
  });
});

describe('a head', () => {
  it.each([
    ['with one header of a megabyte', () => `x-a: ${'a'.repeat(1_000_000)}\r\n`],
    ['with a hundred thousand headers', () => 'x-a: b\r\n'.repeat(100_000)],
  ])('%s is refused', async (_, headers) => {
    const { attack } = await siege.withstand(async () => {
      const [, otlpHttp = '', api = ''] = ports();
      return Promise.all(
        [otlpHttp, api].flatMap((address) =>
          Array.from({ length: 20 }, () => answerTo(address, 'POST /v1/traces HTTP/1.1\r\n', headers(), '\r\n')),
        ),
      );
    });
    for (const answer of attack) expect(answer).toMatch(/^$|^HTTP\/1\.1 431 /);
    expect(attack).toContain('HTTP/1.1 431 Request Header Fields Too Large');
  });

  it('with a target of a megabyte is refused', async () => {
    const { attack } = await siege.withstand(() =>
      Promise.all(
        ports()
          .slice(1)
          .map((address) => answerTo(address, `GET /${'a'.repeat(1_000_000)} HTTP/1.1\r\n\r\n`)),
      ),
    );
    for (const answer of attack) expect(answer).toMatch(/^$|^HTTP\/1\.1 4\d\d /);
  });
});
