// SPDX-License-Identifier: Apache-2.0
/**
 * A chain in which every call hangs because the last one does, as the guests on the way tell of it: whoever waits for somebody
 * else is convicted with that one or after it, as its victim, in whatever order they are heard.
 */
import { describe, expect, it } from 'vitest';
import { HealthStatus } from '../../src/model/status.js';
import { freshTraceId } from '../support/spans.js';
import {
  acquaint,
  CHAIN,
  clock,
  convictions,
  engine,
  hang,
  hangAll,
  history,
  isConvicted,
  REQUESTS,
  say,
  verdictOn,
  type Wait,
} from './chained-guests.js';

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
    clock.advance(1);
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
    for (const wait of [top, middle]) hang(wait, 1000, true);
    clock.advance(20);
    expect([isConvicted('a'), isConvicted('b'), isConvicted('c')]).toEqual([false, false, false]);
    hang(bottom, 1000, true);
    expect([isConvicted('a'), isConvicted('b'), isConvicted('c')]).toEqual([true, true, true]);
  });

  it('has no culprit of its own when its end is well again first', () => {
    acquaint(CHAIN);
    hangAll(CHAIN, 0);
    for (const ageMs of [1600, 3200]) {
      clock.advance(1600);
      for (const wait of CHAIN) hang(wait, ageMs, true);
    }
    clock.advance(100);
    history.length = 0;
    say(bottom, { count: 4, latency: { meanSeconds: 4, maxSeconds: 4 } });
    clock.advance(100);
    // One more that had waited is told of.
    hang(middle, 3400, true);
    clock.advance(500);
    expect(verdictOn('c')).toMatchObject({ status: HealthStatus.HEALTHY });
    expect(convictions()).toEqual([]);
    expect(verdictOn('b')).toMatchObject({ status: HealthStatus.UNHEALTHY, blame: { root: 'c/1' } });
    // So it stays while nothing else is heard; whoever falls ill once more after that does so for a reason of his own.
    clock.advance(10_000);
    expect(verdictOn('b')).toMatchObject({ status: HealthStatus.UNHEALTHY, blame: { root: 'c/1' } });
    say(middle, { status: HealthStatus.UNHEALTHY, reason: 'server_error', blamed: [] });
    expect(verdictOn('b')).toMatchObject({ blame: { root: 'b/1' } });
  });

  it('shows who is held as pending, with the views as they are', () => {
    acquaint(CHAIN);
    for (const wait of [middle, bottom]) hang(wait, 100, false);
    clock.advance(200);
    hang(middle, 1000, true);
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
    hang(middle, 1000, true);
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
    hang(middle, 1000, true);
    clock.advance(100);
    for (const wait of [bottom, middle]) say(wait, { count: 4 });
    clock.advance(10_000);
    expect(convictions()).toEqual([]);
    expect(verdictOn('b')).toMatchObject({ status: HealthStatus.HEALTHY });
  });
});

describe('at the end of a chain', () => {
  it('nobody is held: it is convicted as soon as its calls have been out for 1 s', () => {
    acquaint(CHAIN);
    hang('b waits for c', 100, false);
    clock.advance(200);
    expect(isConvicted('c')).toBe(false);
    hang('b waits for c', 1000, true);
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
    hang('b waits for c', 1000, true);
    expect([...engine.callsByStatus()]).toEqual([
      [HealthStatus.HEALTHY, 1],
      [HealthStatus.PENDING, REQUESTS.length],
    ]);
  });
});

describe('an outage in another environment', () => {
  it('takes no room from this one', () => {
    const waits = ['client waits for a', 'a waits for b'];
    acquaint(waits);
    for (const wait of waits) say(wait, {}, [], 'staging');
    const others = Array.from({ length: 10_001 }, () => freshTraceId());
    const hung = { status: HealthStatus.PENDING, reason: 'hung', suspicion: 5 } as const;
    const elsewhere = () => {
      for (let at = 0; at < others.length; at += 4) say(waits[0] as Wait, hung, others.slice(at, at + 4), 'staging');
    };
    const blameHere = (subject: string) => engine.report({ environment: '', subject })?.verdict.blame;
    // Whether their traces are forgotten, or there is no room for more calls to wait.
    say('client waits for a', hung, REQUESTS);
    elsewhere();
    say('a waits for b', hung, REQUESTS);
    hangAll(waits, 0);
    clock.advance(2000);
    expect(blameHere('a/1')).toEqual({ root: 'b/1', path: ['a/1', 'b/1'], share: 1 });
    const alone = [freshTraceId(), freshTraceId(), freshTraceId()];
    elsewhere();
    for (const each of alone) say('client waits for a', { status: HealthStatus.UNHEALTHY, reason: 'timeout' }, [each]);
    clock.advance(1100);
    // What nobody explains is counted here, however much waits elsewhere.
    expect(blameHere('a/1')?.share).toBeLessThan(0.75);
  });
});
