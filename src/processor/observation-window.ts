// SPDX-License-Identifier: Apache-2.0
/**
 * What was seen since the last sending, folded. Good news is plentiful and can wait a second; bad news is rare and goes
 * at once; the first good news after bad news goes at once too, because somebody may be waiting for it (the original
 * could lag 20 s here). Within one window bad news of a pair is urgent once and then each time there is as much of it again,
 * so that the third and fourth failure, which convict, need not wait, and ten thousand cost a dozen observations.
 *
 * Pure: time comes with the sightings. O(1) per sighting, and the commonest, good news of a known pair, allocates nothing.
 */
import { OPERATION_OTHER } from '../model/limits.js';
import type { ObservationSource } from '../model/observation.js';
import { HealthStatus } from '../model/status.js';
import type { Call, Sighting } from '../observe/observe.js';
import { OperationCap } from '../observe/operation-cap.js';
import { type Ended, type FoldedCalls, type News, Pair, type Shown } from './pair.js';

/** Calls of one pair with one outcome, folded. Times in epoch ms of the observer. */
export interface FoldedSighting extends FoldedCalls {
  readonly sighting: Sighting;
}

/**
 * Suspicions, and news that takes one back, that go at once in one window beside the first of their kind: a server that
 * stops, goes on and stops again takes a tenth of a second for each suspicion at the least, and more turns than this in a
 * second are one flapping.
 */
const TURNS_PER_WINDOW = 4;

const NOTHING: readonly FoldedSighting[] = [];

export class ObservationWindow {
  readonly #pairCountMax: number;
  readonly #operations: OperationCap;
  /** By who speaks, subject and operation: one map in another, since joining the three would cost more than all the rest. */
  readonly #bySource = new Map<ObservationSource, Map<string, Map<string, Pair>>>();
  /** All of them; the one that has been without news for longest is the first. */
  readonly #pairs = new Set<Pair>();
  /** Those with news in this window. */
  #busy: Pair[] = [];
  #droppedCount = 0;
  #foldedCount = 0;

  constructor(pairCountMax: number) {
    this.#pairCountMax = pairCountMax;
    this.#operations = new OperationCap(pairCountMax);
  }

  /** Pairs that are remembered. */
  get pairCount(): number {
    return this.#pairs.size;
  }

  /** Calls lost because more pairs were met in one window than the bound allows. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Calls folded into the operation `other`. */
  get foldedCount(): number {
    return this.#foldedCount;
  }

  /** The pair that a call is of, begun where it is not known; `undefined` where news of every pair waits. O(1). */
  pairOf(call: Call): Pair | undefined {
    const { source, subject, operation } = call;
    return this.#bySource.get(source)?.get(subject.text)?.get(operation) ?? this.#begin(call);
  }

  /** A pair is of use though it has no news: it is remembered, and ages, as those that have. */
  touch(pair: Pair): void {
    if (!pair.busy) this.#stir(pair);
  }

  /** Adds a call that ended at `endMs`. Returns what must go at once, usually nothing. */
  add(
    pair: Pair,
    ended: Ended,
    endMs: number,
    latencyMs: number,
    shown?: Shown,
    suspicion = 0,
  ): readonly FoldedSighting[] {
    this.touch(pair);
    const { status } = ended;
    const news = pair.newsOf(ended);
    news.add(ended.reason, endMs, latencyMs, shown, suspicion);
    if (!isUrgent(pair, status)) return NOTHING;
    if (news.urgentCount > 0 && !hasDoubled(news) && !isTurn(pair, status)) return NOTHING;
    news.urgentCount = news.windowCount;
    return takeFrom(pair);
  }

  /** Counts a call that the bounds touch: not taken at all, or not told apart from others of its subject. */
  count(call: Call, pair: Pair | undefined): void {
    if (!pair) this.#droppedCount++;
    else if (pair.call.operation === OPERATION_OTHER && call.operation !== OPERATION_OTHER) this.#foldedCount++;
  }

  /**
   * Ends the window: everything not yet sent. Pairs stay known until there is no room for them.
   *
   * @param nowMs monotonic
   */
  drain(nowMs: number): FoldedSighting[] {
    const folded: FoldedSighting[] = [];
    for (const pair of this.#busy) {
      folded.push(...takeFrom(pair));
      pair.rest(nowMs);
    }
    this.#busy = [];
    return folded;
  }

  /** The first news of a pair in this window. */
  #stir(pair: Pair): void {
    pair.busy = true;
    this.#busy.push(pair);
    this.#pairs.delete(pair);
    this.#pairs.add(pair);
  }

  #begin(call: Call): Pair | undefined {
    const operation = this.#operations.admit(call.subject.text, call.operation);
    const known = this.#bySource.get(call.source)?.get(call.subject.text)?.get(operation);
    if (known) return known;
    // More than one may have to go: a pair that was forgotten comes back with the end of a call that was out.
    while (this.#pairs.size >= this.#pairCountMax) if (!this.#forgetQuietest()) return undefined;
    const pair = new Pair({ ...call, operation });
    this.#pairs.add(pair);
    const bySubject = childOf(this.#bySource, call.source);
    childOf(bySubject, call.subject.text).set(operation, pair);
    return pair;
  }

  /** Makes room by forgetting the pair that has been quiet for longest, if nothing of it waits to be sent. */
  #forgetQuietest(): boolean {
    const [quietest] = this.#pairs;
    if (!quietest || quietest.busy) return false;
    const { source, subject, operation } = quietest.call;
    const bySubject = this.#bySource.get(source);
    const byOperation = bySubject?.get(subject.text);
    if (byOperation?.get(operation) === quietest) byOperation.delete(operation);
    if (byOperation?.size === 0) bySubject?.delete(subject.text);
    return this.#pairs.delete(quietest);
  }
}

function childOf<K, L, V>(parent: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let child = parent.get(key);
  if (!child) {
    child = new Map();
    parent.set(key, child);
  }
  return child;
}

function isUrgent(pair: Pair, status: HealthStatus): boolean {
  if (status !== HealthStatus.HEALTHY) return true;
  return pair.lastSent !== undefined && pair.lastSent !== HealthStatus.HEALTHY;
}

/** Whether a window has twice as many bad calls as when they were last told at once. */
function hasDoubled({ status, windowCount, urgentCount }: News): boolean {
  return status !== HealthStatus.HEALTHY && windowCount >= 2 * urgentCount;
}

/**
 * Whether a suspicion turns up anew, or is taken back: then the same news goes at once again, a few times a window. Somebody
 * may be watching a server stop, go on, and stop again; a suspicion takes a tenth of a second at the least, so turns are few.
 */
function isTurn(pair: Pair, status: HealthStatus): boolean {
  const turns = (status === HealthStatus.PENDING) !== (pair.lastSent === HealthStatus.PENDING);
  return turns && ++pair.turnCount <= TURNS_PER_WINDOW;
}

/** What waits in a pair, oldest last call first, so that the engine reads it in the order it happened. */
function takeFrom(pair: Pair): FoldedSighting[] {
  const waiting = pair.news.filter(({ count }) => count > 0);
  waiting.sort((a, b) => a.lastMs - b.lastMs);
  return waiting.map((news) => {
    const { status, reason } = news;
    pair.lastSent = status;
    return { sighting: { ...pair.call, status, reason }, ...news.take() };
  });
}
