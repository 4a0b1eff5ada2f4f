// SPDX-License-Identifier: Apache-2.0
/**
 * The contract of a journal: what the engine would have to know if it were killed now. Transitions and negative evidence
 * are its history, read by people; the views are its memory, read by the next life of the engine.
 *
 * Writing hands over and returns: a journal has a thread of its own, a bounded queue, and says once an episode what it
 * could not keep. The engine judges from its own memory all the while. Every implementation passes the same contract
 * suite (`test/contract/journal.ts`).
 */
import type { ErrorCode } from '../../model/errors.js';
import type { Resolution } from '../../model/identity.js';
import type { ObservationSource, OutcomeReason } from '../../model/observation.js';
import type { HealthStatus } from '../../model/status.js';
import type { Transition, Verdict } from '../../model/verdict.js';

/** Names one view. */
export interface ViewKey {
  readonly environment: string;
  readonly subject: string;
  readonly observer: string;
  readonly operation: string;
  readonly source: ObservationSource;
}

/** One view as its table keeps it: a row of numbers that only a judge of the same layout can read. */
export interface ViewRecord extends ViewKey {
  readonly resolution: Resolution;
  /** When the view was last seen, epoch ms of the engine's clock. */
  readonly lastMs: number;
  /** Copied when it is written, so the table may go on changing it. */
  readonly cells: Float64Array;
}

/** Calls of one observer that did not go well, as one line of history. */
export interface NegativeEvidence {
  readonly environment: string;
  readonly subject: string;
  readonly observer: string;
  readonly operation: string;
  readonly status: HealthStatus;
  readonly reason: OutcomeReason;
  /** Calls it stands for. */
  readonly count: number;
  /** When the last of them was seen, epoch ms of the engine's clock. */
  readonly atMs: number;
  /** The trace of one of them; absent where the observer gave none. */
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly errorType?: string | undefined;
  readonly message?: string | undefined;
}

/** What happened since the last write. Order within each list is kept. */
export interface JournalBatch {
  /** With `seq` rising. */
  readonly transitions?: readonly Transition[] | undefined;
  readonly evidence?: readonly NegativeEvidence[] | undefined;
  /** Views as they are now; each replaces what was written of it before. */
  readonly views?: readonly ViewRecord[] | undefined;
  /** Views that were forgotten. Done before `views` of the same batch: what was forgotten may have come again. */
  readonly gone?: readonly ViewKey[] | undefined;
}

/**
 * How far transitions have come. While all is well both numbers are the same and rise together. While the journal cannot
 * write, `tellableSeq` runs ahead: it is better to tell and perhaps forget than not to tell.
 */
export interface JournalProgress {
  /** Every transition up to here survives a `kill -9`, save those counted as lost. */
  readonly durableSeq: number;
  /** Readers may be told of every transition up to here. */
  readonly tellableSeq: number;
}

/** What a journal remembers of an engine's earlier lives. */
export interface Recovered {
  /** The highest number ever given to a transition that was kept; 0 where there is none. */
  readonly lastSeq: number;
  /** The newest transitions, oldest first; bounded as the engine's own log is. */
  readonly transitions: readonly Transition[];
  /** Whether there are older ones, which only `transitions()` gives. */
  readonly truncated: boolean;
  /** The last verdict on every subject that was not NA. */
  readonly verdicts: readonly Verdict[];
  /** Views of the journal's own layout that were seen shortly before the end. */
  readonly views: readonly ViewRecord[];
  /** When the newest record was made, epoch ms; 0 where there is none. */
  readonly newestMs: number;
  /** What could not be taken over, one sentence a reason; empty as a rule. */
  readonly dropped: readonly string[];
}

/** Which part of the history is asked for, newest first. Both ends belong to it. */
export interface HistoryQuery {
  /** Left out: everybody's. */
  readonly subject?: string | undefined;
  /** Left out: every environment. */
  readonly environment?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** 1 to `HISTORY_PAGE_COUNT_MAX`. */
  readonly limit: number;
  /** As a page before gave it; opaque. */
  readonly cursor?: string | undefined;
}

export interface HistoryPage<T> {
  readonly items: readonly T[];
  /** Asks for what is older; `undefined` where nothing is. */
  readonly cursor: string | undefined;
}

/** Items of a page at the most. */
export const HISTORY_PAGE_COUNT_MAX = 1000;

/** Records that are not in the history although they were written, since the engine started. */
export interface JournalLoss {
  readonly transitions: number;
  readonly evidence: number;
  readonly views: number;
}

export interface JournalStatus {
  readonly kind: 'memory' | 'sqlite';
  /** The history's file, where it has one. */
  readonly path: string | undefined;
  /** `failing`: nothing is kept at the moment, and it tries again. */
  readonly state: 'ok' | 'failing';
  /** Whether so much waits that a caller who can should write less. */
  readonly lagging: boolean;
  /** Records that wait to be written. */
  readonly waiting: number;
  readonly lost: JournalLoss;
  /** What went wrong last, also when it is over. */
  readonly lastError: { readonly code: ErrorCode; readonly message: string; readonly atMs: number } | undefined;
}

export interface Journal {
  /** Whether views that are written come back; where they do not, nobody need write any. */
  readonly keepsViews: boolean;
  /**
   * Takes records over. Never throws, never blocks, does nothing after `close`. What does not fit is counted, oldest first.
   */
  write(batch: JournalBatch): void;
  /** Tells of progress from now on, also from within `write`. One listener; a second replaces the first. */
  onProgress(listener: (progress: JournalProgress) => void): void;
  /**
   * Transitions by time, newest first.
   *
   * @throws PanoramaError PANO_QUERY_INVALID for a cursor that no page gave; a `PANO_HISTORY_…` code where the history cannot be read
   */
  transitions(query: HistoryQuery): Promise<HistoryPage<Transition>>;
  /** Negative evidence by time, newest first. Throws as `transitions` does. */
  evidence(query: HistoryQuery): Promise<HistoryPage<NegativeEvidence>>;
  status(): JournalStatus;
  /** Writes what waits, as far as that is possible, and lets go of the file. */
  close(): Promise<void>;
}

/** A journal and what it remembered when it was opened. */
export interface OpenedJournal {
  readonly journal: Journal;
  readonly recovered: Recovered;
}

/** The engine's views as a journal sees them; implemented by whoever owns them. */
export interface ViewCheckpoint {
  /** Judge, version and number of cells, such as `sequential/1/24`. Records of another layout cannot be taken over. */
  readonly layout: string;
  /**
   * Views that changed since they were last given here, at most `countMax`; the rest stay changed and come next time. A
   * record's cells may be the table's own: whoever reads them copies them before the table changes again.
   */
  changed(countMax: number): Iterable<ViewRecord>;
  /** The same of one subject: a verdict is written with the views that it was drawn from. */
  changedOf(environment: string, subject: string, countMax: number): Iterable<ViewRecord>;
  /** Views that were forgotten since the last call. */
  gone(): Iterable<ViewKey>;
  /** Takes over the views of an earlier life, before anything else is observed. */
  restore(records: readonly ViewRecord[]): void;
}

/** Nothing to remember: the first start, or a journal that keeps nothing. */
export const NOTHING_RECOVERED: Recovered = {
  lastSeq: 0,
  transitions: [],
  truncated: false,
  verdicts: [],
  views: [],
  newestMs: 0,
  dropped: [],
};
