// SPDX-License-Identifier: Apache-2.0
/** How long an operation usually takes: RFC 6298's estimate, with a floor. */
import { describe, expect, it } from 'vitest';
import { UsualLatency } from '../../src/observe/usual-latency.js';

function learned(...latenciesMs: number[]): number | undefined {
  const usual = new UsualLatency();
  for (const ms of latenciesMs) usual.of('k').learn(ms);
  return usual.of('k').usualMs;
}

describe('the usual latency', () => {
  it('is unknown before the first call', () => {
    expect(new UsualLatency().of('k').usualMs).toBeUndefined();
  });

  it('is three times the first latency: the mean and four deviations of half of it', () => {
    expect(learned(200)).toBe(600);
  });

  it('moves by an eighth in the mean and a quarter in the deviation', () => {
    // Deviation 100 + (|280 - 200| - 100) / 4 = 95; mean 200 + 80 / 8 = 210.
    expect(learned(200, 280)).toBe(210 + 4 * 95);
  });

  it('narrows while calls take the same time', () => {
    const many = learned(...Array.from({ length: 50 }, () => 200)) as number;
    expect(many).toBeGreaterThanOrEqual(200);
    expect(many).toBeLessThan(201);
  });

  it('is never below a tenth of a second', () => {
    expect(learned(1)).toBe(100);
    expect(learned(0, 0, 0)).toBe(100);
  });

  it('is kept apart for each key', () => {
    const usual = new UsualLatency();
    usual.of('a').learn(200);
    usual.of('b').learn(400);
    expect([usual.of('a').usualMs, usual.of('b').usualMs]).toEqual([600, 1200]);
  });

  it('forgets the key that it learned first, once there are too many', () => {
    const usual = new UsualLatency(2);
    for (const key of ['a', 'b', 'c']) usual.of(key).learn(200);
    expect(usual.of('b').usualMs).toBe(600);
    expect(usual.of('c').usualMs).toBe(600);
    expect(usual.of('a').usualMs).toBeUndefined();
  });
});
