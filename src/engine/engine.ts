// SPDX-License-Identifier: Apache-2.0
/**
 * The pipeline: spans → observations → views → verdicts → transitions. It owns the clock and the tick. Judging follows each
 * request at once, for whom the request changed something; the tick is for what time alone changes: expiry, calls that are
 * out for too long, seconds that are over.
 */
import type { Clock, Timer } from '../model/clock.js';
import type { LogRecord } from '../model/log-record.js';
import { HealthStatus } from '../model/status.js';
import { compareTexts } from '../model/text-order.js';
import { culpritToldOf, isOnlyCulpritNew, type Transition, type Verdict } from '../model/verdict.js';
import { DEFAULT_RULES, type ObserveRules } from '../observe/rules.js';
import type { SetUpSummary } from './doctor/set-up-sample.js';
import { EarlierVerdicts } from './earlier-verdicts.js';
import type {
  EngineCounts,
  EngineReader,
  Matrix,
  ObserverSummary,
  SubjectReport,
  TransitionPage,
} from './engine-reader.js';
import { ErrorWords } from './error-words.js';
import type { ExportResult } from './ingest/export-sink.js';
import type { IntakeSink, ToldAs } from './intake/intake-sink.js';
import { SpanIntake } from './intake/span-intake.js';
import type {
  HistoryPage,
  HistoryQuery,
  Journal,
  JournalStatus,
  NegativeEvidence,
  Recovered,
} from './journal/journal.js';
import { MemoryJournal } from './journal/memory-journal.js';
import { JournalFeed } from './journal-feed.js';
import { Judging } from './judging.js';
import { observersOf } from './observers.js';
import type { PanoramasOptions, SubjectRef } from './store/panoramas.js';
import { TransitionLog } from './transition-log.js';
import { nothingKnownOf } from './verdict/compose.js';
import { DEFAULT_LIFETIME } from './verdict/evidence-lifetime.js';
import type { Judge } from './verdict/judge.js';
import { TableCheckpoint } from './view-checkpoint.js';
import { RecordForms } from './wire/record-batch.js';
import type { SpanBatch } from './wire/span-batch.js';
import type { TraceBatch } from './wire/trace-batch.js';

/** How often the engine looks who is due, in ms: below what a person or an alert rule can tell. */
const TICK_MS = 100;

export interface EngineParts extends PanoramasOptions {
  readonly judge: Judge;
  readonly clock: Clock;
  readonly rules?: ObserveRules | undefined;
  /** How long the judge lets an observation count, in ms: a span that comes later than that after its end is late. */
  readonly evidenceLifetimeMs?: number | undefined;
  /** Default: one in memory. Whoever gives one closes it, after the engine has stopped. */
  readonly journal?: Journal | undefined;
  /** What the journal remembered of an earlier life. */
  readonly recovered?: Recovered | undefined;
  /** Told of each transition, in order, once the journal has it. */
  readonly onTransition?: ((transition: Transition) => void) | undefined;
  /** Told of each judgement, whether it is news or not, and of each subject that is forgotten. */
  readonly onVerdict?: ((verdict: Verdict, nowMs: number) => void) | undefined;
}

