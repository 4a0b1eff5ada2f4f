// SPDX-License-Identifier: Apache-2.0
/**
 * A pair: one subject in one operation, as this observer meets it. Here stands all that is remembered of it: what waits to
 * be sent, what was sent last, how long its calls usually take.
 */
import { EVIDENCE_PER_OBSERVATION_MAX } from '../model/limits.js';
import type { Evidence, OutcomeReason } from '../model/observation.js';
import type { SpanRef } from '../model/span.js';
import { HealthStatus } from '../model/status.js';
import type { Call } from '../observe/observe.js';
import type { Outcome } from '../observe/outcome.js';
import { LatencyEstimate } from '../observe/usual-latency.js';
import { LatencyHistory } from './latency-history.js';

/** Calls with one outcome, folded. Times in epoch ms of the observer. */
export interface FoldedCalls {
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly latencySumMs: number;
  readonly latencyMaxMs: number;
  /** Of calls that are out: the greatest φ among them; 0 for those that are back. */
  readonly suspicionMax: number;
  /** Of negative sightings only. */
  readonly evidence: readonly Evidence[];
  /** Of failing calls: whom the answers to all of them blamed. */
  readonly blamed: readonly string[] | undefined;
  /** Whether all of them are out still, and were told of before. */
  readonly isAgain: boolean;
}

/** Where a call shows that did not end well. */
export interface Shown {
  readonly evidence: Evidence | undefined;
  /** Requests that wait for it besides the one that it is part of. */
  readonly waiting?: readonly SpanRef[] | undefined;
}

/** What became of a call: its outcome, and whom its answer blamed where it failed. */
export interface Ended extends Outcome {
  readonly blamed?: readonly string[] | undefined;
  /** Whether it is out still, and was told of before. */
  readonly isAgain?: boolean | undefined;
}

/**
 * Groups of names that are told apart for one pair and outcome in one window; failing calls past that blame nobody. One cause or
 * two at a time is usual, and each group is sent at once.
 */
const BLAME_COUNT_MAX = 4;

/** The calls of a pair with one outcome that wait to be sent. */
export class News implements FoldedCalls {
  readonly status: HealthStatus;
  reason: OutcomeReason;
  count = 0;
  firstMs = 0;
  lastMs = 0;
  latencySumMs = 0;
  latencyMaxMs = 0;
  evidence: Evidence[] = [];
  /** The greatest suspicion among calls that are out, φ. */
  suspicionMax = 0;
  /** Calls of this window, sent or not. */
  windowCount = 0;
  /** How many they were when this news was last sent at once for its own sake, and not along with other news of the pair. */
  urgentCount = 0;
  readonly blamed: readonly string[] | undefined;
  readonly isAgain: boolean;

  constructor({ status, reason, blamed, isAgain }: Ended) {
    this.status = status;
    this.reason = reason;
    this.blamed = blamed;
    this.isAgain = isAgain === true;
  }

  add(reason: OutcomeReason, endMs: number, latencyMs: number, shown: Shown | undefined, suspicion: number): void {
    if (this.count === 0) this.reason = reason;
    // Clocks go back, and calls end out of order.
    if (this.count === 0 || endMs < this.firstMs) this.firstMs = endMs;
    if (this.count === 0 || endMs > this.lastMs) this.lastMs = endMs;
    this.count++;
    this.windowCount++;
    this.latencySumMs += latencyMs;
    if (latencyMs > this.latencyMaxMs) this.latencyMaxMs = latencyMs;
    if (suspicion > this.suspicionMax) this.suspicionMax = suspicion;
    if (shown?.evidence) this.#show(shown.evidence);
    for (const { traceId, spanId } of shown?.waiting ?? []) {
      if (!this.evidence.some((each) => each.traceId === traceId)) this.#show({ traceId, spanId });
    }
  }

  #show(evidence: Evidence): void {
    if (this.evidence.length < EVIDENCE_PER_OBSERVATION_MAX) this.evidence.push(evidence);
  }

  /** What waits; from then on nothing does. */
  take(): FoldedCalls {
    const { count, firstMs, lastMs, latencySumMs, latencyMaxMs, evidence, suspicionMax, blamed, isAgain } = this;
    this.count = 0;
    this.latencySumMs = 0;
    this.latencyMaxMs = 0;
    this.suspicionMax = 0;
    this.evidence = [];
    return { count, firstMs, lastMs, latencySumMs, latencyMaxMs, evidence, suspicionMax, blamed, isAgain };
  }

  /** The window has ended. */
  rest(): void {
    this.windowCount = 0;
    this.urgentCount = 0;
  }
}

export class Pair {
  readonly call: Call;
  /** For patience: when has a caller that leaves waited long enough to accuse? */
  readonly usual: LatencyEstimate = new LatencyEstimate();
  /** For suspicion: is it unheard of that a call is still out? */
  readonly latency: LatencyHistory = new LatencyHistory();
  /** HEALTHY is one, whatever its reason: a 404 and a 200 both say that the subject answers. It is always the first. */
  readonly news: News[] = [];
  lastSent: HealthStatus | undefined;
  /** The tick in which the latest call started that has come back well. */
  answeredTick = -1;
  /** The tick in which the latest call started that was suspected. */
  suspectedTick = -1;
  /** How often suspicion and its end have taken turns in this window. */
  turnCount = 0;
  /** Whether it has news in this window. */
  busy = false;

  constructor(call: Call) {
    this.call = call;
  }

  /** Where news of an outcome is added. Calls that blame others are told apart: folded, each would blame whom all of them blame. */
  newsOf(ended: Ended): News {
    const { status, reason, blamed, isAgain = false } = ended;
    const isHealthy = status === HealthStatus.HEALTHY;
    let blameCount = 0;
    for (const news of this.news) {
      if (news.status !== status || news.isAgain !== isAgain || !(isHealthy || news.reason === reason)) continue;
      if (haveSame(news.blamed, blamed)) return news;
      if (news.blamed) blameCount++;
    }
    if (blamed && blameCount >= BLAME_COUNT_MAX) return this.newsOf({ status, reason });
    const news = new News(ended);
    this.news.push(news);
    return news;
  }

  /**
   * The window has ended, and what it brought is sent.
   *
   * @param nowMs monotonic
   */
  rest(nowMs: number): void {
    this.busy = false;
    this.turnCount = 0;
    for (const news of this.news) news.rest();
    // Outcomes are as many as the table has words; only good news is worth a place that stays.
    if (this.news.length > 1) this.news.splice(0, this.news.length, ...this.news.filter(isHealthyNews));
    this.latency.age(nowMs);
  }
}

function isHealthyNews({ status }: News): boolean {
  return status === HealthStatus.HEALTHY;
}

/** Names in the same order; the same answer gives them so. */
function haveSame(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  if (one === other) return true;
  return one?.length === other?.length && one?.every((name, index) => name === other?.[index]) === true;
}
