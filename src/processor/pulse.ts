// SPDX-License-Identifier: Apache-2.0
/**
 * The guest's one timer: a tick every 25 ms while calls are out, and none while there are none. It is a clock and a
 * stethoscope in one.
 *
 * A clock, because time in ticks stands still while the event loop does. An observer that is blocked for a second has not
 * waited for anybody during it: the answers lie in its sockets. Nor need a call look at the machine's clock when it
 * starts, which would cost as much as all the rest of watching it.
 *
 * A stethoscope, because a tick that comes late tells how late everything else in this process comes. That is the event-loop
 * delay that goes with each observation, so that an overloaded observer is not believed.
 */
import { DDSketch } from '@datadog/sketches-js';
import type { Clock, Timer } from '../model/clock.js';

/** Length of a tick, in ms: a quarter of the least time after which a call is suspected. */
export const TICK_MS = 25;

/** The share of the time in which the event loop was no later than said. */
const LAG_QUANTILE = 0.99;

/** A standstill counts for as many ticks as it swallowed, up to this many: of 25 s. */
const SWALLOWED_TICKS_MAX = 1000;

export class Pulse {
  readonly #clock: Clock;
  readonly #onTick: (tick: number) => boolean;
  #timer: Timer | undefined;
  #dueMs = 0;
  #tick = 0;
  #delays = newDelays();
  #lagMs = 0;

  /** @param onTick what to do at a tick; whether another is wanted. Must not throw */
  constructor(clock: Clock, onTick: (tick: number) => boolean) {
    this.#clock = clock;
    this.#onTick = onTick;
  }

  /** Ticks so far. */
  get tick(): number {
    return this.#tick;
  }

  /** Lets it tick, where it does not. */
  start(): void {
    if (!this.#timer) this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The event-loop delay, p99 of this window or of the last, whichever is the longer, in seconds. */
  get lagSeconds(): number {
    return Math.max(this.#lagMs, lagOf(this.#delays)) / 1000;
  }

  /** Begins another window. */
  endWindow(): void {
    this.#lagMs = lagOf(this.#delays);
    this.#delays = newDelays();
  }

  #arm(): void {
    this.#dueMs = this.#clock.monotonicMs() + TICK_MS;
    this.#timer = this.#clock.setTimer(TICK_MS, () => this.#beat());
  }

  #beat(): void {
    this.#timer = undefined;
    this.#tick++;
    this.#listen(this.#clock.monotonicMs() - this.#dueMs);
    if (this.#onTick(this.#tick)) this.start();
  }

  /** A delay hides the ticks that would have come meanwhile, each a tick less late than the one before. */
  #listen(delayMs: number): void {
    const ticks = Math.min(SWALLOWED_TICKS_MAX, 1 + Math.floor(Math.max(0, delayMs) / TICK_MS));
    for (let swallowed = 0; swallowed < ticks; swallowed++) {
      this.#delays.accept(Math.max(0, delayMs - swallowed * TICK_MS));
    }
  }
}

function newDelays(): DDSketch {
  return new DDSketch({ relativeAccuracy: 0.05 });
}

function lagOf(delays: DDSketch): number {
  return delays.count === 0 ? 0 : delays.getValueAtQuantile(LAG_QUANTILE);
}
