// SPDX-License-Identifier: Apache-2.0
/** Evidence lives as long as its view is usually silent, within bounds. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIFETIME, lifetimeMs, usualGapMs } from '../../../src/engine/verdict/evidence-lifetime.js';
import type { View } from '../../../src/model/view.js';

const viewAt = (...times: readonly number[]) => ({ entries: times.map((atMs) => ({ atMs })) }) as unknown as View;

describe('the usual gap of a view', () => {
  it('is the middle one, so that one long pause is no habit', () => {
    expect(usualGapMs(viewAt())).toBe(0);
    expect(usualGapMs(viewAt(5))).toBe(0);
    expect(usualGapMs(viewAt(0, 1000, 2000, 3_602_000, 3_603_000))).toBe(1000);
  });
});

describe('the lifetime of evidence', () => {
  it('is a minute for a pair that talks often, three gaps for one that talks seldom, and an hour at most', () => {
    expect(lifetimeMs(1000, DEFAULT_LIFETIME)).toBe(60_000);
    expect(lifetimeMs(300_000, DEFAULT_LIFETIME)).toBe(900_000);
    expect(lifetimeMs(86_400_000, DEFAULT_LIFETIME)).toBe(3_600_000);
  });
});
