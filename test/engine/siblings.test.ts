// SPDX-License-Identifier: Apache-2.0
/** Instances of one service held against each other: what is usual among them, and whether most are slow. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Siblings } from '../../src/engine/siblings.js';
import { Panoramas } from '../../src/engine/store/panoramas.js';
import type { View } from '../../src/engine/store/records.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import { closeSecond, noteLatency } from '../../src/engine/verdict/slowness.js';
import { HealthStatus } from '../../src/model/status.js';
import { observationOf } from './store/observations.js';

const START_MS = 1_700_000_000_000;
const KNOWN_MS = 10_000;

let panoramas: Panoramas;
let siblings: Siblings;
beforeEach(() => {
  panoramas = new Panoramas(new SequentialJudge());
  siblings = new Siblings(panoramas);
});

/** A caller's view of an instance whose calls took so long in each of so many seconds. */
function viewOf(
  subject: string,
  latencyMs: number,
  given: { observer?: string; operation?: string; seconds?: number } = {},
): View {
  const { observer = 'c1', operation = 'GET /', seconds = 60 } = given;
  const resolution = subject.includes('/') ? 'instance' : 'service';
  const view = panoramas.observe(observationOf({ subject, resolution, observer, operation }), START_MS);
  panoramas.setStatus(view, HealthStatus.HEALTHY, false);
  spend(view, 0, seconds, latencyMs);
  return view;
}

function spend(view: View, from: number, seconds: number, latencyMs: number): void {
  for (let second = from; second < from + seconds; second++) {
    noteLatency(view, latencyMs, 1, START_MS + 1000 * second, undefined);
    closeSecond(view, START_MS + 1000 * (second + 1), undefined);
  }
}

/** Slow from the sixtieth second on. */
function slowed(view: View): View {
  spend(view, 60, 10, 5000);
  return view;
}

describe('what is usual among siblings', () => {
  it('is unknown with one other, and the middle one’s with more', () => {
    const own = viewOf('shop/s1', 20);
    viewOf('shop/s2', 100);
    expect(siblings.usualMs(own.operation, 0)).toBeUndefined();
    viewOf('shop/s3', 200);
    viewOf('shop/s4', 4000);
    const usual = siblings.usualMs(own.operation, KNOWN_MS) ?? 0;
    expect(usual).toBeGreaterThan(140);
    expect(usual).toBeLessThan(290);
  });

  it('is of the same operation, the same service, and instances that have a history', () => {
    const own = viewOf('shop/s1', 20);
    viewOf('shop/s2', 100);
    viewOf('shop/s3', 100, { operation: 'POST /' });
    viewOf('cart/s3', 100);
    viewOf('shop/s4', 100, { seconds: 19 });
    expect(siblings.usualMs(own.operation, 0)).toBeUndefined();
  });

  it('is what the callers of each are used to: the middle one of them', () => {
    const own = viewOf('shop/s1', 20);
    for (const subject of ['shop/s2', 'shop/s3']) {
      for (const [index, latencyMs] of [1, 100, 4000].entries()) viewOf(subject, latencyMs, { observer: `c${index}` });
    }
    const usual = siblings.usualMs(own.operation, 0) ?? 0;
    expect(usual).toBeGreaterThan(70);
    expect(usual).toBeLessThan(145);
  });

  it('is asked for again only after ten seconds', () => {
    const own = viewOf('shop/s1', 20);
    viewOf('shop/s2', 100);
    expect(siblings.usualMs(own.operation, 0)).toBeUndefined();
    viewOf('shop/s3', 100);
    expect(siblings.usualMs(own.operation, KNOWN_MS - 1)).toBeUndefined();
    expect(siblings.usualMs(own.operation, KNOWN_MS)).toBeDefined();
  });

  it('is nothing for whoever is no instance', () => {
    const own = viewOf('shop', 20);
    viewOf('shop/s1', 100);
    viewOf('shop/s2', 100);
    expect(siblings.usualMs(own.operation, 0)).toBeUndefined();
  });
});

describe('siblings', () => {
  it('are slow where more than half of the others are', () => {
    const own = slowed(viewOf('shop/s1', 20));
    const others = [2, 3].map((index) => viewOf(`shop/s${index}`, 20));
    expect(siblings.areSlow(own.operation)).toBe(false);
    slowed(others[0] as View);
    expect(siblings.areSlow(own.operation)).toBe(false);
    slowed(others[1] as View);
    expect(siblings.areSlow(own.operation)).toBe(true);
  });

  it('are not slow where there are none', () => {
    expect(siblings.areSlow(slowed(viewOf('shop/s1', 20)).operation)).toBe(false);
  });

  it('each are slow where half of their callers find them so', () => {
    const own = slowed(viewOf('shop/s1', 20));
    for (const observer of ['c1', 'c2', 'c3']) viewOf('shop/s2', 20, { observer });
    const [first, second] = [...own.operation.subject.operations.values()].flatMap(() => [
      ...(panoramas.subject({ environment: '', subject: 'shop/s2' })?.operations.get('GET /')?.views.values() ?? []),
    ]) as [View, View];
    slowed(first);
    expect(siblings.areSlow(own.operation)).toBe(false);
    slowed(second);
    expect(siblings.areSlow(own.operation)).toBe(true);
  });

  it('of whom nothing is heard any more do not count', () => {
    const own = slowed(viewOf('shop/s1', 20));
    panoramas.setStatus(viewOf('shop/s2', 20), HealthStatus.NA, false);
    slowed(viewOf('shop/s3', 20));
    expect(siblings.areSlow(own.operation)).toBe(true);
  });
});
