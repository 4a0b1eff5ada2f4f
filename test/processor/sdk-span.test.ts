// SPDX-License-Identifier: Apache-2.0
/** The SDK's times and kinds as ours. */
import { SpanKind as ApiSpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpanKind } from '../../src/model/span.js';
import { hrTimeOf, kindOf, millisecondsOf, observable } from '../../src/processor/sdk-span.js';
import { startGuest } from './guest.js';

describe('a time of the SDK', () => {
  it('in milliseconds comes back as it was', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 4e12, noNaN: true }), (ms) => {
        const [seconds, nanoseconds] = hrTimeOf(ms);
        expect(Number.isInteger(seconds) && Number.isInteger(nanoseconds)).toBe(true);
        expect(nanoseconds).toBeGreaterThanOrEqual(0);
        expect(nanoseconds).toBeLessThan(1e9);
        expect(millisecondsOf([seconds, nanoseconds])).toBeCloseTo(ms, 2);
      }),
    );
  });

  it('has no second of a thousand milliseconds', () => {
    expect(hrTimeOf(999.999_999_9)).toEqual([1, 0]);
  });
});

describe('a kind of the SDK', () => {
  it.each(['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const)('%s is ours', (name) => {
    expect(kindOf({ kind: ApiSpanKind[name] })).toBe(SpanKind[name]);
  });
});

describe('a duration', () => {
  const durationOf = (duration: [number, number]) => {
    const span = startGuest().call('GET web:80 200') as ReadableSpan;
    return observable(Object.create(span, { duration: { value: duration } }) as ReadableSpan).durationMs;
  };

  it.each<[string, [number, number], number]>([
    ['is in milliseconds', [1, 500_000], 1000.5],
    ['below zero is none', [-1, 0], 0],
    ['that is no number is none', [Number.NaN, 0], 0],
    ['without end is none', [Number.POSITIVE_INFINITY, 0], 0],
  ])('%s', (_, duration, ms) => {
    expect(durationOf(duration)).toBe(ms);
  });
});
