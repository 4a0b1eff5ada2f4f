// SPDX-License-Identifier: Apache-2.0
/** Who waits for somebody with whom others are content: it is its own fault, or that of the way between the two. */
import { describe, expect, it } from 'vitest';
import { HealthStatus } from '../../src/model/status.js';
import {
  acquaint,
  CHAIN,
  clock,
  convictions,
  hang,
  hangAll,
  REQUESTS,
  say,
  verdictOn,
  type Wait,
} from './chained-guests.js';

describe('who waits for somebody', () => {
  const [top, middle] = CHAIN as [Wait, Wait];

  /** Another caller of `b` is content with it, twice a second. */
  function acquaintWithOneWhoCallsOften(): void {
    acquaint([top, middle]);
    for (let call = 0; call < 10; call++) {
      clock.advance(500);
      say('other waits for b', {});
    }
    clock.advance(1);
  }

  it('cannot blame somebody with whom everybody else goes on being content', () => {
    acquaint([top, middle, 'other waits for b']);
    clock.advance(1);
    for (const ageMs of [100, 600, 1200, 1800, 2400, 3000, 3600]) {
      for (const wait of [top, middle]) hang(wait, ageMs, ageMs > 100);
      clock.advance(300);
      say('other waits for b', {});
      clock.advance(300);
    }
    expect(convictions()).toEqual(['a/1 by itself']);
    expect(verdictOn('b')).toMatchObject({ status: HealthStatus.MAYBE_UNHEALTHY, blame: { root: 'a/1' } });
  });

  it('blames nobody before those who are usually content with that one have had their turn', () => {
    acquaintWithOneWhoCallsOften();
    hangAll([top, middle], 0);
    clock.advance(500);
    expect(convictions()).toEqual([]);
    clock.advance(1500);
    expect(convictions()).toEqual(['a/1 by b/1']);
  });

  it('can blame somebody of whom others seldom say anything', () => {
    acquaint([top, middle, 'other waits for b']);
    clock.advance(1);
    hangAll([top, middle], 0);
    clock.advance(500);
    expect(convictions()).toEqual(['a/1 by b/1']);
  });

  const FAILED = { status: HealthStatus.UNHEALTHY, reason: 'reset' } as const;

  it('is contradicted by whoever was content meanwhile, also when its calls fail', () => {
    acquaintWithOneWhoCallsOften();
    for (const request of REQUESTS) {
      for (const wait of [middle, top]) say(wait, FAILED, [request]);
      clock.advance(100);
      say('other waits for b', {});
      clock.advance(100);
    }
    expect(convictions()).toEqual(['a/1 by itself']);
  });

  it('is not contradicted by who called only when it was over', () => {
    acquaintWithOneWhoCallsOften();
    for (const request of REQUESTS) {
      for (const wait of [middle, top]) say(wait, FAILED, [request]);
      clock.advance(200);
    }
    expect(convictions()).toEqual([]);
    say('other waits for b', {});
    clock.advance(2000);
    expect(convictions()).toEqual(['a/1 by b/1']);
  });
});
