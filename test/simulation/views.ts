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

/**
 * How long evidence may still count, in ms: a minute, or three usual gaps, which few calls may show twice as long as they are;
 * and what is let pass for its way.
 */
const LIFETIME_MIN_MS = 60_000;
const LIFETIME_GAPS = 3;
const WAY_MS = 5000;

/** Seconds without a slow call after which a view is slow no more: as many as it took, three times over for those half-way. */
const QUICK_SECONDS = 9;

/** In ms. */
const RELAPSE_FORGOTTEN_MS = 60_000;

/** A pause says nothing of how often a view is heard. In ms. */
const GAP_MAX_MS = 60_000;

/** Of a fault that hits some calls: what share must have failed. */
const PARTIAL_SHARE = 0.4;

/** How many calls of a fold ended after a time, if they ended evenly over it: nobody who was told the fold knows better. */
function callsAfter({ count, fromMs, atMs }: Told, timeMs: number): number {
  if (timeMs < fromMs) return count;
  return timeMs >= atMs ? 0 : Math.max(1, Math.floor((count * (atMs - timeMs)) / (atMs - fromMs)));
}

/** Nothing has failed; `firstMs` is when the first failure was told, `beganMs` when it was met. */
const WELL = { calls: 0, failed: 0, requests: 0, firstMs: 0, beganMs: 0 };

/** One observer's word on a place in an operation. */
export class SeenView {
  readonly observer: Instance;
  lastMs = 0;
  gapMs = 1000;
  firstMs = 0;
  callCount = 0;
  /** When it was heard last with a clock that the engine could put right. */
  believedMs = Number.NEGATIVE_INFINITY;
  /** When a call was told that something had made slow, and the seconds since then in which none was. */
  slowMs = Number.NEGATIVE_INFINITY;
  quickSeconds = new Set<number>();
  /** When its newest good and bad calls ended, by the world's time. What arrives later and is older is no news. */
  newestGoodMs = 0;
  newestBadMs = 0;
  /** Failed calls since the last good one, and good ones since the last failed one. */
  badRun = 0;
  goodRun = 0;
  /** When a call was told last that failed through the observer itself. */
  troubledMs = Number.NEGATIVE_INFINITY;
  /** The last call that was not good, or that was told to be out. */
  badMs = Number.NEGATIVE_INFINITY;
  /** Since when it is known that a call is out of which nothing more was heard. */
  outMs: number | undefined;
  /** How often calls have failed after good ones since a minute without failures: an engine may have seen it relapse as often. */
  relapses = 0;
  /** Since it was well last: all calls, those that failed, and in how many requests those were told, from when on. */
  sinceWell = { ...WELL };
  /** Why the last calls failed; nothing while they fail by chance or not at all. */
  cause: Cause | undefined;

  constructor(observer: Instance) {
    this.observer = observer;
  }

  take(told: Told, nowMs: number, needs: Needs): void {
    const { news, count, cause, atMs } = told;
    const gapMs = Math.min(GAP_MAX_MS, (nowMs - this.lastMs) / count);
    if (this.lastMs > 0 && nowMs > this.lastMs) this.gapMs += (gapMs - this.gapMs) / 8;
    if (this.callCount === 0) this.firstMs = nowMs;
    this.callCount += count;
    this.lastMs = nowMs;
    if (news === 'well') {
      this.#noteTime(told, nowMs);
      const after = callsAfter(told, this.newestBadMs);
      if (after > 0) this.badRun = 0;
      this.goodRun += after;
      this.#cameBack(atMs);
      this.newestGoodMs = Math.max(this.newestGoodMs, atMs);
      this.sinceWell.calls += count;
      if (this.isWell(nowMs, needs)) {
        this.sinceWell = { ...WELL };
        this.cause = undefined;
      }
      return;
    }
    if (this.sinceWell.firstMs === 0) {
      this.sinceWell.firstMs = nowMs;
      this.sinceWell.beganMs = atMs;
    }
    if (nowMs - this.badMs > RELAPSE_FORGOTTEN_MS) this.relapses = 0;
    else if (this.goodRun > 0) this.relapses++;
    if (news === 'failing' && nowMs > this.badMs) this.sinceWell.requests++;
    this.badMs = nowMs;
    this.goodRun = 0;
    if (cause?.role === 'observer') this.troubledMs = nowMs;
    // An observer's own trouble hides nobody's fault.
    if (cause && (cause.role !== 'observer' || !this.cause)) this.cause = cause;
    if (news === 'hung') {
      this.outMs = Math.min(this.outMs ?? atMs, atMs);
      return;
    }
    this.#cameBack(atMs);
    this.badRun += callsAfter(told, this.newestGoodMs);
    this.newestBadMs = Math.max(this.newestBadMs, atMs);
    this.sinceWell.calls += count;
    this.sinceWell.failed += count;
  }

