// SPDX-License-Identifier: Apache-2.0
/** What a call that hangs says of a subject's reasons, beside what answers have told of them. */
import { describe, expect, it } from 'vitest';
import type { ObservationSource } from '../../src/model/observation.js';
import { HealthStatus } from '../../src/model/status.js';
import { acquaint, CHAIN, clock, hang, REQUESTS, say, verdictOn, type Wait } from './chained-guests.js';

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

  it('says nothing once it has come back, of what fails after that because of another', () => {
    acquaint(['client waits for a', 'a waits for c', 'other waits for c']);
    hang('client waits for a', 100, false);
    clock.advance(100);
    say('client waits for a', { count: REQUESTS.length, latency: { meanSeconds: 0.2, maxSeconds: 0.2 } });
    clock.advance(3000);
    for (let call = 0; call < 3; call++) {
      clock.advance(300);
      say('other waits for c', { status: HealthStatus.UNHEALTHY, reason: 'server_error' });
      say('client waits for a', { status: HealthStatus.UNHEALTHY, reason: 'server_error', blamed: ['c/1'] });
    }
    clock.advance(500);
    expect(verdictOn('a')?.blame).toMatchObject({ root: 'c/1', share: 1 });
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
