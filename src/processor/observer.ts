// SPDX-License-Identifier: Apache-2.0
/**
 * The host's own word. Client spans show most of what a service calls; for what has none (a queue, a callback, a worker, a
 * part of the process itself) the host says when work begins and how it ends, and the guest watches it as it watches a
 * call: work that is out for longer than its like is reported as it hangs.
 *
 * A guest's manners hold here too: nothing throws, nothing waits, and without a running processor nothing happens.
 *
 * Source: Panorama (OSDI 2018), section 4.3: an observation begins at the ob-origin and ends at the ob-sink.
 */
import { trace } from '@opentelemetry/api';
import { carriedPending, carryPending, type PendingToken, settleElsewhere, settlementOf } from '../baggage/pending.js';
import type { BaggageScope } from '../baggage/scope.js';
import { requestAtHand } from '../baggage/transport/told-by-processor.js';
import { BoundedMap } from '../model/bounded-map.js';
import type { Random } from '../model/clock.js';
import { formatIdentity, type Identity, isIdentityText, parseIdentity, resolutionOf } from '../model/identity.js';
import { cut, OPERATION_LENGTH_MAX } from '../model/limits.js';
import type { ObservationSource } from '../model/observation.js';
import { isPromise } from '../model/promise.js';
import type { SpanRef } from '../model/span.js';
import { HealthStatus, isFailing, statusFromName } from '../model/status.js';
import type { Outcome } from '../observe/outcome.js';
import { type AnnouncedWork, INERT, type Pending, type Report, type Work } from './announced-work.js';
import { passOnWork } from './call-blame.js';
import { type Failure, failureOf } from './failure.js';
import type { CallInFlight, InFlight } from './in-flight.js';
import { ExpectedLatency } from './known-work.js';
import { LatencyHistory } from './latency-history.js';
import type { Pair } from './pair.js';
import type { Reporter } from './reporter.js';
import { suspicionOf } from './suspicion.js';

const OK: Outcome = { status: HealthStatus.HEALTHY, reason: 'ok' };

export interface ObserverMeans {
  readonly inFlight: InFlight;
  readonly reporter: Reporter;
  readonly random: Random;
  readonly nowMs: () => number;
  /** What durations are measured with: the machine's clock may be set meanwhile. */
  readonly monotonicMs: () => number;
  /** The component that speaks; unknown before the SDK has started. */
  readonly self: () => string | undefined;
  /** Runs what is ours and contains its faults. */
  readonly guarded: <T>(work: () => T) => T | undefined;
  /** Whether it is over. */
  readonly stopped: () => boolean;
}

/** Operations of announced work of which it is remembered how long they take; the one that was not begun for longest is forgotten first. */
const ALIKE_COUNT_MAX = 200;

export class Observer {
  readonly #means: ObserverMeans;
  /** Work that was begun here and is out, by the id of its token. */
  readonly #begun: BoundedMap<string, Pending>;

  /** Of those that travel and were settled here: their tokens still ride in the requests that they were begun for. */
  readonly #settled: BoundedMap<string, true>;
  readonly #alike = new BoundedMap<string, LatencyHistory>(ALIKE_COUNT_MAX);

  /** @param begunCountMax work remembered while it is out; what was begun first is forgotten first */
  constructor(means: ObserverMeans, begunCountMax: number) {
    this.#means = means;
    this.#begun = new BoundedMap(begunCountMax);
    this.#settled = new BoundedMap(begunCountMax);
  }

  /**
   * Work begins that ends elsewhere: behind a queue, in a callback, by another component's word. The token rides in the
   * baggage of the request, so that whoever learns how it ended finds it with `pending`, also in another process; from
   * there the word comes home with the answer.
   */
  begin(work: AnnouncedWork): Pending {
    return this.#means.guarded(() => this.#begin(work, true)) ?? INERT;
  }

