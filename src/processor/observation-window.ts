// SPDX-License-Identifier: Apache-2.0
/**
 * What was seen since the last sending, folded. Good news is plentiful and can wait a second; bad news is rare and goes
 * at once; the first good news after bad news goes at once too, because somebody may be waiting for it (the original
 * could lag 20 s here). Within one window each kind of news of a pair is urgent once, so that a flapping subject costs
 * a few observations a second and not one a call.
 *
 * Pure: time comes with the sightings. O(1) per sighting.
 */
import { EVIDENCE_PER_OBSERVATION_MAX } from '../model/limits.js';
import type { Evidence, OutcomeReason } from '../model/observation.js';
import { HealthStatus } from '../model/status.js';
import type { Sighting } from '../observe/observe.js';

/** Calls of one pair with one outcome, folded. Times in epoch ms of the observer. */
export interface FoldedSighting {
  readonly sighting: Sighting;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly latencySumMs: number;
  readonly latencyMaxMs: number;
  /** Of negative sightings only. */
  readonly evidence: readonly Evidence[];
}

interface Bucket {
  sighting: Sighting;
  count: number;
  firstMs: number;
  lastMs: number;
  latencySumMs: number;
  latencyMaxMs: number;
  evidence: Evidence[];
  /** Sent at once in this window already; the rest of the window waits. */
  urgentSent: boolean;
}

/** One observer's news of one subject in one operation. */
interface Pair {
  readonly buckets: Map<string, Bucket>;
  lastSent: HealthStatus | undefined;
}

export class ObservationWindow {
  readonly #pairCountMax: number;
  readonly #pairs = new Map<string, Pair>();
  #droppedCount = 0;

  constructor(pairCountMax: number) {
    this.#pairCountMax = pairCountMax;
  }

  /** Calls lost because more pairs were met in one window than the bound allows. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Adds a call that ended at `endMs`. Returns what must go at once, usually nothing. */
  add(sighting: Sighting, endMs: number, latencyMs: number, evidence: Evidence | undefined): FoldedSighting[] {
    const pair = this.#pairOf(sighting);
    if (!pair) {
      this.#droppedCount++;
      return [];
    }
    const bucket = bucketOf(pair, sighting, endMs);
    bucket.count++;
    bucket.firstMs = Math.min(bucket.firstMs, endMs);
    bucket.lastMs = Math.max(bucket.lastMs, endMs);
    bucket.latencySumMs += latencyMs;
    bucket.latencyMaxMs = Math.max(bucket.latencyMaxMs, latencyMs);
    if (evidence && bucket.evidence.length < EVIDENCE_PER_OBSERVATION_MAX) bucket.evidence.push(evidence);
    if (bucket.urgentSent || !isUrgent(pair, sighting)) return [];
    bucket.urgentSent = true;
    return takeFrom(pair);
  }

  /** Ends the window: everything not yet sent, and pairs with no news are forgotten unless they end in bad news. */
  drain(): FoldedSighting[] {
    const folded: FoldedSighting[] = [];
    for (const [key, pair] of this.#pairs) {
      const taken = takeFrom(pair);
      pair.buckets.clear();
      folded.push(...taken);
      const endedWell = pair.lastSent === undefined || pair.lastSent === HealthStatus.HEALTHY;
      if (endedWell && taken.length === 0) this.#pairs.delete(key);
    }
    return folded;
  }

  #pairOf({ subject, operation, source }: Sighting): Pair | undefined {
    const key = `${source} ${subject.text} ${operation}`;
    const known = this.#pairs.get(key);
    if (known) {
      // To the end, so that the first pair of the map is the one that has been quiet for longest.
      this.#pairs.delete(key);
      this.#pairs.set(key, known);
      return known;
    }
    if (this.#pairs.size >= this.#pairCountMax && !this.#forgetIdle()) return undefined;
    const pair: Pair = { buckets: new Map(), lastSent: undefined };
    this.#pairs.set(key, pair);
    return pair;
  }

  /** Makes room by forgetting the pair that has been quiet for longest, if nothing of it waits to be sent. */
  #forgetIdle(): boolean {
    const quietest = this.#pairs.entries().next().value;
    if (!quietest || [...quietest[1].buckets.values()].some(({ count }) => count > 0)) return false;
    return this.#pairs.delete(quietest[0]);
  }
}

function bucketOf(pair: Pair, sighting: Sighting, endMs: number): Bucket {
  const key = bucketKey(sighting.status, sighting.reason);
  let bucket = pair.buckets.get(key);
  if (!bucket) {
    bucket = {
      sighting,
      count: 0,
      firstMs: endMs,
      lastMs: endMs,
      latencySumMs: 0,
      latencyMaxMs: 0,
      evidence: [],
      urgentSent: false,
    };
    pair.buckets.set(key, bucket);
  } else if (bucket.count === 0) {
    bucket.firstMs = endMs;
    bucket.lastMs = endMs;
  }
  return bucket;
}

/** HEALTHY is one bucket, whatever its reason: a 404 and a 200 both say that the subject answers. */
function bucketKey(status: HealthStatus, reason: OutcomeReason): string {
  return status === HealthStatus.HEALTHY ? 'healthy' : `${status} ${reason}`;
}

function isUrgent(pair: Pair, { status }: Sighting): boolean {
  if (status !== HealthStatus.HEALTHY) return true;
  return pair.lastSent !== undefined && pair.lastSent !== HealthStatus.HEALTHY;
}

/** What waits in a pair, oldest last call first, so that the engine reads it in the order it happened. */
function takeFrom(pair: Pair): FoldedSighting[] {
  const waiting = [...pair.buckets.values()].filter(({ count }) => count > 0);
  waiting.sort((a, b) => a.lastMs - b.lastMs);
  const taken = waiting.map(({ urgentSent: _, ...bucket }) => bucket);
  for (const bucket of waiting) {
    pair.lastSent = bucket.sighting.status;
    bucket.count = 0;
    bucket.latencySumMs = 0;
    bucket.latencyMaxMs = 0;
    bucket.evidence = [];
  }
  return taken;
}