  /** What ended before a call was told to be out says nothing of that call. */
  #cameBack(atMs: number): void {
    if (atMs >= (this.outMs ?? atMs)) this.outMs = undefined;
  }

  #noteTime({ cause, atMs }: Told, nowMs: number): void {
    if (cause) {
      this.slowMs = nowMs;
      this.quickSeconds = new Set();
    } else if (this.quickSeconds.size < QUICK_SECONDS) this.quickSeconds.add(Math.floor(atMs / 1000));
  }

  /** Whether its word surely counts, be it good or bad. */
  isFresh(nowMs: number): boolean {
    return nowMs <= this.believedMs + LIFETIME_MIN_MS - WAY_MS;
  }

  /** Nothing speaks against the place here any more. */
  isWell(nowMs: number, needs: Needs): boolean {
    const meanGapMs = (this.lastMs - this.firstMs) / Math.max(1, this.callCount - 1);
    const gapMs = 2 * Math.max(meanGapMs, this.gapMs);
    const lifetimeMs = Math.max(LIFETIME_MIN_MS, LIFETIME_GAPS * gapMs) + WAY_MS;
    if (this.isSlow() && nowMs <= this.slowMs + lifetimeMs) return false;
    if (nowMs > this.badMs + lifetimeMs) return true;
    const isLongAgo = this.newestGoodMs - this.newestBadMs >= needs.acquitAfterMs;
    return isLongAgo && this.goodRun >= needs.toAcquit(this.gapMs, this.relapses);
  }

  isSlow(): boolean {
    return this.slowMs > Number.NEGATIVE_INFINITY && this.quickSeconds.size < QUICK_SECONDS;
  }

  /** Whether its observer has had troubles of its own of late, so that nobody need believe it. */
  isTroubled(nowMs: number): boolean {
    return nowMs - this.troubledMs < LIFETIME_MIN_MS;
  }

  /** Every call of late has failed, and there were enough. */
  isFailing(needs: Needs): boolean {
    return this.badRun >= needs.toConvict(this.gapMs);
  }

  /** The same, enough for a doubt. */
  isDoubtful(needs: Needs): boolean {
    return this.badRun >= needs.toDoubt(this.gapMs);
  }

  /** Many calls of late have failed, in between others; the last but one or the last of them, or it may be well again. */
  isPartlyFailing(needs: Needs): boolean {
    if (this.goodRun > 1) return false;
    const { calls, failed, requests } = this.sinceWell;
    const enough = needs.toDoubtPartly(this.gapMs);
    return failed >= enough.failed && requests >= enough.requests && failed >= PARTIAL_SHARE * calls;
  }
}

/** All that was told of a place: each of its names is heard apart, for the engine may not know yet that they are one. */
export class SeenPlace {
  readonly place: Place;
  readonly #needs: Needs;
  readonly #byOperation = new Map<string, Map<string, SeenView>>();

  constructor(place: Place, needs: Needs) {
    this.place = place;
    this.#needs = needs;
  }

  take(told: Told, nowMs: number, isBelieved: boolean): void {
    let views = this.#byOperation.get(told.operation);
    if (!views) {
      views = new Map();
      this.#byOperation.set(told.operation, views);
    }
    const key = `${told.observer.name} ${told.subject}`;
    let view = views.get(key);
    if (!view) {
      view = new SeenView(told.observer);
      views.set(key, view);
    }
    view.take(told, nowMs, this.#needs);
    if (isBelieved) view.believedMs = nowMs;
  }

  /** The views of each operation: of each observer one for each name that it uses. */
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

  /** Whether anything has made it slow of late, and not a while of quick calls has passed since. */
  isSlow(): boolean {
    for (const view of this.views()) if (view.isSlow()) return true;
    return false;
  }

  /** The causes for which something still speaks against the place. */
  causes(nowMs: number): Cause[] {
    const causes: Cause[] = [];
    for (const view of this.views()) if (view.cause && !view.isWell(nowMs, this.#needs)) causes.push(view.cause);
    return causes;
  }
}

/** Who they are of, each once. */
export function observersOf(views: readonly SeenView[]): Instance[] {
  return [...new Set(views.map(({ observer }) => observer))];
}

/** What is known of a place, for whoever reads the log. */
export function evidenceText(seen: SeenPlace): string {
  const shown = (view: SeenView) =>
    `${view.observer.name} ${view.badRun} bad ${view.goodRun} good${view.cause ? ` ${view.cause.role} ${view.cause.fault.kind}` : ''}`;
  return [...seen.views()].map(shown).join(', ');
}

/** Whether so many calls have failed by chance that a fault would look no other. */
export function isChanceLikeFault(views: readonly SeenView[], needs: Needs): boolean {
  const unlucky = views.filter(({ cause, badRun }) => !cause && badRun > 0);
  const gapMs = Math.min(...unlucky.map((view) => view.gapMs)) / unlucky.length;
  return unlucky.length > 0 && unlucky.reduce((sum, { badRun }) => sum + badRun, 0) >= needs.leastToConvict(gapMs);
}
