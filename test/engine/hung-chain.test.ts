// SPDX-License-Identifier: Apache-2.0
/**
 * A chain in which every call hangs because the last one does, as the guests on the way tell of it: whoever waits for somebody
 * else is convicted with that one or after it, as its victim, in whatever order they are heard.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import type { ObservationSource } from '../../src/model/observation.js';
import { HealthStatus, isFailing } from '../../src/model/status.js';
import type { Transition, Verdict } from '../../src/model/verdict.js';
import type { ObservationContent } from '../../src/observe/observation-span.js';
import { FakeClock } from '../support/fake-clock.js';
import { batchOf, freshSpanId, freshTraceId, observationSpanOf, resourceOf } from '../support/spans.js';

/** A pair, as `a waits for b`. */
type Wait = string;
const CHAIN: readonly Wait[] = ['client waits for a', 'a waits for b', 'b waits for c'];
const REQUESTS = Array.from({ length: 4 }, () => freshTraceId());

let clock: FakeClock;
let engine: Engine;
let history: Transition[];

beforeEach(() => {
  clock = new FakeClock();
  history = [];
  engine = new Engine({
    judge: new SequentialJudge(),
    clock,
    onTransition: (transition) => void history.push(transition),
  });
  engine.start();
  return () => engine.stop();
});

function namesIn(wait: Wait): { observer: string; subject: string } {
  const [observer = '', subject = ''] = wait.split(' waits for ').map((service) => `${service}/1`);
  return { observer, subject };
}

/** A guest's observation, whose event loop is not late. */
function say(wait: Wait, content: Partial<ObservationContent>, traceIds: readonly string[] = []): void {
  const names = namesIn(wait);
  const links = traceIds.map((traceId) => ({ traceId, spanId: freshSpanId() }));
  const span = observationSpanOf({ operation: 'GET', observerLagSeconds: 0, ...names, ...content }, clock.nowMs());
  const [service = '', instance] = names.observer.split('/');
  engine.accept(batchOf({ resource: resourceOf(service, instance), spans: [{ ...span, links }] }));
}

/** Half a minute in which all is well. */
function acquaint(waits: readonly Wait[]): void {
  for (let second = 0; second < 30; second++) {
    clock.advance(1000);
    for (const wait of waits) say(wait, {});
  }
  history.length = 0;
}

/** Calls of all requests that have been out for so long. */
function hang(wait: Wait, ageMs: number, isAgain: boolean, source: ObservationSource = 'caller'): void {
  const seconds = ageMs / 1000;
  const latency = { meanSeconds: seconds, maxSeconds: seconds };
  const hung = { status: HealthStatus.PENDING, reason: 'hung', suspicion: ageMs / 10, latency, isAgain } as const;
  say(wait, { ...hung, source, count: REQUESTS.length }, REQUESTS);
}

/** Tells of them after 100 ms and after 600, in this order and so many ms apart. */
function hangAll(waits: readonly Wait[], apartMs = 1): void {
  for (const [ageMs, isAgain] of [
    [100, false],
    [600, true],
  ] as const) {
    for (const wait of waits) {
      hang(wait, ageMs, isAgain);
      clock.advance(apartMs);
    }
    clock.advance(150);
  }
}

const verdictOn = (service: string): Verdict | undefined =>
  engine.verdicts().find(({ subject }) => subject === `${service}/1`);
const isConvicted = (service: string) => isFailing(verdictOn(service)?.status ?? HealthStatus.NA);
/** Who was convicted, and whom the verdict blamed then. */
const convictions = () =>
  history
    .filter(({ verdict }) => isFailing(verdict.status))
    .map(({ verdict: { subject, blame } }) => `${subject} by ${blame?.path.slice(1).join(', ') || 'itself'}`);

