// SPDX-License-Identifier: Apache-2.0
/** A clock that a test owns. Timers run when `advance` passes their time, in order. */
import type { Clock, Timer } from '../../src/model/clock.js';

interface Waiting {
  readonly atMs: number;
  readonly task: () => void;
}

export class FakeClock implements Clock {
  #nowMs: number;
  #skewMs = 0;
  #waiting: Waiting[] = [];

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs + this.#skewMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, task: () => void): Timer {
    const waiting = { atMs: this.#nowMs + delayMs, task };
    this.#waiting.push(waiting);
    return { cancel: () => this.#forget(waiting) };
  }

  /** Sets the clock of the machine forward or back; no time passes. */
  jump(ms: number): void {
    this.#skewMs += ms;
  }

  /** Lets time pass. What timers set on the way runs too, if its time comes. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#nextBefore(untilMs); next; next = this.#nextBefore(untilMs)) {
      this.#forget(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.task();
    }
    this.#nowMs = untilMs;
  }

  /** Lets time pass in which no timer can run; then those that have come due run, late. */
  standStill(ms: number): void {
    this.#nowMs += ms;
    this.advance(0);
  }

  /** Lets time pass in which no timer runs, nor afterwards: work of the host is still going on. */
  onlyPass(ms: number): void {
    this.#nowMs += ms;
  }

  /** Timers that have not run. */
  get timerCount(): number {
    return this.#waiting.length;
  }

  #nextBefore(untilMs: number): Waiting | undefined {
    return this.#waiting.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
  }

  #forget(waiting: Waiting): void {
    this.#waiting = this.#waiting.filter((each) => each !== waiting);
  }
}
