// SPDX-License-Identifier: Apache-2.0
/** Who is looked at again: at the right time, once, and held no longer than it waits. */
import { describe, expect, it } from 'vitest';
import { DueWheel } from '../../src/engine/due-wheel.js';
import { NOWHERE, type View } from '../../src/engine/store/records.js';

const NOW_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;

function newView(): View {
  return { dueBucket: NOWHERE } as View;
}

describe('the wheel', () => {
  it('gives out a view once, soon after it is due', () => {
    const wheel = new DueWheel();
    const view = newView();
    wheel.add(view, NOW_MS + 900, NOW_MS);
    expect(wheel.take(NOW_MS + 899)).toEqual([]);
    expect(wheel.take(NOW_MS + 1150)).toEqual([view]);
    expect(wheel.take(NOW_MS + MINUTE_MS)).toEqual([]);
  });

  it('goes by the earlier of two times', () => {
    const wheel = new DueWheel();
    const view = newView();
    wheel.add(view, NOW_MS + MINUTE_MS, NOW_MS);
    wheel.add(view, NOW_MS + 500, NOW_MS);
    wheel.add(view, NOW_MS + 30_000, NOW_MS);
    expect(wheel.take(NOW_MS + 750)).toEqual([view]);
    expect(wheel.take(NOW_MS + 2 * MINUTE_MS)).toEqual([]);
  });

  it('gives out nobody who is gone', () => {
    const wheel = new DueWheel();
    const [gone, stays] = [newView(), newView()];
    wheel.add(gone, NOW_MS + 500, NOW_MS);
    wheel.add(stays, NOW_MS + 500, NOW_MS);
    wheel.remove(gone);
    wheel.remove(gone);
    expect(wheel.take(NOW_MS + 750)).toEqual([stays]);
  });

  it('gives out at once who was due before', () => {
    const wheel = new DueWheel();
    wheel.take(NOW_MS);
    wheel.take(NOW_MS + MINUTE_MS);
    const view = newView();
    wheel.add(view, NOW_MS, NOW_MS + MINUTE_MS);
    expect(wheel.take(NOW_MS + MINUTE_MS + 250)).toEqual([view]);
  });

  it('holds no thousands of views that are gone until they would have been due', () => {
    const wheel = new DueWheel();
    let heldCount = 0;
    const stays = newView();
    wheel.add(stays, NOW_MS + MINUTE_MS, NOW_MS);
    for (let index = 0; index < 20_000; index++) {
      const view = newView();
      wheel.add(view, NOW_MS + MINUTE_MS, NOW_MS);
      heldCount = Math.max(heldCount, wheel.placeCount);
      wheel.remove(view);
    }
    expect(heldCount).toBeLessThan(2000);
    expect(wheel.take(NOW_MS + MINUTE_MS)).toEqual([stays]);
  });
});
