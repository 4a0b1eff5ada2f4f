// SPDX-License-Identifier: Apache-2.0
/**
 * Observers' clocks are not trusted. The difference between when something was observed and when it was received is the
 * delivery delay plus the clocks' disagreement; the smallest difference seen lately is nearly all disagreement, because
 * sooner or later one delivery is fast. Taking it off puts all observers on the engine's clock, and an observer whose
 * clock is a day off keeps its vote.
 *
 * Source: the minimum filter of NTP's clock filter algorithm, RFC 5905 section 10, in its simplest form.
 */
import { BoundedMap } from './bounded-map.js';

/** The minimum is taken over the last one to two of these, so that a clock that was set is believed again after. */
const WINDOW_MS = 60_000;

/** Differences up to this are taken for delivery delay, and the observer's time is left as it is. */
const TOLERANCE_MS = 2000;

interface Offsets {
  windowStartMs: number;
  currentMinMs: number;
  formerMinMs: number;
}

export class ObserverClocks {
  readonly #offsets: BoundedMap<string, Offsets>;

  constructor(observerCountMax = 10_000) {
    this.#offsets = new BoundedMap(observerCountMax);
  }

  /**
   * What to add to an observer's times to put them on the engine's clock; 0 within the tolerance. In ms.
   *
   * @param differenceMs the smallest (received − observed) of what has just arrived together
   */
  correctionMs(observer: string, differenceMs: number, receivedMs: number): number {
    const skewMs = this.#smallest(observer, differenceMs, receivedMs);
    return Math.abs(skewMs) <= TOLERANCE_MS ? 0 : skewMs;
  }

  #smallest(observer: string, differenceMs: number, receivedMs: number): number {
    const known = this.#offsets.get(observer);
    if (!known) {
      this.#offsets.set(observer, {
        windowStartMs: receivedMs,
        currentMinMs: differenceMs,
        formerMinMs: Number.POSITIVE_INFINITY,
      });
      return differenceMs;
    }
    if (receivedMs - known.windowStartMs >= WINDOW_MS) {
      known.formerMinMs = known.currentMinMs;
      known.currentMinMs = differenceMs;
      known.windowStartMs = receivedMs;
    }
    known.currentMinMs = Math.min(known.currentMinMs, differenceMs);
    return Math.min(known.currentMinMs, known.formerMinMs);
  }
}