export class Engine implements EngineReader {
  readonly #parts: EngineParts;
  readonly #intake: SpanIntake;
  readonly #records = new RecordForms();
  readonly #judging: Judging;
  readonly #words = new ErrorWords();
  readonly #startMs: number;
  readonly #startMonotonicMs: number;
  readonly #transitions: TransitionLog;
  readonly #earlier: EarlierVerdicts;
  readonly #journal: Journal;
  readonly #checkpoint: TableCheckpoint | undefined;
  readonly #feed: JournalFeed;
  /** Calls that were judged, by what each said of its callee. */
  readonly #callsByStatus = new Float64Array(HealthStatus.DEAD + 1);
  readonly #followers = new Set<() => void>();
  #tickTimer: Timer | undefined;
  #malformedCount = 0;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const sink: IntakeSink = {
      replaced: (ref, nowMs) => this.#judging.retire(ref, nowMs),
      renamed: ({ environment, from, to }, nowMs) => this.#judging.rename(environment, from, to, nowMs),
      observed: (told, atMs, nowMs) => {
        const observation = this.#words.worded(told);
        if (!observation.isAgain) this.#callsByStatus[observation.status]! += observation.count;
        this.#judging.observe(observation, atMs, nowMs);
        this.#feed.observe(observation, atMs);
      },
      wentWell: (pair, calls, cause, nowMs) => {
        this.#callsByStatus[HealthStatus.HEALTHY]! += calls.count;
        this.#judging.wentWell(pair, calls, cause, nowMs);
      },
      settled: (call, nowMs) => this.#judging.settled(call, nowMs),
    };
    const lateMs = parts.evidenceLifetimeMs ?? DEFAULT_LIFETIME.lifetimeMinMs;
    this.#intake = new SpanIntake(parts.rules ?? DEFAULT_RULES, sink, lateMs);
    this.#judging = new Judging({
      ...parts,
      onVerdict: (before, after, nowMs, cause) => this.#log(before, after, nowMs, cause),
      onGone: (view) => this.#checkpoint?.noteGone(view),
    });
    // Numbers go on growing from one life of the engine to the next, so that a reader's place in the log stays one.
    this.#startMs = parts.clock.nowMs();
    this.#startMonotonicMs = parts.clock.monotonicMs();
    this.#transitions = new TransitionLog(this.#startMs);
    this.#earlier = new EarlierVerdicts(this.#startMs);
    this.#journal = parts.journal ?? new MemoryJournal();
    this.#checkpoint = this.#journal.keepsViews ? this.#newCheckpoint() : undefined;
    this.#feed = new JournalFeed(this.#journal, this.#checkpoint);
    if (parts.recovered) this.#recover(parts.recovered);
    this.#journal.onProgress(({ tellableSeq }) => {
      const told = this.#transitions.tell(tellableSeq);
      for (const transition of told) parts.onTransition?.(transition);
      if (told.length > 0) for (const onNew of [...this.#followers]) onNew();
    });
  }

  /** Takes one export request whose spans were read in full, and judges whom it was about. */
  accept(batch: TraceBatch, toldAs: ToldAs = 'span'): ExportResult {
    return this.take(this.#records.batchOf(batch), toldAs);
  }

  /** Takes one export request, and judges whom it was about. */
  take(batch: SpanBatch, toldAs: ToldAs = 'span'): ExportResult {
    const nowMs = this.#nowMs();
    this.#malformedCount += batch.rejectedSpans;
    const { rejectedSpans, message } = this.#intake.read(batch, nowMs, toldAs);
    this.#judging.judgeWaiting(nowMs);
    return { rejected: rejectedSpans, message };
  }

  /** Takes an error that was logged within a span: words for the evidence of a call that has none. */
  noteError(record: LogRecord): void {
    this.#words.note(record);
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
    this.#feed.flush(this.#nowMs());
  }

  /** Judges anew whoever is due. Called by the timer; a test or a replay may call it with its own clock. */
  tick(): void {
    const nowMs = this.#nowMs();
    this.#intake.settle(nowMs);
    this.#judging.tick(nowMs);
    for (const verdict of this.#earlier.takeEnded(nowMs)) {
      this.#log(verdict, nothingKnownOf(verdict, nowMs), nowMs, undefined);
    }
    this.#feed.tick(nowMs);
  }

  verdicts(): readonly Verdict[] {
    return [...this.#judging.verdicts(this.#nowMs()), ...this.#earlier.all()].sort(
      (a, b) => compareTexts(a.environment, b.environment) || compareTexts(a.subject, b.subject),
    );
  }

  report(ref: SubjectRef): SubjectReport | undefined {
    const report = this.#judging.report(ref, this.#nowMs());
    const verdict = report ? undefined : this.#earlier.get(ref);
    return verdict ? { verdict, views: [] } : report;
  }

  callsByStatus(): ReadonlyMap<HealthStatus, number> {
    const counted = [...this.#callsByStatus.entries()].filter(([, count]) => count > 0);
    return new Map(counted as [HealthStatus, number][]);
  }

  observers(): readonly ObserverSummary[] {
    return observersOf(this.#judging.panoramas);
  }

  matrix(countMax: number): Matrix {
    return this.#judging.matrix(countMax);
  }

  transitions(after: number, countMax: number): TransitionPage {
    return this.#transitions.page(after, countMax);
  }

  lastSeq(): number {
    return this.#transitions.lastSeq;
  }

  follow(onNew: () => void): () => void {
    this.#followers.add(onNew);
    return () => void this.#followers.delete(onNew);
  }

  history(query: HistoryQuery): Promise<HistoryPage<Transition>> {
    return this.#journal.transitions(query);
  }

  negativeEvidence(query: HistoryQuery): Promise<HistoryPage<NegativeEvidence>> {
    return this.#journal.evidence(query);
  }

  journalStatus(): JournalStatus {
    return this.#journal.status();
  }

  counts(): EngineCounts {
    const { traces, spans, hurried } = this.#intake.callTreeCounts();
    return {
      ...this.#intake.counts,
      ...this.#judging.panoramas.counts(),
      malformed: this.#malformedCount,
      folded: this.#intake.foldedCount,
      ...{ heldTraces: traces, heldSpans: spans, hurried },
      transitions: this.#transitions.totalCount,
    };
  }

  setUp(): SetUpSummary {
    return this.#intake.setUp(this.#nowMs());
  }

  /**
   * Epoch ms that never go back: a machine's clock that is set would else freeze verdicts for as long as it was set back.
   * Observers then seem off by the same amount, and are corrected like any other.
   */
  #nowMs(): number {
    return this.#startMs + Math.floor(this.#parts.clock.monotonicMs() - this.#startMonotonicMs);
  }

  /** Each change once. A subject that was not there before was NA, and one that goes is NA again. */
  #log(before: Verdict | undefined, verdict: Verdict, nowMs: number, cause: string | undefined): void {
    this.#parts.onVerdict?.(verdict, nowMs);
    const known = before ?? this.#earlier.take(verdict);
    const culprit = known && culpritToldOf(known);
    const from = { status: known?.status ?? HealthStatus.NA, failure: known?.failure ?? 'none', culprit } as const;
    const isSameCulprit = culprit === undefined || culprit === culpritToldOf(verdict);
    if (isOnlyCulpritNew(from, verdict) && isSameCulprit) return;
    this.#feed.transition(this.#transitions.add({ atMs: nowMs, from, cause, verdict }));
  }

  #newCheckpoint(): TableCheckpoint {
    return new TableCheckpoint({
      panoramas: this.#judging.panoramas,
      judge: this.#parts.judge,
      onRestored: (view) => this.#judging.refresh(view, this.#startMs),
    });
  }

  /** Goes on where an earlier life ended: its numbers, its views, its verdicts and their beginnings. */
  #recover({ transitions, lastSeq, truncated, verdicts, views }: Recovered): void {
    this.#transitions.restore(transitions, lastSeq, !truncated);
    this.#checkpoint?.restore(views);
    for (const verdict of verdicts) {
      if (this.#judging.panoramas.subject(verdict)) this.#judging.resume(verdict);
      else this.#earlier.add(verdict);
    }
  }
}
