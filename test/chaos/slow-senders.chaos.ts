// SPDX-License-Identifier: Apache-2.0
/**
 * Senders that never finish: a head that comes byte by byte, a body that does, a gRPC message, a connection that says nothing
 * at all. Each keeps something in the engine for as long as the engine lets it, and a thousand of them keep nothing from
 * those who send in earnest.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headOf, messageHead, openCall, openSession } from './requests.js';
import { Siege } from './siege.js';
import { drip, hangUp, type Line, openLines } from './sockets.js';

const COUNT = 1000;
/** Streams of one connection; an engine may allow a hundred. */
const CALLS_PER_SESSION = 50;
const DRIP_EVERY_MS = 1000;

/** The engine lets a head take 10 s and a request 30 s, and looks at every tenth of that. */
const GIVEN_UP_WITHIN_MS = 45_000;

let siege: Siege;
beforeEach(async () => {
  siege = await Siege.start();
});
afterEach(() => siege.end());

/** Opens many connections that each begin so and then drip, until the engine has closed them all. */
async function dripUntilClosed(address: string, begin: string, part: string): Promise<string[]> {
  const lines = await openLines(address, COUNT);
  for (const { socket } of lines) socket.write(begin);
  const dripping = drip(DRIP_EVERY_MS, () => {
    for (const { socket } of lines) if (!socket.destroyed) socket.write(part);
  });
  try {
    return await within(GIVEN_UP_WITHIN_MS, Promise.all(lines.map(({ closed }) => closed)));
  } finally {
    dripping.stop();
    hangUp(lines);
  }
}

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const late = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(new Error(`it took more than ${timeoutMs} ms`)));
  });
  return Promise.race([promise, late]);
}

describe('a thousand senders', () => {
  it('whose heads never end are told that they are too slow', async () => {
    const { otlpHttp, api } = siege.engine.addresses;
    const ofApi = await openLines(api, COUNT);
    for (const { socket } of ofApi) socket.write('GET /api/v1/verdicts HTTP/1.1\r\n');
    const { attack } = await siege.withstand(() =>
      dripUntilClosed(otlpHttp, 'POST /v1/traces HTTP/1.1\r\n', 'x-a: b\r\n'),
    );
    for (const answer of attack) expect(answer).toMatch(/^$|^HTTP\/1\.1 408 /);
    hangUp(ofApi);
  });

  it('whose bodies never end are told that they are too slow', async () => {
    const { attack } = await siege.withstand(() =>
      dripUntilClosed(siege.engine.addresses.otlpHttp, headOf('content-length: 100000'), 'x'),
    );
    for (const answer of attack) expect(answer).toMatch(/^$|^HTTP\/1\.1 (408|429|503) /);
  });

  it('whose gRPC messages never end are given up, and shut nobody out meanwhile', async () => {
    const sessions = Array.from({ length: COUNT / CALLS_PER_SESSION }, () =>
      openSession(siege.engine.addresses.otlpGrpc),
    );
    const { attack, failed } = await siege.withstand(async () => {
      const calls = sessions.flatMap((session) => Array.from({ length: CALLS_PER_SESSION }, () => openCall(session)));
      for (const { stream } of calls) stream.write(messageHead(100_000));
      const dripping = drip(DRIP_EVERY_MS, () => {
        for (const { stream } of calls) if (!stream.destroyed) stream.write('x');
      });
      try {
        return await within(GIVEN_UP_WITHIN_MS, Promise.all(calls.map(({ status }) => status)));
      } finally {
        dripping.stop();
        for (const session of sessions) session.destroy();
      }
    });
    // DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED or UNAVAILABLE: too slow, or too many.
    for (const status of attack) expect(status).toMatch(/^(4|8|14|reset)$/);
    expect(failed).toBe(0);
  });

  it('whose half heads fill the API keep nobody from asking it', async () => {
    const { api } = siege.engine.addresses;
    const lines: Line[] = [];
    const { attack } = await siege.withstand(async () => {
      // The first thousand take all the room there is; who comes after them takes theirs.
      lines.push(...(await openLines(api, 2 * COUNT)));
      for (const { socket } of lines) socket.write('GET /api/v1/verdicts HTTP/1.1\r\n');
      const startMs = performance.now();
      for (let count = 0; count < 20; count++) {
        const answer = await fetch(`http://${api}/readyz`, { headers: { connection: 'close' } });
        expect(answer.status).toBe(200);
      }
      return performance.now() - startMs;
    });
    hangUp(lines);
    console.log(`twenty answers of a full API took ${attack.toFixed(0)} ms`);
    // Heads may take ten seconds: nobody has waited for one to run out.
    expect(attack).toBeLessThan(5000);
  });

  it('that say nothing take nothing', async () => {
    const lines: Line[] = [];
    const { failed } = await siege.withstand(async () => {
      for (const address of Object.values(addressesOf(siege))) lines.push(...(await openLines(address, COUNT)));
    });
    hangUp(lines);
    expect(failed).toBe(0);
  });
});

function addressesOf({ engine }: Siege): Readonly<Record<'otlpGrpc' | 'otlpHttp' | 'api', string>> {
  const { otlpGrpc, otlpHttp, api } = engine.addresses;
  return { otlpGrpc, otlpHttp, api };
}
