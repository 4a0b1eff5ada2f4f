// SPDX-License-Identifier: Apache-2.0
/** A clock as a guest sees it, which a test breaks: from then on one thing that it does throws. The host's own stays whole. */
import type { Clock, Timer } from '../../src/model/clock.js';
import { FakeClock } from './fake-clock.js';

export type ClockPart = 'nowMs' | 'monotonicMs' | 'setTimer' | 'cancel';

export class BreakableClock implements Clock {
  readonly whole: FakeClock = new FakeClock();
  #broken: ClockPart | undefined;

  /** Nothing is broken any more where no part is given. */
  break(part: ClockPart | undefined): void {
    this.#broken = part;
  }

  nowMs(): number {
    this.#check('nowMs');
    return this.whole.nowMs();
  }

  monotonicMs(): number {
    this.#check('monotonicMs');
    return this.whole.monotonicMs();
  }

  setTimer(delayMs: number, task: () => void): Timer {
    this.#check('setTimer');
    const timer = this.whole.setTimer(delayMs, task);
    return {
      cancel: () => {
        this.#check('cancel');
        timer.cancel();
      },
    };
  }

  #check(part: ClockPart): void {
    if (this.#broken === part) throw new Error(`the clock is broken: ${part}`);
  }
}