  /**
   * The work that was begun for the request at hand and is still out, the newest; of one subject and operation where
   * they are given.
   */
  pending(which: Partial<Pick<Work, 'subject' | 'operation'>> = {}): Pending | undefined {
    return this.#means.guarded(() => {
      const token = carriedPending().find(
        ({ id, subject, operation }) =>
          !this.#settled.get(id) &&
          (which.subject ?? subject) === subject &&
          (which.operation ?? operation) === operation,
      );
      return token && (this.#begun.get(token.id) ?? this.#elsewhere(token));
    });
  }

  /** Runs `work` and watches it: well if it returns or resolves, failing if it throws or rejects. Returns what it returns. */
  observe<T>(what: AnnouncedWork, work: () => T): T {
    const pending = this.#means.guarded(() => this.#begin(what, false)) ?? INERT;
    let result: T;
    try {
      result = work();
    } catch (error) {
      pending.unhealthy(error);
      throw error;
    }
    if (isPromise(result)) {
      try {
        return result.then(
          (value: unknown) => {
            pending.healthy();
            return value;
          },
          (error: unknown) => {
            pending.unhealthy(error);
            throw error;
          },
        ) as T;
      } catch {
        // A promise of somebody's own whose `then` throws: the host would have got it as it is.
      }
    }
    pending.healthy();
    return result;
  }

  /** Says outright what was seen. A status that is none, or a subject that is none, is a fault, counted and said once. */
  report(report: Report): void {
    this.#means.guarded(() => {
      const { guarded, nowMs, reporter, stopped } = this.#means;
      if (stopped()) return;
      const status = statusFromName(report.status);
      if (status === undefined || status === HealthStatus.INVALID) throw new Error(`${report.status} is no status`);
      const pair = this.#pairOf(report, 'report');
      if (!pair) return;
      const error = failureOf(report.error, guarded(activeSpan));
      const evidence = status === HealthStatus.HEALTHY ? undefined : error.evidence;
      const outcome: Outcome = { status, reason: 'reported' };
      reporter.report(pair, outcome, nowMs(), latencyOf(report), { evidence });
      this.#passOn(guarded(requestAtHand), pair, outcome);
    });
  }

  #begin(work: AnnouncedWork, travels: boolean): Pending {
    const { guarded, inFlight, monotonicMs, random, stopped } = this.#means;
    const pair = stopped() ? undefined : this.#pairOf(work, 'caller');
    if (!pair) return INERT;
    const { subject, operation } = pair.call;
    // Work is watched also where it cannot travel: chance, context and baggage are the host's.
    const id = travels ? guarded(() => freshId(random)) : undefined;
    const scope = id === undefined ? undefined : guarded(() => carryPending({ id, subject: subject.text, operation }));
    const startMs = monotonicMs();
    const evidence = guarded(activeSpan);
    const request = guarded(requestAtHand);
    const settled = () => id !== undefined && scope !== undefined && cameHome(id, scope, pending);
    const alike = this.#alikeOf(operation);
    const expected = ExpectedLatency.of(work.expectedMs);
    const call = inFlight.start(undefined, { pair, alike, expected, startMs, evidence, settled });
    const end = () => {
      if (id !== undefined && scope) this.#settled.set(id, true);
      if (id !== undefined) this.#begun.take(id);
      if (call) inFlight.end(call);
    };
    const pending: Pending = once((isHealthy, error) => {
      end();
      if (isHealthy === undefined) return;
      const failure = isHealthy ? undefined : failureOf(error, evidence);
      this.#settle(pair, call, startMs, failure?.outcome ?? OK, failure);
      if (failure) this.#passOn(request, pair, failure.outcome);
    }, guarded);
    if (id !== undefined) this.#begun.set(id, pending);
    return pending;
  }

  #settle(
    pair: Pair,
    call: CallInFlight | undefined,
    startMs: number,
    outcome: Outcome,
    failure: Failure | undefined,
  ): void {
    const { inFlight, monotonicMs, nowMs, reporter, stopped } = this.#means;
    if (stopped()) return;
    const latencyMs = monotonicMs() - startMs;
    if (outcome.status === HealthStatus.HEALTHY) {
      if (call) inFlight.answered(pair, call);
      for (const history of [pair.latency, this.#alikeOf(pair.call.operation)]) {
        // Of what nothing is known yet no suspicion says that it is unusual.
        if (call?.reported && isKnown(history)) history.learnLater(latencyMs);
        else history.learn(latencyMs);
      }
    }
    const isOver = outcome.status !== HealthStatus.HEALTHY && call !== undefined && inFlight.isOldNews(call);
    if (!isOver) reporter.report(pair, outcome, nowMs(), latencyMs, { evidence: failure?.evidence });
  }

  /** Whoever asked learns that the request met a failure of somebody else's. */
  #passOn(request: BaggageScope | undefined, { call }: Pair, outcome: Outcome): void {
    const { resource } = this.#means.reporter;
    if (request && resource && isFailing(outcome.status) && !this.#means.stopped()) {
      passOnWork(request, resource, call, outcome);
    }
  }

  /** The history of the same work with whomever. It ages whenever it is asked for. */
  #alikeOf(operation: string): LatencyHistory {
    const history = this.#alike.take(operation) ?? new LatencyHistory();
    this.#alike.set(operation, history);
    history.age(this.#means.monotonicMs());
    return history;
  }

  #elsewhere({ id }: PendingToken): Pending {
    return once((isHealthy, error) => {
      const errorType = isHealthy === false ? failureOf(error, undefined).errorType : '';
      settleElsewhere({ id, isHealthy, errorType });
    }, this.#means.guarded);
  }

  #pairOf(work: Work, source: ObservationSource): Pair | undefined {
    const { reporter, self } = this.#means;
    const subject = subjectOf(work, self);
    const operation = cut(String(work.operation), OPERATION_LENGTH_MAX) || 'unnamed';
    const call = { subject, operation, source };
    const pair = reporter.window.pairOf(call);
    reporter.window.count(call, pair);
    return pair;
  }
}

