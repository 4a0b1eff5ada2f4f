// SPDX-License-Identifier: Apache-2.0
/** How long an operation usually takes: RFC 6298's estimate, with a floor. */
import { describe, expect, it } from 'vitest';
import { UsualLatency } from '../../src/observe/usual-latency.js';

function learned(...latenciesMs: number[]): number | undefined {
  const usual = new UsualLatency();
  for (const ms of latenciesMs) usual.of('', 'k', '').learn(ms);
  return usual.of('', 'k', '').usualMs;
}

describe('the usual latency', () => {
  it('is unknown before the first call', () => {
    expect(new UsualLatency().of('', 'k', '').usualMs).toBeUndefined();
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

  type Name = readonly [scope: string, subject: string, operation: string];

  it.each<readonly [string, Name, Name]>([
    ['who waits', ['web', 'cart', 'GET'], ['shop', 'cart', 'GET']],
    ['whom it asks', ['web', 'cart', 'GET'], ['web', 'stock', 'GET']],
    ['what for', ['web', 'cart', 'GET'], ['web', 'cart', 'PUT']],
    ['where one name ends and the next begins', ['web', 'cart', 'GET'], ['we', 'bcart', 'GET']],
  ])('is told apart by %s', (_, one, other) => {
    const usual = new UsualLatency();
    usual.of(...one).learn(200);
    expect([usual.of(...one).usualMs, usual.of(...other).usualMs]).toEqual([600, undefined]);
  });

  it('keeps those that are asked for, and forgets the others once there are too many', () => {
    const usual = new UsualLatency(2);
    usual.of('', 'kept', '').learn(200);
    usual.of('', 'left', '').learn(200);
    for (const key of ['a', 'b', 'c', 'd']) {
      usual.of('', key, '').learn(200);
      expect(usual.of('', 'kept', '').usualMs).toBe(600);
    }
    expect(usual.of('', 'left', '').usualMs).toBeUndefined();
  });
});