describe('a chain in which every call hangs', () => {
  const [top, middle, bottom] = CHAIN as [Wait, Wait, Wait];
  const ORDERS: readonly (readonly Wait[])[] = [
    [top, middle, bottom],
    [top, bottom, middle],
    [middle, top, bottom],
    [middle, bottom, top],
    [bottom, top, middle],
    [bottom, middle, top],
  ];

  it.each(ORDERS.flatMap((order) => [0, 20].map((apartMs) => ({ order, apartMs }))))(
    'is the fault of its end, and of nobody else at any time: $order, $apartMs ms apart',
    ({ order, apartMs }) => {
      acquaint(CHAIN);
      hangAll(order, apartMs);
      clock.advance(500);
      expect(convictions().sort()).toEqual(['a/1 by b/1, c/1', 'b/1 by c/1', 'c/1 by itself']);
      expect(['a', 'b', 'c'].map((each) => verdictOn(each)?.blame?.root)).toEqual(['c/1', 'c/1', 'c/1']);
      expect(verdictOn('b')).toMatchObject({ status: HealthStatus.UNHEALTHY, reason: 'hung' });
      // The last link first, and the others with it or after it.
      expect(convictions()[0]).toBe('c/1 by itself');
    },
  );

  it('has its victims also where the first word of a guest is that it waits', () => {
    acquaint([top, 'other waits for b']);
    hangAll([top, middle], 0);
    clock.advance(500);
    // The other caller has found it well.
    expect(verdictOn('b')).toMatchObject({ status: HealthStatus.MAYBE_UNHEALTHY, reason: 'hung' });
    expect(convictions()).toEqual(['a/1 by b/1']);
  });

  it('has its victims convicted in the turn in which its end is, however many they are', () => {
    acquaint(CHAIN);
    for (const wait of CHAIN) hang(wait, 100, false);
    clock.advance(200);
    for (const wait of [top, middle]) hang(wait, 600, true);
    clock.advance(20);
    expect([isConvicted('a'), isConvicted('b'), isConvicted('c')]).toEqual([false, false, false]);
    hang(bottom, 600, true);
    expect([isConvicted('a'), isConvicted('b'), isConvicted('c')]).toEqual([true, true, true]);
  });

  it('shows who is held as pending, with the views as they are', () => {
    acquaint(CHAIN);
    for (const wait of [middle, bottom]) hang(wait, 100, false);
    clock.advance(200);
    hang(middle, 600, true);
    clock.advance(100);
    expect(verdictOn('b')).toMatchObject({ status: HealthStatus.PENDING, failure: 'none' });
    const { verdict, views = [] } = engine.report({ environment: '', subject: 'b/1' }) ?? {};
    expect(verdict).toMatchObject({ status: HealthStatus.PENDING });
    expect(views).toMatchObject([{ status: HealthStatus.UNHEALTHY, reason: 'hung' }]);
  });
});

describe('who waits for somebody', () => {
  const [top, middle, bottom] = CHAIN as [Wait, Wait, Wait];

  it('is held for 3 s at the most, if nothing is found of the other one', () => {
    acquaint(CHAIN);
    const startMs = clock.nowMs();
    hang(middle, 100, false);
    say(bottom, { status: HealthStatus.PENDING, reason: 'hung', suspicion: 5 }, REQUESTS);
    // Of c a call comes back again and again, so that it never is out for too long.
    for (let ms = 200; ms <= 2900; ms += 100) {
      clock.advance(100);
      hang(middle, ms, true);
      say(bottom, {});
    }
    expect(clock.nowMs() - startMs).toBeLessThan(3000);
    expect(convictions()).toEqual([]);
    clock.advance(1000);
    expect(convictions()).toEqual(['b/1 by itself']);
  });

  it('is not held if other calls to it fail: that is trouble of its own', () => {
    acquaint(CHAIN);
    for (const wait of [middle, bottom]) hang(wait, 100, false);
    clock.advance(200);
    hang(middle, 600, true);
    expect(isConvicted('b')).toBe(false);
    for (let call = 0; call < 4; call++) {
      clock.advance(200);
      say(middle, { operation: 'PUT', status: HealthStatus.UNHEALTHY, reason: 'server_error' });
    }
    expect([isConvicted('b'), isConvicted('c')]).toEqual([true, false]);
  });

  it('is not held when it waits in other requests than those that wait for it', () => {
    acquaint(CHAIN);
    say(bottom, { status: HealthStatus.PENDING, reason: 'hung', suspicion: 5 }, [freshTraceId()]);
    hangAll([middle], 0);
    expect(convictions()).toEqual(['b/1 by itself']);
  });

  it('is held for the second in which it can tell of its waits, and no longer when it has told of few of them', () => {
    acquaint(CHAIN);
    const [request = '', ...others] = REQUESTS;
    say(bottom, { status: HealthStatus.PENDING, reason: 'hung', suspicion: 5 }, [request]);
    // Nothing comes of the one that it has told of.
    const settle = () => say(bottom, {});
    hangAll([middle], 0);
    settle();
    expect(others).toHaveLength(3);
    clock.advance(500);
    expect(convictions()).toEqual([]);
    clock.advance(500);
    expect(convictions()).toEqual(['b/1 by itself']);
  });

  it('is not held for somebody whom nobody has ever seen', () => {
    acquaint([top]);
    // An answer has named a culprit once: no guest speaks for `a`, and nothing else is known of its reasons.
    say(top, { status: HealthStatus.UNHEALTHY, reason: 'server_error', blamed: ['x/1'] });
    acquaint([top]);
    hangAll([top], 0);
    expect(convictions()).toEqual(['a/1 by itself']);
  });

  it('is held no more when it has answered', () => {
    acquaint(CHAIN);
    for (const wait of [middle, bottom]) hang(wait, 100, false);
    clock.advance(200);
    hang(middle, 600, true);
    clock.advance(100);
    for (const wait of [bottom, middle]) say(wait, { count: 4 });
    clock.advance(10_000);
    expect(convictions()).toEqual([]);
    expect(verdictOn('b')).toMatchObject({ status: HealthStatus.HEALTHY });
  });
});

