// SPDX-License-Identifier: Apache-2.0
/** A chain in which every call fails because the last one does, and no answer tells of it. */
import { describe, expect, it } from 'vitest';
import { HealthStatus, isFailing } from '../../src/model/status.js';
import type { ObservationContent } from '../../src/observe/observation-span.js';
import { freshTraceId } from '../support/spans.js';
import { acquaint, CHAIN, clock, convictions, history, REQUESTS, say, verdictOn, type Wait } from './chained-guests.js';

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

  it('holds nobody who cannot be reached any more: a process that has gone waits for nobody', () => {
    acquaint(CHAIN);
    // Half a minute ago it was c's fault.
    fail(
      [bottom, middle],
      Array.from({ length: 16 }, () => freshTraceId()),
    );
    acquaint(CHAIN);
    expect(verdictOn('b')?.status).toBe(HealthStatus.HEALTHY);
    fail([middle], REQUESTS, { reason: 'refused' });
    expect(verdictOn('b')?.status).toBe(HealthStatus.UNHEALTHY);
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
