// SPDX-License-Identifier: Apache-2.0
/** Suspicion: what was seen as far as it goes, an exponential tail beyond, and the two directions agree. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistory } from '../../src/processor/latency-history.js';
import {
  HISTORY_COUNT_MIN,
  type KnownLatencies,
  suspicionOf,
  suspiciousAfterMs,
} from '../../src/processor/suspicion.js';

/** Latencies known exactly, without a sketch. */
function exactly(latenciesMs: readonly number[]): KnownLatencies {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  return {
    count: sorted.length,
    quantileMs: (p) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] as number,
  };
}
/** n calls as an exponential distribution of this mean would have them. */
const exponential = (n: number, meanMs: number) =>
  exactly(Array.from({ length: n }, (_, index) => -meanMs * Math.log(1 - (index + 0.5) / n)));

describe('suspicion', () => {
  it('is unknown with fewer calls than it takes', () => {
    const few = exactly(new Array(HISTORY_COUNT_MIN - 1).fill(5));
    expect(suspicionOf(1000, few)).toBeUndefined();
    expect(suspiciousAfterMs(4, few)).toBeUndefined();
    expect(suspicionOf(1000, exactly(new Array(HISTORY_COUNT_MIN).fill(5)))).toBeDefined();
  });

  it.each([1, 2, 2.9])('of %d is what one call in ten to the power of it exceeds', (phi) => {
    const known = exponential(100_000, 10);
    const trueMs = 10 * Math.log(10) * phi;
    expect(suspiciousAfterMs(phi, known)).toBeCloseTo(trueMs, 0);
    expect(suspicionOf(trueMs, known)).toBeCloseTo(phi, 1);
  });

  it('beyond the p99.9 is what an exponential distribution has', () => {
    const known = exponential(100_000, 10);
    for (const phi of [3, 4, 6, 30]) expect(suspicionOf(10 * Math.log(10) * phi, known)).toBeCloseTo(phi, 0);
  });

  it('is one in n + 1 at the slowest of n calls, as long as there are fewer than a thousand', () => {
    expect(suspicionOf(50, exactly(new Array(99).fill(50)))).toBeCloseTo(2, 10);
    expect(suspicionOf(50, exactly(new Array(10_000).fill(50)))).toBeCloseTo(3, 10);
  });

  it('of 4 comes at four thirds of the p99.9, and at 1.9 times the slowest of twenty calls', () => {
    expect(suspiciousAfterMs(4, exactly(new Array(5000).fill(300)))).toBeCloseTo(400, 6);
    expect(suspiciousAfterMs(4, exactly(new Array(20).fill(300)))).toBeCloseTo(300 * 1.893, 0);
  });

  it('does not fall as time passes, and both directions agree, whatever the history', () => {
    const latencies = fc.array(fc.double({ min: 0.02, max: 1e6, noNaN: true }), { minLength: 20, maxLength: 300 });
    fc.assert(
      fc.property(
        latencies,
        fc.double({ min: 0, max: 1e7, noNaN: true }),
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        (seen, ms, phi) => {
          const history = new LatencyHistory();
          for (const each of seen) history.learn(each);
          const now = suspicionOf(ms, history) as number;
          expect(now).toBeGreaterThanOrEqual(0);
          expect(suspicionOf(ms * 1.1 + 1, history)).toBeGreaterThanOrEqual(now);
          const afterMs = suspiciousAfterMs(phi, history) as number;
          // Within the precision of the bisection.
          expect(suspicionOf(afterMs, history)).toBeGreaterThan(phi - 0.001);
        },
      ),
    );
  });
});
