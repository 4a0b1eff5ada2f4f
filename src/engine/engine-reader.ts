// SPDX-License-Identifier: Apache-2.0
/** What the API and the bridge may see of the engine: everything, and nothing to change it with. */

import type { ObservationSource } from '../model/observation.js';
import type { HealthStatus } from '../model/status.js';
import type { Suspicion, Transition, Verdict, ViewSummary } from '../model/verdict.js';
import type { SetUpSummary } from './doctor/set-up-sample.js';
import type { IntakeCounts } from './intake/intake-sink.js';
import type { HistoryPage, HistoryQuery, JournalStatus, NegativeEvidence } from './journal/journal.js';
import type { StoreCounts, SubjectRef } from './store/panoramas.js';

export {
  HISTORY_PAGE_COUNT_MAX,
  type HistoryPage,
  type HistoryQuery,
  type JournalStatus,
  type NegativeEvidence,
} from './journal/journal.js';

/** A subject as people read it: the verdict and every view behind it. */
export interface SubjectReport {
  readonly verdict: Verdict;
  readonly views: readonly ViewSummary[];
}

/** Somebody who speaks of others, in one way: a caller who also probes is two. */
export interface ObserverSummary {
  readonly environment: string;
  readonly observer: string;
  readonly source: ObservationSource;
  /** Whether a guest of ours speaks for it; else its spans do. */
  readonly isGuest: boolean;
  /** Subjects of which it says something now, and those of which it complains for a reason that could be its own. */
  readonly subjectCount: number;
  readonly complaintCount: number;
  /** 0 to 1: how much its vote counts. */
  readonly trust: number;
  readonly suspicion: Suspicion | undefined;
}

/** How one observer finds a subject: the worst of what it says of its operations. */
export interface ViewStatus {
  readonly environment: string;
  readonly subject: string;
  readonly observer: string;
  readonly status: HealthStatus;
}

/** Observers against subjects. */
export interface Matrix {
  /** Of subjects that are not well first. */
  readonly views: readonly ViewStatus[];
  /** About how many pairs are not among them, because more were not asked for. */
  readonly leftOut: number;
}

/** Transitions from some point on. */
export interface TransitionPage {
  readonly transitions: readonly Transition[];
  /** Ask for what comes after this next time. */
  readonly next: number;
  /** Whether older transitions than asked for were forgotten: the reader has a gap. */
  readonly truncated: boolean;
}

export interface EngineCounts extends Readonly<IntakeCounts>, StoreCounts {
  /** Spans that could not be read for what they say: an id of another length, an end before the start. */
  readonly malformed: number;
  /** Calls folded into the operation `other`. */
  readonly folded: number;
  /** Traces and spans held until nothing more is learned about their calls. */
  readonly heldTraces: number;
  readonly heldSpans: number;
  /** Calls settled before their time, because a bound was reached. */
  readonly hurried: number;
  readonly transitions: number;
}

export interface EngineReader {
  /** The current verdicts, sorted by environment and subject. */
  verdicts(): readonly Verdict[];
  /** The report of one subject, judged at the time of asking; `undefined` where nothing is known of it. */
  report(ref: SubjectRef): SubjectReport | undefined;
  /** Everybody who has said something of somebody. */
  observers(): readonly ObserverSummary[];
  /** Calls that were judged since the start, by what each said of its callee. */
  callsByStatus(): ReadonlyMap<HealthStatus, number>;
  /** How callers find subjects, at most so many pairs. O(views of the subjects that are told of + observers). */
  matrix(countMax: number): Matrix;
  /** Transitions with a `seq` above `after`, oldest first. */
  transitions(after: number, countMax: number): TransitionPage;
  /** The number of the last transition: whoever asks for those above it gets what comes from now on. */
  lastSeq(): number;
  /** Calls whenever there are new ones, until what it returns is called. */
  follow(onNew: () => void): () => void;
  /** Transitions by time, newest first, as far back as the journal goes. */
  history(query: HistoryQuery): Promise<HistoryPage<Transition>>;
  /** What did not go well between a subject and its callers, newest first. */
  negativeEvidence(query: HistoryQuery): Promise<HistoryPage<NegativeEvidence>>;
  /** How the journal fares. */
  journalStatus(): JournalStatus;
  counts(): EngineCounts;
  /** What the senders' spans showed lately of how they are set up. */
  setUp(): SetUpSummary;
}