/** Whether somebody has settled it elsewhere; then it is settled here too. */
function cameHome(id: string, scope: BaggageScope, pending: Pending): boolean {
  const settlement = settlementOf(id, scope);
  if (!settlement) return false;
  if (settlement.isHealthy === undefined) pending.unknown();
  else if (settlement.isHealthy) pending.healthy();
  else pending.unhealthy({ name: settlement.errorType });
  return true;
}

/** Whether enough is known of how long work takes to suspect any by it. */
function isKnown(history: LatencyHistory): boolean {
  return suspicionOf(0, history) !== undefined;
}

/** A latency that is none would spoil the sum of a whole window. */
function latencyOf({ latencyMs }: Report): number {
  return typeof latencyMs === 'number' && latencyMs > 0 && latencyMs < Number.POSITIVE_INFINITY ? latencyMs : 0;
}

function subjectOf({ subject, part }: Work, self: () => string | undefined): Identity {
  if (part !== undefined) {
    const own = parseIdentity(self() ?? '');
    if (!own) throw new Error('a part has no name before the SDK has started');
    return formatIdentity({ ...own, part });
  }
  if (typeof subject !== 'string' || !isIdentityText(subject)) {
    throw new Error('work needs a subject (service, service/instance or host:port) or a part');
  }
  return { text: subject, resolution: /:\d{1,5}$/.test(subject) ? 'address' : resolutionOf(subject) };
}

function activeSpan(): SpanRef | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  return span && { traceId: span.traceId, spanId: span.spanId };
}

function freshId(random: Random): string {
  const bytes = new Uint8Array(8);
  random(bytes);
  return Buffer.from(bytes).toString('hex');
}

/** @param settle is told once how it ended: well or not, or `undefined` where nothing is known of that */
function once(
  settle: (isHealthy: boolean | undefined, error: unknown) => void,
  guarded: (work: () => void) => void,
): Pending {
  let isSettled = false;
  const end = (isHealthy: boolean | undefined, error?: unknown) => {
    if (isSettled) return;
    isSettled = true;
    guarded(() => settle(isHealthy, error));
  };
  return { healthy: () => end(true), unhealthy: (error) => end(false, error), unknown: () => end(undefined) };
}
