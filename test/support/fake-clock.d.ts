/** A clock that a test owns. Timers run when `advance` passes their time, in order. */
import type { Clock, Timer } from '../../src/model/clock.js';
export declare class FakeClock implements Clock {
    #private;
    constructor(nowMs?: number);
    nowMs(): number;
    monotonicMs(): number;
    setTimer(delayMs: number, task: () => void): Timer;
    /** Sets the clock of the machine forward or back; no time passes. */
    jump(ms: number): void;
    /** Lets time pass. What timers set on the way runs too, if its time comes. */
    advance(ms: number): void;
    /** Lets time pass in which no timer can run; then those that have come due run, late. */
    standStill(ms: number): void;
    /** Lets time pass in which no timer runs, nor afterwards: work of the host is still going on. */
    onlyPass(ms: number): void;
    /** Timers that have not run. */
    get timerCount(): number;
}
