// SPDX-License-Identifier: Apache-2.0
/**
 * A replay says what an engine said that was sent the same: one is fed through its socket as time passes, the other reads the recording.
 * The world has a gray failure with a victim, a slow spell, and an outage; calls reach the engine as two requests, callee first.
 */
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { startEngine } from '../../src/engine/main.js';
import { requestsIn } from '../../src/engine/recording/recorded-requests.js';
import { replay } from '../../src/engine/replay.js';
import { judgeOf } from '../../src/engine/verdict/presets.js';
import type { HealthStatus } from '../../src/model/status.js';
import { Dice } from '../simulation/dice.js';
import { FakeClock } from '../support/fake-clock.js';

const START_MS = 1_700_000_000_003;
const SECONDS = 90;
const SEED = 20_181_008;

interface Sent {
  readonly atMs: number;
  readonly body: string;
}

interface Call {
  readonly operation: string;
  readonly ms: number;
  readonly error?: string | undefined;
}

/** How a call of the database fares so many seconds after the start. */
function callAt(seconds: number, operation: string, dice: Dice): Call {
  if (operation === 'write' && seconds >= 20 && seconds < 40 && dice.happens(0.8))
    return { operation, ms: 60, error: 'ETIMEDOUT' };
  if (seconds >= 70 && seconds < 75) return { operation, ms: 1, error: 'ECONNREFUSED' };
  return { operation, ms: seconds >= 50 && seconds < 60 ? 180 : 4 + dice.whole(0, 4) };
}

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });

function requestOf(service: string, spans: readonly object[]): string {
  const attributes = [text('service.name', service), text('service.instance.id', `${service}-1`)];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] });
}

/** What the callers would have sent, in the order in which it arrived. */
function recording(): readonly Sent[] {
  const dice = new Dice(SEED);
  const sent: Sent[] = [];
  const add = (endMs: number, service: string, spans: readonly object[]) =>
    sent.push({ atMs: endMs, body: requestOf(service, spans) });
  for (let number = 1; number <= SECONDS * 10; number++) {
    const startMs = START_MS + number * 100 + dice.whole(0, 39);
    const operation = dice.happens(0.5) ? 'write' : 'read';
    const { ms, error } = callAt((startMs - START_MS) / 1000, operation, dice);
    const id = (kind: string) => `${kind}${number.toString(16).padStart(15, '0')}`;
    const traceId = id('a').padStart(32, 'a');
    const status = error === undefined ? {} : { code: 2 };
    const failed = error === undefined ? [] : [text('error.type', error)];
    const nanos = (atMs: number) => `${atMs}000000`;
    const span = (spanId: string, parentSpanId: string, kind: number, name: string, fromMs: number, toMs: number) => ({
      ...{ traceId, spanId, parentSpanId, kind, name, status },
      startTimeUnixNano: nanos(fromMs),
      endTimeUnixNano: nanos(toMs),
    });
    const toDb = span(id('d'), id('b'), 3, operation, startMs + 2, startMs + 2 + ms);
    const served = span(id('b'), id('c'), 2, `POST /${operation}`, startMs + 1, startMs + 3 + ms);
    const toApi = span(id('c'), '', 3, `POST /${operation}`, startMs, startMs + 4 + ms);
    add(startMs + 3 + ms, 'api', [
      { ...toDb, attributes: [text('peer.service', 'db'), text('db.system.name', 'x'), ...failed] },
      { ...served, attributes: failed },
    ]);
    add(startMs + 4 + ms, 'web', [{ ...toApi, attributes: [text('peer.service', 'api'), ...failed] }]);
  }
  return sent.sort((a, b) => a.atMs - b.atMs);
}

interface State {
  readonly environment: string;
  readonly subject: string;
  readonly status: HealthStatus;
  readonly failure: string;
  readonly blame: string | undefined;
  readonly atMs: number;
}

/** States of each subject, those alone that are not as the one before. */
function changesOf(states: readonly State[]): readonly string[] {
  const last = new Map<string, string>();
  return states.flatMap(({ environment, subject, status, failure, blame, atMs }) => {
    const said = `${status} ${failure} ${blame}`;
    if (last.get(`${environment} ${subject}`) === said) return [];
    last.set(`${environment} ${subject}`, said);
    return [`+${atMs - START_MS} ms ${subject}: ${said}`];
  });
}

async function told(sent: readonly Sent[]): Promise<readonly string[]> {
  const clock = new FakeClock(sent[0]?.atMs ?? 0);
  const anywhere = '127.0.0.1:0';
  const states: State[] = [];
  const engine = await startEngine(
    { otlpGrpc: anywhere, otlpHttp: anywhere, api: anywhere, workers: 0 },
    { clock, log: pino({ level: 'silent' }) },
  );
  try {
    for (const { atMs, body } of sent) {
      clock.advance(atMs - clock.nowMs());
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`http://${engine.otlpHttp}/v1/traces`, { method: 'POST', headers, body });
      expect(response.status).toBe(200);
    }
    for (let after = 0; ; ) {
      const { transitions, next } = engine.reader.transitions(after, 1000);
      if (transitions.length === 0) break;
      after = next;
      for (const { atMs, verdict } of transitions) {
        const { environment, subject, status, failure, blame } = verdict;
        states.push({ environment, subject, status, failure, blame: blame?.root, atMs });
      }
    }
  } finally {
    await engine.close();
  }
  return changesOf(states);
}

async function replayed(sent: readonly Sent[]): Promise<readonly string[]> {
  async function* bytes() {
    yield Buffer.from(sent.map(({ body }) => `${body}\n`).join(''));
  }
  const states: State[] = [];
  const cutOff = (place: string): never => {
    throw new Error(`cut off in ${place}`);
  };
  await replay([requestsIn(bytes(), cutOff)], {
    judge: judgeOf({ judge: 'sequential' }),
    onState: (state) => states.push(state),
  });
  return changesOf(states);
}

describe('a replay of what an engine was sent', () => {
  it('makes the same changes at the same times', async () => {
    const sent = recording();
    const live = await told(sent);
    expect(live.some((change) => change.includes('gray db'))).toBe(true);
    expect(live.length).toBeGreaterThan(10);
    expect(await replayed(sent)).toEqual(live);
  });
});
