// SPDX-License-Identifier: Apache-2.0
/** Clocks of observers are put right by the smallest delay seen lately. */
import { describe, expect, it } from 'vitest';
import { ObserverClocks } from '../../../src/engine/identity/observer-clocks.js';

describe('an observer’s clock', () => {
  it('is left as it is while it agrees within the delay of deliveries', () => {
    const clocks = new ObserverClocks();
    expect(clocks.correctionMs('a', 900, 0)).toBe(0);
    expect(clocks.correctionMs('a', 5, 1000)).toBe(0);
  });

  it('is corrected by the smallest difference when it is off', () => {
    const clocks = new ObserverClocks();
    expect(clocks.correctionMs('slow', 3_600_400, 0)).toBe(3_600_400);
    expect(clocks.correctionMs('slow', 3_600_005, 1000)).toBe(3_600_005);
    expect(clocks.correctionMs('slow', 3_600_800, 2000)).toBe(3_600_005);
  });

  it('is believed again within two minutes of being set right', () => {
    const clocks = new ObserverClocks();
    clocks.correctionMs('fast', -50_000, 0);
    expect(clocks.correctionMs('fast', 10, 30_000)).toBe(-50_000);
    clocks.correctionMs('fast', 10, 61_000);
    expect(clocks.correctionMs('fast', 10, 122_000)).toBe(0);
  });
});
