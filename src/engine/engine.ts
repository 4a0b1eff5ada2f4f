// SPDX-License-Identifier: Apache-2.0
/**
 * The pipeline: spans → observations → views → verdicts. It owns the tick, and with the store it is the only place
 * with state. Judging follows each request at once, for the subjects that the request was about; the tick is for what
 * time alone changes: expiry, calls pending for too long, failures that have settled.
 */
import type { Clock, Timer } from '../model/clock.js';
import { HealthStatus } from '../model/status.js';
import type { Transition, Verdict, ViewSummary } from '../model/verdict.js';
import { DEFAULT_RULES, type ObserveRules } from '../observe/rules.js';
import type { EngineCounts, EngineReader, SubjectReport, TransitionPage } from './engine-reader.js';
import type { SinkResult, SpanSink } from './ingest/span-sink.js';
import { type Renaming, SpanIntake } from './span-intake.js';
import type { Store, SubjectRef } from './store/store.js';
import { TransitionLog } from './transition-log.js';
import { DEFAULT_LIFETIME } from './verdict/evidence-lifetime.js';
import type { Judge } from './verdict/judge.js';
import type { TraceBatch } from './wire/trace-batch.js';

/** How often the engine looks who is due, in ms: below what a person or an alert rule can tell. */
const TICK_MS = 100;

/**
 * A subject is judged at once, but not more often than this per view of it: 40 views 1 ms, 10 000 views 250 ms at the
 * most. Voting costs in proportion to the views, so a subject that everybody calls takes a bounded share of the engine.
 */
const JUDGE_GAP_PER_VIEW_MS = 0.025;
const JUDGE_GAP_MAX_MS = 250;

export interface EngineParts {
  readonly store: Store;
  readonly judge: Judge;
  readonly clock: Clock;
  readonly rules?: ObserveRules | undefined;
  /** Told of each transition, in order. */
  readonly onTransition?: ((transition: Transition) => void) | undefined;
}

/** A subject as last judged. */
interface Judged {
  readonly ref: SubjectRef;
  readonly verdict: Verdict;
  readonly views: readonly ViewSummary[];
  readonly dueMs: number;
  /** Not judged again before this. */
  readonly restUntilMs: number;
}

