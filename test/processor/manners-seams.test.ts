// SPDX-License-Identifier: Apache-2.0
/**
 * Every seam between the guest and what is not its own, broken in turn under a host that goes about its work. What the host
 * notices must be what it notices with nothing broken, and the counts must say what was lost.
 */
import { context, diag } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { BreakableClock } from '../support/breakable-clock.js';
import { startGuest } from './guest.js';
import { CALLS, live, undisturbed } from './host.js';
import { SEAMS } from './seams.js';

afterEach(() => {
  context.disable();
  diag.disable();
});

describe('a host', () => {
  it('that has no trouble is told all', async () => {
    const guest = startGuest();
    const noticed = await live(guest);
    expect(noticed).toHaveLength(39);
    expect(JSON.stringify(noticed)).not.toContain('thrown');
    const counts = guest.processor.counts();
    expect(counts).toMatchObject({ observed: CALLS - 1, abandoned: 1, hung: 2, inFlight: 0, faults: 0 });
    expect(counts.exportedObservations).toBe(guest.exporter.spans.length);
    expect(guest.clock.timerCount).toBe(0);
  });

  it.each(Object.entries(SEAMS))('notices nothing of %s', async (_, { options, breaks, strikes, counts }) => {
    const clock = new BreakableClock();
    const guest = startGuest({ clock, ...options });
    breaks?.(guest, clock);
    const noticed = await live(guest, () => strikes?.(guest, clock));
    expect(noticed).toEqual(await undisturbed());
    expect(guest.processor.counts()).toMatchObject(counts);
    clock.break(undefined);
    clock.whole.advance(120_000);
    expect(clock.whole.timerCount).toBe(0);
  });
});
