// SPDX-License-Identifier: Apache-2.0
/**
 * What the engine tells its journal. Transitions go at once. Failing calls of one kind are gathered for a second and go as
 * one line with their count, so that a history of an outage has as many lines as there are views, not calls. Views go with
 * the verdicts that are drawn from them, and else some at a time, and wait while the journal lags: what matters of a view
 * is how it is now.
 */
import type { Observation } from '../model/observation.js';
import { HealthStatus } from '../model/status.js';
import type { Transition } from '../model/verdict.js';
import type { Journal, NegativeEvidence, ViewCheckpoint, ViewRecord } from './journal/journal.js';

/** How long evidence of one kind is gathered, in ms. */
const EVIDENCE_WINDOW_MS = 1000;

/** Kinds of evidence gathered at a time, about 500 bytes each; past it they are written sooner. */
const EVIDENCE_KIND_COUNT_MAX = 5000;

/** How often a view is written at the most, in ms: what a restart may not remember. */
const CHECKPOINT_MS = 1000;

/** Views handed over in one tick: some milliseconds of work. A tick is 100 ms, so 50 000 views take two and a half seconds. */
const VIEWS_PER_TICK = 2000;

type Gathered = { -readonly [Key in keyof NegativeEvidence]: NegativeEvidence[Key] };

export class JournalFeed {
  readonly #journal: Journal;
  readonly #checkpoint: ViewCheckpoint | undefined;
  readonly #gathered = new Map<string, Gathered>();
  #evidenceDueMs = 0;
  #checkpointDueMs = 0;

  constructor(journal: Journal, checkpoint: ViewCheckpoint | undefined) {
    this.#journal = journal;
    this.#checkpoint = checkpoint;
  }

  /** A verdict goes with the views that it was drawn from, or an engine that starts would not know why. */
  transition(transition: Transition): void {
    const { environment, subject } = transition.verdict;
    const views = [...(this.#checkpoint?.changedOf(environment, subject, VIEWS_PER_TICK) ?? [])];
    this.#journal.write({ transitions: [transition], views });
  }

  /** Takes note of what did not go well. O(1). */
  observe(observation: Observation, atMs: number): void {
    const { environment, subject, observer, operation, status, reason, count } = observation;
    if (status === HealthStatus.HEALTHY || status === HealthStatus.NA) return;
    const [first] = observation.evidence;
    const key = `${environment} ${subject} ${observer} ${status} ${reason} ${first?.errorType ?? ''} ${operation}`;
    const before = this.#gathered.get(key);
    if (before) {
      before.count += count;
      before.atMs = Math.max(before.atMs, atMs);
      return;
    }
    this.#gathered.set(key, {
      ...{ environment, subject, observer, operation, status, reason, count, atMs },
      ...(first && { traceId: first.traceId, spanId: first.spanId }),
      ...(first?.errorType !== undefined && { errorType: first.errorType }),
      ...(first?.message !== undefined && { message: first.message }),
    });
    if (this.#gathered.size >= EVIDENCE_KIND_COUNT_MAX) this.#writeEvidence();
  }

  /** Writes what is due. */
  tick(nowMs: number): void {
    if (nowMs >= this.#evidenceDueMs) {
      this.#evidenceDueMs = nowMs + EVIDENCE_WINDOW_MS;
      this.#writeEvidence();
    }
    if (this.#checkpoint) this.#writeViews(this.#checkpoint, nowMs);
  }

  /** Writes what has been gathered, due or not: the engine stops. */
  flush(nowMs: number): void {
    this.#evidenceDueMs = 0;
    this.#checkpointDueMs = 0;
    this.tick(nowMs);
  }

  #writeViews(checkpoint: ViewCheckpoint, nowMs: number): void {
    const gone = [...checkpoint.gone()];
    let views: readonly ViewRecord[] = [];
    if (nowMs >= this.#checkpointDueMs && !this.#journal.status().lagging) {
      views = [...checkpoint.changed(VIEWS_PER_TICK)];
      if (views.length < VIEWS_PER_TICK) this.#checkpointDueMs = nowMs + CHECKPOINT_MS;
    }
    if (views.length + gone.length > 0) this.#journal.write({ views, gone });
  }

  #writeEvidence(): void {
    if (this.#gathered.size === 0) return;
    const evidence = [...this.#gathered.values()];
    this.#gathered.clear();
    this.#journal.write({ evidence });
  }
}
