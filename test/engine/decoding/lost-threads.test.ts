// SPDX-License-Identifier: Apache-2.0
/** A decoding thread may break down or hang at any moment. Nothing that was acknowledged is lost, and nothing is taken twice. */
import { describe, expect, it } from 'vitest';
import type { DecoderThreads } from '../../../src/engine/decoding/decoder-threads.js';
import { Engine } from '../../../src/engine/engine.js';
import { ExportIntake } from '../../../src/engine/export-intake.js';
import type { ExportRequest } from '../../../src/engine/ingest/export-sink.js';
import { SequentialJudge } from '../../../src/engine/verdict/sequential.js';
import { systemClock } from '../../../src/model/clock.js';
import { PanoramaError } from '../../../src/model/errors.js';
import { FakeClock } from '../../support/fake-clock.js';
import { spanOf } from '../../support/spans.js';
import { until } from '../../support/until.js';
import { toProtobuf, wireRequest } from '../wire/otlp-writer.js';
import { startThreads, wireSpanOf } from './threads.js';

const MORTAL = new URL('./fixtures/mortal-decoder.mjs', import.meta.url);
const DEADLY = bodyOf(Uint8Array.of(0xff, 0, 0));
const ENDLESS = bodyOf(Uint8Array.of(0xfe, 0, 0));

const SPANS = 40;
const ROUNDS = 10;
const REQUESTS_PER_ROUND = 8;

/** Longer than any body may take, in ms. */
const TOO_LONG_MS = 11_000;

function bodyOf(body: Uint8Array): ExportRequest {
  return { signal: 'traces', encoding: 'protobuf', body };
}

/** Calls with ids of their own. */
function request(): ExportRequest {
  const attributes = { 'http.request.method': 'GET', 'http.response.status_code': 200, 'server.address': 'web' };
  const spans = Array.from({ length: SPANS }, () => spanOf({ attributes, endMs: systemClock.nowMs() }));
  return bodyOf(toProtobuf(wireRequest(...spans.map(wireSpanOf))));
}

function engineWith(threads: DecoderThreads): { readonly engine: Engine; readonly intake: ExportIntake } {
  const engine = new Engine({ judge: new SequentialJudge(), clock: systemClock });
  return { engine, intake: new ExportIntake(engine, threads) };
}

/** Whether it was acknowledged; otherwise it may be sent again. */
async function isTaken(intake: ExportIntake, sent: ExportRequest): Promise<boolean> {
  try {
    await intake.take(sent);
    return true;
  } catch (thrown) {
    const { code, httpStatus, retryAfterSeconds } = PanoramaError.from(thrown);
    expect({ code, httpStatus, retryAfterSeconds }).toEqual({
      ...{ code: 'PANO_DECODER_LOST', httpStatus: 503, retryAfterSeconds: 1 },
    });
    return false;
  }
}

describe('a decoding thread that breaks down', () => {
  it('takes nothing with it that was acknowledged, and is replaced', async () => {
    const lost: string[] = [];
    const threads = await startThreads({ count: 2, program: MORTAL, onLost: (why) => lost.push(why) });
    const { engine, intake } = engineWith(threads);
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      let waiting = Array.from({ length: REQUESTS_PER_ROUND }, request);
      // Whatever the same thread is given after it is lost with it.
      const deadly = isTaken(intake, DEADLY);
      while (waiting.length > 0) {
        const taken = await Promise.all(waiting.map((sent) => isTaken(intake, sent)));
        waiting = waiting.filter((_, index) => !taken[index]);
        refused += waiting.length;
      }
      expect(await deadly).toBe(false);
      await until('both threads to be there', () => (threads.readyCount === 2 ? true : undefined));
    }
    const { calls, duplicates } = engine.counts();
    expect({ calls, duplicates }).toEqual({ calls: ROUNDS * REQUESTS_PER_ROUND * SPANS, duplicates: 0 });
    expect(refused).toBeGreaterThan(0);
    expect(threads.lostCount).toBe(ROUNDS);
    expect(lost).toEqual(Array(ROUNDS).fill('it ended with 1'));
  });

  it('is missed by nobody while there is none: the engine decodes itself', async () => {
    const clock = new FakeClock();
    const nowhere = new URL('./fixtures/not-there.mjs', import.meta.url);
    const threads = await startThreads({ count: 2, program: nowhere, clock });
    const { engine, intake } = engineWith(threads);
    expect(threads.readyCount).toBe(0);
    expect(await isTaken(intake, request())).toBe(true);
    expect(engine.counts().calls).toBe(SPANS);
    expect(threads.lostCount).toBe(2);
    // It is tried again, once in a while.
    clock.advance(1000);
    await until('two more to fail', () => (threads.lostCount === 4 ? true : undefined));
  });
});

describe('a decoding thread that hangs', () => {
  it('is given up, and what waits behind it is taken', async () => {
    const clock = new FakeClock();
    const threads = await startThreads({ count: 2, program: MORTAL, clock });
    const { engine, intake } = engineWith(threads);
    const endless = isTaken(intake, ENDLESS);
    // The other thread is idle, and its answers wait for their turn.
    const requests = Array.from({ length: 4 }, request);
    const behind = requests.map((sent) => isTaken(intake, sent));
    const small = isTaken(intake, { signal: 'logs', encoding: 'json', body: Buffer.from('{}') });
    const ofBoth = threads.bytesAsked;
    const length = requests[0]?.body.length ?? 0;
    // Each was given two of them.
    await until('the other thread to answer', () => (threads.bytesAsked <= ofBoth - 2 * length ? true : undefined));
    expect(engine.counts().calls).toBe(0);
    clock.advance(TOO_LONG_MS);
    expect(await endless).toBe(false);
    const taken = await Promise.all(behind);
    expect(await small).toBe(true);
    expect(taken.filter(Boolean).length * SPANS).toBe(engine.counts().calls);
    expect(taken).toContain(true);
    await until('both threads to be there', () => {
      clock.advance(1000);
      return threads.readyCount === 2 ? true : undefined;
    });
  });
});
