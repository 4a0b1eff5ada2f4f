// SPDX-License-Identifier: Apache-2.0
/**
 * What has reached the engine, as the oracle keeps it: for each place and operation, what each observer has said of late, in
 * the order in which it arrived, and why. From this alone it follows what an engine must know by now.
 */
import type { Needs } from './contestants.js';
import type { Cause } from './faults.js';
import type { Told } from './parcels.js';
import type { Place } from './places.js';
import type { Instance } from './topology.js';

/** How long evidence may still count, in ms: a minute, or three usual gaps; and what is let pass for its way. */
const LIFETIME_MIN_MS = 60_000;
const LIFETIME_GAPS = 3;
const WAY_MS = 5000;

/** Of a fault that hits some calls: what share must have failed, and how many times as many calls it takes to tell. */
const PARTIAL_SHARE = 0.4;
const PARTIAL_FACTOR = 3;

/** One observer's word on a place in an operation. */
export class SeenView {
  readonly observer: Instance;
  lastMs = 0;
  gapMs = 1000;
  /** Failed calls since the last good one, and good ones since the last failed one. */
  badRun = 0;
  goodRun = 0;
  /** The last call that was not good, or that was told to be out. */
  badMs = Number.NEGATIVE_INFINITY;
  isOut = false;
  /** Since it was well last: all calls, and those that failed. */
  sinceWell = { calls: 0, failed: 0 };
  /** Why the last calls failed; nothing while they fail by chance or not at all. */
  cause: Cause | undefined;

  constructor(observer: Instance) {
    this.observer = observer;
  }

  take({ news, count, cause }: Told, nowMs: number, needs: Needs): void {
    if (this.lastMs > 0 && nowMs > this.lastMs) this.gapMs += (Math.min(60_000, (nowMs - this.lastMs) / count) - this.gapMs) / 8;
    this.lastMs = nowMs;
    if (news === 'well') {
      this.badRun = 0;
      this.goodRun += count;
      this.isOut = false;
      this.sinceWell.calls += count;
      if (this.isWell(nowMs, needs)) {
        this.sinceWell = { calls: 0, failed: 0 };
        this.cause = undefined;
      }
      return;
    }
    this.badMs = nowMs;
    this.goodRun = 0;
    if (cause) this.cause = cause;
    this.isOut = news === 'hung';
    if (news === 'hung') return;
    this.badRun += count;
    this.sinceWell.calls += count;
    this.sinceWell.failed += count;
  }

  /** Nothing speaks against the place here any more. */
  isWell(nowMs: number, needs: Needs): boolean {
    if (this.badMs === Number.NEGATIVE_INFINITY) return true;
    if (nowMs > this.badMs + Math.max(LIFETIME_MIN_MS, LIFETIME_GAPS * this.gapMs) + WAY_MS) return true;
    return this.goodRun >= needs.toAcquit(this.gapMs) && nowMs - this.badMs >= needs.acquitAfterMs;
  }

  /** Every call of late has failed, and there were enough. */
  isFailing(needs: Needs): boolean {
    return this.badRun >= needs.toConvict(this.gapMs);
  }

  /** The same, enough for a doubt. */
  isDoubtful(needs: Needs): boolean {
    return this.badRun >= needs.toDoubt(this.gapMs);
  }

  /** Many calls of late have failed, in between others. */
  isPartlyFailing(needs: Needs): boolean {
    const { calls, failed } = this.sinceWell;
    return failed >= PARTIAL_FACTOR * needs.toConvict(this.gapMs) && failed >= PARTIAL_SHARE * calls;
  }
}

/** All that was told of a place. */
export class SeenPlace {
  readonly place: Place;
  readonly #needs: Needs;
  readonly #byOperation = new Map<string, Map<Instance, SeenView>>();

  constructor(place: Place, needs: Needs) {
    this.place = place;
    this.#needs = needs;
  }

  take(told: Told, nowMs: number): void {
    let views = this.#byOperation.get(told.operation);
    if (!views) {
      views = new Map();
      this.#byOperation.set(told.operation, views);
    }
    let view = views.get(told.observer);
    if (!view) {
      view = new SeenView(told.observer);
      views.set(told.observer, view);
    }
    view.take(told, nowMs, this.#needs);
  }

  /** The views of each operation. */
  *operations(): Iterable<readonly SeenView[]> {
    for (const views of this.#byOperation.values()) yield [...views.values()];
  }

  *views(): Iterable<SeenView> {
    for (const views of this.#byOperation.values()) yield* views.values();
  }

  isWell(nowMs: number): boolean {
    for (const view of this.views()) if (!view.isWell(nowMs, this.#needs)) return false;
    return true;
  }

  /** The causes for which something still speaks against the place. */
  causes(nowMs: number): Cause[] {
    const causes: Cause[] = [];
    for (const view of this.views()) if (view.cause && !view.isWell(nowMs, this.#needs)) causes.push(view.cause);
    return causes;
  }
}
