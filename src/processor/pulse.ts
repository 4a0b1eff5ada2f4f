// SPDX-License-Identifier: Apache-2.0
/**
 * The guest's one timer: a tick every 25 ms while calls are out, and none while there are none. It is a clock and a
 * stethoscope in one.
 *
 * A clock, because time in ticks stands still while the event loop does. An observer that is blocked for a second has not
 * waited for anybody during it: the answers lie in its sockets. A loop that is merely late, tick after tick, does wait, so up
 * to a tick of lateness is made good each time. Nor need a call look at the machine's clock when it starts, which would cost
 * as much as all the rest of watching it.
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

export interface PulseMeans {
  readonly clock: Clock;
  /** The event-loop delay is of the last one to two of these, in ms. */
  readonly windowMs: number;
  /** What to do at a tick; whether another is wanted. */
  readonly onTick: (tick: number) => boolean;
  /** Runs what the timer runs, and contains its faults. */
  readonly guarded: (work: () => void) => void;
}

export class Pulse {
  readonly #means: PulseMeans;
  #timer: Timer | undefined;
  #dueMs = 0;
  #tick = 0;
  /** Lateness that has not been made good, at most two ticks. */
  #owedMs = 0;
  /** In this window, which began at `#sinceMs`, and of the last. */
  #delays = newDelays();
  #lastMs = 0;
  #sinceMs = 0;

  constructor(means: PulseMeans) {
    this.#means = means;
  }

  /** Ticks so far. */
  get tick(): number {
    return this.#tick;
  }

  get isTicking(): boolean {
    return this.#timer !== undefined;
  }

  /** Lets it tick, where it does not. Throws where the clock does. */
  start(): void {
    if (!this.#timer) this.#arm();
  }

  stop(): void {
    const timer = this.#timer;
    this.#timer = undefined;
    timer?.cancel();
  }

  /** The event-loop delay: p99 of this window or of the last, or how late the next tick is by now; the longest, in seconds. */
  get lagSeconds(): number {
    const nowMs = this.#means.clock.monotonicMs();
    this.#turn(nowMs);
    const overdueMs = this.#timer ? nowMs - this.#dueMs : 0;
    return Math.max(this.#lastMs, lagOf(this.#delays), overdueMs) / 1000;
  }

  #arm(): void {
    const { clock, guarded } = this.#means;
    this.#dueMs = clock.monotonicMs() + TICK_MS;
    this.#timer = clock.setTimer(TICK_MS, () => guarded(() => this.#beat()));
  }

  #beat(): void {
    this.#timer = undefined;
    const nowMs = this.#means.clock.monotonicMs();
    this.#turn(nowMs);
    const lateMs = Math.max(0, nowMs - this.#dueMs);
    this.#listen(lateMs);
    this.#owedMs = Math.min(this.#owedMs + lateMs, 2 * TICK_MS);
    let goesOn = this.#next();
    if (this.#owedMs >= TICK_MS) {
      this.#owedMs -= TICK_MS;
      goesOn = this.#next();
    }
    if (goesOn) this.start();
  }

  #next(): boolean {
    return this.#means.onTick(++this.#tick);
  }

  /** Begins another window when it is time. What was heard before a time without ticks says nothing of now. */
  #turn(nowMs: number): void {
    const passedMs = nowMs - this.#sinceMs;
    const { windowMs } = this.#means;
    if (passedMs < windowMs) return;
    this.#lastMs = passedMs < 2 * windowMs ? lagOf(this.#delays) : 0;
    this.#delays = newDelays();
    this.#sinceMs = nowMs;
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