export class Engine implements SpanSink, EngineReader {
  readonly #parts: EngineParts;
  readonly #intake: SpanIntake;
  readonly #startMs: number;
  readonly #startMonotonicMs: number;
  readonly #transitions: TransitionLog;
  readonly #judged = new Map<string, Judged>();
  #tickTimer: Timer | undefined;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#intake = new SpanIntake(parts.rules ?? DEFAULT_RULES);
    // Numbers go on growing from one life of the engine to the next, so that a reader's place in the log stays one.
    this.#startMs = parts.clock.nowMs();
    this.#startMonotonicMs = parts.clock.monotonicMs();
    this.#transitions = new TransitionLog(this.#startMs);
  }

  /** Takes one export request and judges whom it was about. */
  accept(batch: TraceBatch): SinkResult {
    const nowMs = this.#nowMs();
    const { renamings, observations, rejectedSpans, message } = this.#intake.read(batch.resources, nowMs);
    const touched = new Map<string, { ref: SubjectRef; cause: string | undefined }>();
    for (const renaming of renamings) this.#rename(renaming, nowMs);
    for (const { observation, atMs } of observations) {
      this.#parts.store.append(observation, atMs);
      const ref = { environment: observation.environment, subject: observation.subject };
      touched.set(keyOf(ref), { ref, cause: observation.id });
    }
    for (const { ref, cause } of touched.values()) this.#judgeSoon(ref, nowMs, cause);
    for (const ref of this.#parts.store.takeEvicted()) {
      if (!this.#parts.store.panorama(ref)) this.#forget(ref, nowMs);
    }
    return { rejectedSpans, message };
  }

  /** Starts the tick. */
  start(): void {
    this.#tickTimer = this.#parts.clock.setTimer(TICK_MS, () => {
      this.tick();
      this.start();
    });
  }

  stop(): void {
    this.#tickTimer?.cancel();
    this.#tickTimer = undefined;
  }

  /** Judges anew whoever is due. Called by the timer; a test or a replay may call it with its own clock. */
  tick(): void {
    const nowMs = this.#nowMs();
    for (const { ref, dueMs } of [...this.#judged.values()]) {
      if (dueMs <= nowMs) this.#judge(ref, nowMs, undefined);
    }
    for (const ref of this.#parts.store.expire(nowMs - DEFAULT_LIFETIME.lifetimeMaxMs)) {
      this.#forget(ref, nowMs);
    }
  }

  verdicts(): readonly Verdict[] {
    return [...this.#judged.values()]
      .map(({ verdict }) => verdict)
      .sort((a, b) => compare(a.environment, b.environment) || compare(a.subject, b.subject));
  }

  report(ref: SubjectRef): SubjectReport | undefined {
    this.#judge(ref, this.#nowMs(), undefined);
    return this.#judged.get(keyOf(ref));
  }

  transitions(after: number, countMax: number): TransitionPage {
    return this.#transitions.page(after, countMax);
  }

  counts(): EngineCounts {
    return {
      ...this.#intake.counts,
      ...this.#parts.store.counts(),
      folded: this.#intake.foldedCount,
      transitions: this.#transitions.totalCount,
    };
  }

  /**
   * Epoch ms that never go back: a machine's clock that is set would else freeze verdicts for as long as it was set back.
   * Observers then seem off by the same amount, and are corrected like any other.
   */
  #nowMs(): number {
    return this.#startMs + Math.floor(this.#parts.clock.monotonicMs() - this.#startMonotonicMs);
  }

  /** Judges now, or leaves it to the tick when the subject has been judged just before. */
  #judgeSoon(ref: SubjectRef, nowMs: number, cause: string | undefined): void {
    const judged = this.#judged.get(keyOf(ref));
    if (!judged || nowMs >= judged.restUntilMs) this.#judge(ref, nowMs, cause);
    else if (judged.dueMs > judged.restUntilMs) {
      this.#judged.set(keyOf(ref), { ...judged, dueMs: judged.restUntilMs });
    }
  }

  /** @param inherited a verdict under another name, whose beginning is kept */
  #judge(ref: SubjectRef, nowMs: number, cause: string | undefined, inherited?: Verdict): void {
    const panorama = this.#parts.store.panorama(ref);
    if (!panorama) {
      this.#forget(ref, nowMs);
      return;
    }
    const before = this.#judged.get(keyOf(ref))?.verdict;
    const { verdict, views, dueMs } = this.#parts.judge.judge(panorama, nowMs, before ?? inherited);
    const restMs = Math.min(JUDGE_GAP_MAX_MS, Math.floor(views.length * JUDGE_GAP_PER_VIEW_MS));
    this.#judged.set(keyOf(ref), { ref, verdict, views, dueMs, restUntilMs: nowMs + restMs });
    this.#log(before, verdict, nowMs, cause);
  }

  /** Each change once. A subject that was not there before was NA, and one that goes is NA again. */
  #log(before: Verdict | undefined, verdict: Verdict, nowMs: number, cause: string | undefined): void {
    const from = { status: before?.status ?? HealthStatus.NA, failure: before?.failure ?? 'none' } as const;
    if (from.status === verdict.status && from.failure === verdict.failure) return;
    const transition = this.#transitions.add({ atMs: nowMs, from, cause, verdict });
    this.#parts.onTransition?.(transition);
  }

  #forget(ref: SubjectRef, nowMs: number): Verdict | undefined {
    const known = this.#judged.get(keyOf(ref))?.verdict;
    if (!known) return undefined;
    this.#judged.delete(keyOf(ref));
    this.#log(known, nothingKnownOf(known, nowMs), nowMs, undefined);
    return known;
  }

  /** Moves an address's record to whoever lives there; a failure already known keeps its beginning. */
  #rename({ environment, from, to }: Renaming, nowMs: number): void {
    if (!this.#parts.store.rename(environment, from, to)) return;
    const inherited = this.#forget({ environment, subject: from }, nowMs);
    this.#judge({ environment, subject: to.text }, nowMs, undefined, inherited);
  }
}

/** The verdict that is left when all evidence is gone. */
function nothingKnownOf(verdict: Verdict, nowMs: number): Verdict {
  return {
    ...verdict,
    status: HealthStatus.NA,
    failure: 'none',
    split: [],
    sinceMs: nowMs,
    judgedMs: nowMs,
    operations: [],
    observersFor: [],
    observersAgainst: [],
    systemView: HealthStatus.NA,
    confidence: 0,
    evidence: [],
  };
}

function keyOf({ environment, subject }: SubjectRef): string {
  return `${environment} ${subject}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
