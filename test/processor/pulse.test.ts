// SPDX-License-Identifier: Apache-2.0
/** The one timer: how late it comes says how late the observer is, now and not before. */
import { describe, expect, it, vi } from 'vitest';
import { Pulse } from '../../src/processor/pulse.js';
import { FakeClock } from '../support/fake-clock.js';

function beating({ windowMs = 1000 } = {}) {
  const clock = new FakeClock();
  const onTick = vi.fn(() => true);
  const pulse = new Pulse({ clock, windowMs, onTick, guarded: (work) => work() });
  return { clock, onTick, pulse };
}

describe('a pulse', () => {
  it('ticks every 25 ms while another tick is wanted', () => {
    const { clock, onTick, pulse } = beating();
    pulse.start();
    pulse.start();
    clock.advance(100);
    expect(onTick.mock.calls).toEqual([[1], [2], [3], [4]]);
    onTick.mockReturnValue(false);
    clock.advance(1000);
    expect(pulse.tick).toBe(5);
    expect(clock.timerCount).toBe(0);
  });

  it('stands still while the event loop does, but for two ticks', () => {
    const { clock, pulse } = beating();
    pulse.start();
    clock.standStill(10_000);
    clock.advance(100);
    expect(pulse.tick).toBe(5 + 2);
  });

  it('keeps time with a loop that is a little late all the time, and never runs ahead of it', () => {
    const { clock, pulse } = beating();
    pulse.start();
    for (let beat = 1; beat <= 100; beat++) {
      clock.advance(24.9);
      clock.standStill(15.1);
      expect(pulse.tick * 25).toBeLessThanOrEqual(beat * 40);
    }
    expect(pulse.tick * 25).toBeGreaterThan(100 * 40 - 50);
  });
});

describe('the event-loop delay', () => {
  it('is known before the next tick: what is observed right after a standstill comes late too', () => {
    const { clock, pulse } = beating();
    pulse.start();
    clock.advance(500);
    expect(pulse.lagSeconds).toBe(0);
    clock.onlyPass(800);
    expect(pulse.lagSeconds).toBeCloseTo(0.775, 2);
  });

  it('of a standstill is told for one window and the next', () => {
    const { clock, pulse } = beating();
    pulse.start();
    clock.standStill(3000);
    expect(pulse.lagSeconds).toBeGreaterThan(2.8);
    clock.advance(900);
    expect(pulse.lagSeconds).toBeGreaterThan(2.8);
    clock.advance(800);
    expect(pulse.lagSeconds).toBeGreaterThan(2.8);
    clock.advance(400);
    expect(pulse.lagSeconds).toBe(0);
  });

  it('is none after a time in which nothing was out', () => {
    const { clock, onTick, pulse } = beating();
    onTick.mockReturnValue(false);
    pulse.start();
    clock.standStill(3000);
    expect(pulse.lagSeconds).toBeGreaterThan(2.8);
    clock.advance(60_000);
    expect(pulse.lagSeconds).toBe(0);
  });

  it('is not lost in a long time without news', () => {
    const { clock, pulse } = beating();
    pulse.start();
    clock.advance(600_000);
    clock.standStill(800);
    expect(pulse.lagSeconds).toBeGreaterThan(0.7);
  });

  it('is not that of one late tick among a hundred', () => {
    const { clock, pulse } = beating({ windowMs: 10_000 });
    pulse.start();
    clock.advance(5000);
    clock.standStill(30);
    clock.advance(2000);
    expect(pulse.lagSeconds).toBe(0);
  });
});
