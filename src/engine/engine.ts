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

/** How often the engine looks whether time has changed a verdict, in ms. A quarter of the guests' window. */
const TICK_MS = 250;

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
}

export class Engine implements SpanSink, EngineReader {
  readonly #parts: EngineParts;
  readonly #intake: SpanIntake;
  readonly #transitions = new TransitionLog();
  readonly #judged = new Map<string, Judged>();
  #tickTimer: Timer | undefined;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#intake = new SpanIntake(parts.rules ?? DEFAULT_RULES);
  }

  /** Takes one export request and judges whom it was about. */
  accept(batch: TraceBatch): SinkResult {
    const nowMs = this.#parts.clock.nowMs();
    const { renamings, observations, rejectedSpans, message } = this.#intake.read(batch.resources, nowMs);
    const touched = new Map<string, { ref: SubjectRef; cause: string | undefined }>();
    for (const renaming of renamings) {
      if (!this.#rename(renaming)) continue;
      const ref = { environment: renaming.environment, subject: renaming.to.text };
      touched.set(keyOf(ref), { ref, cause: undefined });
    }
    for (const { observation, atMs } of observations) {
      this.#parts.store.append(observation, atMs);
      const ref = { environment: observation.environment, subject: observation.subject };
      touched.set(keyOf(ref), { ref, cause: observation.id });
    }
    for (const { ref, cause } of touched.values()) this.#judge(ref, nowMs, cause);
    for (const ref of this.#parts.store.takeEvicted()) {
      if (!this.#parts.store.panorama(ref)) this.#judged.delete(keyOf(ref));
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
    const nowMs = this.#parts.clock.nowMs();
    for (const { ref, dueMs } of [...this.#judged.values()]) {
      if (dueMs <= nowMs) this.#judge(ref, nowMs, undefined);
    }
    for (const ref of this.#parts.store.expire(nowMs - DEFAULT_LIFETIME.lifetimeMaxMs)) {
      this.#judged.delete(keyOf(ref));
    }
  }

  verdicts(): readonly Verdict[] {
    return [...this.#judged.values()]
      .map(({ verdict }) => verdict)
      .sort((a, b) => compare(a.environment, b.environment) || compare(a.subject, b.subject));
  }

  report(ref: SubjectRef): SubjectReport | undefined {
    this.#judge(ref, this.#parts.clock.nowMs(), undefined);
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
      transitions: this.#transitions.lastSeq,
    };
  }

  #judge(ref: SubjectRef, nowMs: number, cause: string | undefined): void {
    const key = keyOf(ref);
    const panorama = this.#parts.store.panorama(ref);
    if (!panorama) {
      this.#judged.delete(key);
      return;
    }
    const before = this.#judged.get(key)?.verdict;
    const { verdict, views, dueMs } = this.#parts.judge.judge(panorama, nowMs, before);
    this.#judged.set(key, { ref, verdict, views, dueMs });
    const from = { status: before?.status ?? HealthStatus.NA, failure: before?.failure ?? 'none' } as const;
    if (from.status === verdict.status && from.failure === verdict.failure) return;
    const transition = this.#transitions.add({ atMs: nowMs, from, cause, verdict });
    this.#parts.onTransition?.(transition);
  }

  /** Moves an address's record to whoever lives there; a failure already known keeps its beginning. */
  #rename({ environment, from, to }: Renaming): boolean {
    if (!this.#parts.store.rename(environment, from, to)) return false;
    const oldKey = keyOf({ environment, subject: from });
    const ref = { environment, subject: to.text };
    const old = this.#judged.get(oldKey);
    this.#judged.delete(oldKey);
    if (old && !this.#judged.has(keyOf(ref))) this.#judged.set(keyOf(ref), { ...old, ref });
    return true;
  }
}

function keyOf({ environment, subject }: SubjectRef): string {
  return `${environment} ${subject}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
