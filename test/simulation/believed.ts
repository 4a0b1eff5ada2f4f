// SPDX-License-Identifier: Apache-2.0
/**
 * Whose clock the engine can be asked to have put right. A clock that is off by more than the engine lets pass is corrected
 * when three deliveries, 5 s apart, agree that it is; until then its observer's word is too old or too new to count on.
 */
import type { Instance } from './topology.js';
import { skewAt } from './topology.js';

/** Differences that are no matter, in ms: what the engine takes for delay of delivery, less the usual delay. */
const TOLERANCE_MS = 2000;

/** Three deliveries at least 5 s apart take 10 s where none is lost or held up; here one in six is, and then they begin anew. */
const PUT_RIGHT_MS = 40_000;

/** And they come no faster than the observer sends. */
const DELIVERIES = 6;

interface Heard {
  offMs: number;
  /** When it was first heard with a clock that is off by so much; nothing where it is not, and never was. */
  sinceMs: number | undefined;
  lastMs: number;
  gapMs: number;
}

export class Believed {
  readonly #engineOffMs: number;
  readonly #heard = new Map<Instance, Heard>();

  constructor(engineOffMs: number) {
    this.#engineOffMs = engineOffMs;
  }

  heard(observer: Instance, toldMs: number, nowMs: number): void {
    const offMs = skewAt(observer, toldMs) - this.#engineOffMs;
    const heard = this.#heard.get(observer);
    if (!heard) {
      const sinceMs = Math.abs(offMs) > TOLERANCE_MS ? nowMs : undefined;
      this.#heard.set(observer, { offMs, sinceMs, lastMs: nowMs, gapMs: 1000 });
      return;
    }
    if (Math.abs(offMs - heard.offMs) > 1) {
      heard.offMs = offMs;
      heard.sinceMs = nowMs;
    }
    heard.gapMs += (nowMs - heard.lastMs - heard.gapMs) / 8;
    heard.lastMs = nowMs;
  }

  is(observer: Instance, nowMs: number): boolean {
    const heard = this.#heard.get(observer);
    if (!heard) return false;
    if (heard.sinceMs === undefined) return true;
    return nowMs - heard.sinceMs >= PUT_RIGHT_MS + DELIVERIES * heard.gapMs;
  }
}
