// SPDX-License-Identifier: Apache-2.0
/** Who is held is judged again when the one that it waits for falls ill or is well again, and whenever its time is over; not with everybody else. */
import { beforeEach, describe, expect, it } from 'vitest';
import { HeldSubjects } from '../../src/engine/held-subjects.js';
import { Judging } from '../../src/engine/judging.js';
import type { SubjectRecord } from '../../src/engine/store/records.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import { resolutionOf } from '../../src/model/identity.js';
import type { Observation } from '../../src/model/observation.js';
import { HealthStatus, isFailing } from '../../src/model/status.js';
import type { Verdict } from '../../src/model/verdict.js';

const START_MS = 1_700_000_000_000;
const KNOWN_SECONDS = 5;
let lastId = 0;

function observationOf(said: string, content: Partial<Observation>, atMs: number): Observation {
  const [observer = '', subject = ''] = said.split(' calls ');
  return {
    ...{
      id: String(lastId++),
      environment: '',
      observer,
      subject,
      resolution: resolutionOf(subject),
      operation: 'GET',
    },
    ...{ status: HealthStatus.HEALTHY, reason: 'ok', source: 'caller', count: 1, observedMs: atMs, windowMs: 0 },
    ...{ observerLagSeconds: 0, evidence: [], ...content },
  };
}

let judgements: Verdict[];
let judging: Judging;
let nowMs: number;

beforeEach(() => {
  judgements = [];
  judging = new Judging({ judge: new SequentialJudge(), onVerdict: (_, verdict) => void judgements.push(verdict) });
  nowMs = START_MS;
});

function say(said: string, content: Partial<Observation> = {}): void {
  judging.observe(observationOf(said, content, nowMs), nowMs, nowMs);
}

/** So many calls of a trace that are out. */
function hang(said: string, traceId: string, count: number, ageMs: number): void {
  const latency = { meanSeconds: ageMs / 1000, maxSeconds: ageMs / 1000 };
  const evidence = [{ traceId, spanId: 'b'.repeat(16) }];
  say(said, { status: HealthStatus.PENDING, reason: 'hung', suspicion: 9, count, latency, evidence });
}

/** Pairs of which `a` calls `b`: all are well, and then all calls to each `a` hang, because one call of its own does. */
function holdAll(count: number): void {
  const each = (tell: (n: number) => void) => {
    for (let n = 1; n <= count; n++) tell(n);
    judging.judgeWaiting(nowMs);
  };
  for (let second = 0; second < KNOWN_SECONDS; second++, nowMs += 1000) {
    each((n) => {
      say(`client${n} calls a${n}/1`);
      say(`a${n}/1 calls b${n}/1`);
    });
  }
  each((n) => {
    hang(`a${n}/1 calls b${n}/1`, `t${n}`, 1, 100);
    hang(`client${n} calls a${n}/1`, `t${n}`, 4, 100);
  });
  nowMs += 600;
  each((n) => hang(`client${n} calls a${n}/1`, `t${n}`, 4, 1100));
}

/** How often each was judged since then, and those that were convicted. */
function since(mark: number): { readonly count: number; readonly convicted: readonly string[] } {
  const told = judgements.slice(mark);
  return {
    count: told.length,
    convicted: told.filter(({ status }) => isFailing(status)).map(({ subject }) => subject),
  };
}

const statusOf = (subject: string) => judging.report({ environment: '', subject }, nowMs)?.verdict.status;

describe('subjects that wait, each for another one', () => {
  const COUNT = 1000;

  it('are judged with the one that they wait for, and not with thousands of others', () => {
    holdAll(COUNT);
    expect([1, COUNT].map((n) => statusOf(`a${n}/1`))).toEqual([HealthStatus.PENDING, HealthStatus.PENDING]);
    const mark = judgements.length;
    for (let n = 1; n <= COUNT; n++) {
      hang(`a${n}/1 calls b${n}/1`, `t${n}`, 4, 1100);
      judging.judgeWaiting(nowMs);
    }
    const { count, convicted } = since(mark);
    expect(new Set(convicted).size).toBe(2 * COUNT);
    // Each once for itself, once with the other one, and a few times more for those that see them.
    expect(count).toBeLessThan(6 * COUNT);
  });

  it('are judged in the turn in which theirs falls ill, also where another one is well again in that turn', () => {
    holdAll(2);
    hang('a1/1 calls b1/1', 't1', 4, 1100);
    judging.judgeWaiting(nowMs);
    expect(statusOf('b1/1')).toBe(HealthStatus.UNHEALTHY);
    const mark = judgements.length;
    nowMs += 1100;
    for (let call = 0; call < 4; call++) say('a1/1 calls b1/1', { count: 10 });
    hang('a2/1 calls b2/1', 't2', 4, 1800);
    judging.judgeWaiting(nowMs);
    expect(statusOf('b1/1')).toBe(HealthStatus.HEALTHY);
    expect(since(mark).convicted).toEqual(expect.arrayContaining(['b2/1', 'a2/1']));
  });

  it('are judged at a tick when they have waited as long as they may', () => {
    holdAll(1);
    const mark = judgements.length;
    for (const endMs = nowMs + 2500; nowMs < endMs; nowMs += 100) judging.tick(nowMs);
    expect(since(mark).convicted).toContain('a1/1');
  });
});

describe('who waits for a name', () => {
  const record = (text: string, environment = '') =>
    ({ environment, identity: { text, resolution: resolutionOf(text) } }) as SubjectRecord;
  const waiter = record('web/1');
  const isWokenBy = (waitsFor: string, text: string, environment?: string) => {
    const held = new HeldSubjects();
    held.hold(waiter, waitsFor, 1000);
    return [...held.waitingFor(record(text, environment))].includes(waiter);
  };

  it('is woken by whoever has it, by its service, and where it is a service by each instance', () => {
    expect(isWokenBy('db/1', 'db/1')).toBe(true);
    expect(isWokenBy('db/1', 'db')).toBe(true);
    expect(isWokenBy('db', 'db')).toBe(true);
    expect(isWokenBy('db', 'db/7')).toBe(true);
  });

  it('is woken by nobody else, be it an instance of the same service, or in another environment', () => {
    expect(isWokenBy('db/1', 'db/2')).toBe(false);
    expect(isWokenBy('db/1', 'cart/1')).toBe(false);
    expect(isWokenBy('db/1', 'db/1', 'staging')).toBe(false);
  });

  it('waits for one at a time, and for nobody once it is released', () => {
    const held = new HeldSubjects();
    held.hold(waiter, 'db/1', 1000);
    held.hold(waiter, 'cart/1', 2000);
    expect([...held.waitingFor(record('db/1'))]).toEqual([]);
    expect([...held.waitingFor(record('cart/1'))]).toEqual([waiter]);
    expect([1999, 2000].map((ms) => [...held.due(ms)].length)).toEqual([0, 1]);
    held.release(waiter);
    expect([held.size, held.has(waiter), [...held.waitingFor(record('cart/1'))].length]).toEqual([0, false, 0]);
  });
});
