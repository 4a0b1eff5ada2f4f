// SPDX-License-Identifier: Apache-2.0
/** Evidence lives as long as its view is usually silent, within bounds. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIFETIME, lifetimeMs } from '../../../src/engine/verdict/evidence-lifetime.js';

describe('the lifetime of evidence', () => {
  it('is a minute for a pair that talks often, three gaps for one that talks seldom, and an hour at most', () => {
    expect(lifetimeMs(0, DEFAULT_LIFETIME)).toBe(60_000);
    expect(lifetimeMs(20_000, DEFAULT_LIFETIME)).toBe(60_000);
    expect(lifetimeMs(20_001, DEFAULT_LIFETIME)).toBe(60_003);
    expect(lifetimeMs(300_000, DEFAULT_LIFETIME)).toBe(900_000);
    expect(lifetimeMs(86_400_000, DEFAULT_LIFETIME)).toBe(3_600_000);
  });
});