describe('at the end of a chain', () => {
  it('nobody is held: it is convicted as soon as its calls have been out for 600 ms', () => {
    acquaint(CHAIN);
    hang('b waits for c', 100, false);
    clock.advance(200);
    expect(isConvicted('c')).toBe(false);
    hang('b waits for c', 600, true);
    expect(convictions()).toEqual(['c/1 by itself']);
  });

  it('is whoever has no guest, if nobody deeper is known, and whoever has one and waits for nobody', () => {
    acquaint([...CHAIN, 'c waits for d']);
    hangAll(CHAIN, 0);
    clock.advance(500);
    expect(convictions()[0]).toBe('c/1 by itself');
    expect(verdictOn('a')?.blame).toMatchObject({ root: 'c/1', path: ['a/1', 'b/1', 'c/1'] });
  });
});

describe('a call that hangs, of somebody whose answers blamed another', () => {
  const blameOfA = (known: readonly Wait[], source: ObservationSource) => {
    acquaint(['client waits for a', 'other waits for c', ...known]);
    for (let call = 0; call < 3; call++) {
      clock.advance(1000);
      say('other waits for c', { status: HealthStatus.UNHEALTHY, reason: 'server_error' });
      say('client waits for a', { status: HealthStatus.UNHEALTHY, reason: 'server_error', blamed: ['c/1'] });
    }
    hang('client waits for a', 100, false, source);
    clock.advance(900);
    const early = verdictOn('a')?.blame?.root;
    clock.advance(400);
    return { early, ...verdictOn('a')?.blame };
  };

  it('says nothing of its reasons where it has no guest', () => {
    expect(blameOfA([], 'caller')).toMatchObject({ root: 'c/1', share: 1 });
  });

  it('is its own fault where it has one, which would have told for whom it waits within a second', () => {
    expect(blameOfA(['a waits for c'], 'caller')).toMatchObject({ early: 'c/1', root: 'a/1', share: 1 });
  });

  it('is explained also by a wait that is told after that second, as if it had been told before', () => {
    acquaint(CHAIN);
    const [, middle, bottom] = CHAIN as [Wait, Wait, Wait];
    clock.advance(100);
    hang(middle, 100, false);
    clock.advance(1600);
    expect(verdictOn('b')?.blame).toMatchObject({ root: 'b/1' });
    hang(bottom, 1700, false);
    clock.advance(1200);
    expect(verdictOn('b')?.blame).toEqual({ root: 'c/1', path: ['b/1', 'c/1'], share: 1 });
  });

  it('says nothing of its reasons if it is a probe', () => {
    expect(blameOfA(['a waits for c'], 'probe')).toMatchObject({ root: 'c/1', share: 1 });
  });
});

