// SPDX-License-Identifier: Apache-2.0
/** A clock is taken to be off when several deliveries, some time apart, agree that it is; nothing else moves time. */
import { describe, expect, it } from 'vitest';
import { ObserverClocks } from '../../../src/engine/identity/observer-clocks.js';

const HOUR = 3_600_000;

describe('an observer’s clock', () => {
  it('is left as it is while it agrees within the delay of deliveries', () => {
    const clocks = new ObserverClocks();
    for (let atMs = 0; atMs < 10_000; atMs += 1000) expect(clocks.correctionMs('a', [2400, 900, 5], atMs)).toBe(0);
  });

  it.each([HOUR, -HOUR])('that is off by %i ms is corrected once three deliveries agree', (skewMs) => {
    const clocks = new ObserverClocks();
    const corrections = [0, 5000, 10_000, 15_000].map((atMs) =>
      clocks.correctionMs('a', [skewMs + 40, skewMs + 900], atMs),
    );
    expect(corrections).toEqual([0, 0, skewMs + 40, skewMs + 40]);
  });

  it('is not corrected for one odd span, in whatever company', () => {
    const clocks = new ObserverClocks();
    expect(clocks.correctionMs('a', [10, 20, -86_400_000, 30], 0)).toBe(0);
    for (let atMs = 1000; atMs < 9000; atMs += 1000)
      expect(clocks.correctionMs('a', [10, -86_400_000, 20], atMs)).toBe(0);
  });

  it('is not corrected for a backlog, which grows younger as it drains', () => {
    const clocks = new ObserverClocks();
    // Drained at one and a half times the speed at which it was filled: 5 s of receiving, 2.6 s younger.
    const delays = Array.from({ length: 60 }, (_, index) => 180_000 - index * 2600);
    const corrections = delays.map((delayMs, index) => clocks.correctionMs('a', [delayMs], index * 5000));
    expect(corrections).toEqual(delays.map(() => 0));
  });

  it('is not corrected for deliveries that come all at once', () => {
    const clocks = new ObserverClocks();
    for (let index = 0; index < 10; index++) expect(clocks.correctionMs('a', [HOUR], index)).toBe(0);
  });

  it('is believed again when it has been set right', () => {
    const clocks = new ObserverClocks();
    for (const atMs of [0, 5000, 10_000]) clocks.correctionMs('a', [HOUR], atMs);
    expect([15_000, 20_000, 25_000].map((atMs) => clocks.correctionMs('a', [10], atMs))).toEqual([HOUR, HOUR, 0]);
  });
});