describe('a chain of calls that fail, and whose answers blame nobody', () => {
  const [top, middle, bottom] = CHAIN as [Wait, Wait, Wait];

  /** Calls of so many requests time out, of each a call a tenth of a second. */
  function fail(waits: readonly Wait[], traceIds: readonly string[], content: Partial<ObservationContent> = {}): void {
    for (const traceId of traceIds) {
      for (const wait of waits) {
        say(wait, { status: HealthStatus.UNHEALTHY, reason: 'timeout', ...content }, [traceId]);
      }
      clock.advance(100);
    }
  }

  it.each([{ order: [top, middle, bottom] }, { order: [bottom, middle, top] }, { order: [middle, bottom, top] }])(
    'is the fault of its end, and of nobody else at any time: $order',
    ({ order }) => {
      acquaint(CHAIN);
      fail(order, REQUESTS);
      clock.advance(2000);
      expect(convictions().sort()).toEqual(['a/1 by b/1, c/1', 'b/1 by c/1', 'c/1 by itself']);
      expect(convictions()[0]).toBe('c/1 by itself');
      expect(verdictOn('a')?.blame).toEqual({ root: 'c/1', path: ['a/1', 'b/1', 'c/1'], share: 1 });
    },
  );

  it('has who calls another held for half a second since its first failure, if nothing is found of that one', () => {
    acquaint(CHAIN);
    const [first = '', ...others] = REQUESTS;
    fail([bottom, middle], [first]);
    // Of c no other call fails.
    say(bottom, {});
    fail([middle], others);
    expect(verdictOn('b')?.status).toBe(HealthStatus.PENDING);
    clock.advance(1000);
    expect(convictions()).toEqual(['b/1 by itself']);
    const [{ atMs = 0, verdict } = {}] = history.filter(({ verdict: { status } }) => isFailing(status));
    expect(atMs - (verdict?.sinceMs ?? 0)).toBeGreaterThanOrEqual(500);
    expect(atMs - (verdict?.sinceMs ?? 0)).toBeLessThan(750);
  });

  it('ends at whoever mostly fails without a call of its own that does: what nobody explains counts as well', () => {
    acquaint(CHAIN);
    for (let round = 0; round < 10; round++) {
      fail([middle, bottom], [freshTraceId()]);
      fail([middle], [freshTraceId(), freshTraceId()]);
      clock.advance(700);
    }
    // A third is explained; of the last round nobody knows yet.
    clock.advance(1000);
    expect(verdictOn('c')?.status).toBe(HealthStatus.UNHEALTHY);
    expect(verdictOn('b')?.blame).toMatchObject({ root: 'b/1' });
  });

  it('goes on at whoever mostly fails because a call of its own does', () => {
    acquaint(CHAIN);
    for (let round = 0; round < 10; round++) {
      fail([middle, bottom], [freshTraceId(), freshTraceId()]);
      fail([middle], [freshTraceId()]);
      clock.advance(700);
    }
    clock.advance(1000);
    const { root, share = 0 } = verdictOn('b')?.blame ?? {};
    expect(root).toBe('c/1');
    expect(share).toBeCloseTo(2 / 3, 1);
  });

  it('is none where the answer says whom it blames, or that it blames nobody', () => {
    acquaint([...CHAIN, 'b waits for d']);
    fail([bottom], REQUESTS);
    fail([middle], REQUESTS, { reason: 'server_error', blamed: [] });
    clock.advance(2000);
    expect(verdictOn('b')?.blame).toMatchObject({ root: 'b/1' });
  });

  it('is none where calls are only turned away', () => {
    acquaint(CHAIN);
    fail([bottom], REQUESTS, { status: HealthStatus.MAYBE_UNHEALTHY, reason: 'throttled' });
    fail([middle], REQUESTS);
    clock.advance(2000);
    expect(verdictOn('b')?.blame).toMatchObject({ root: 'b/1' });
  });
});

describe('two that wait for each other', () => {
  it('are convicted in the end, and one of them is to blame for both', () => {
    const waits = ['a waits for b', 'b waits for a'];
    acquaint(waits);
    hangAll(waits, 0);
    clock.advance(2000);
    expect(convictions()).toEqual([]);
    clock.advance(1500);
    expect([isConvicted('a'), isConvicted('b')]).toEqual([true, true]);
    expect(new Set(['a', 'b'].map((each) => verdictOn(each)?.blame?.root)).size).toBe(1);
  });
});

describe('a call that is told again', () => {
  it('is counted once', () => {
    say('b waits for c', {});
    hang('b waits for c', 100, false);
    hang('b waits for c', 600, true);
    expect([...engine.callsByStatus()]).toEqual([
      [HealthStatus.HEALTHY, 1],
      [HealthStatus.PENDING, REQUESTS.length],
    ]);
  });
});
