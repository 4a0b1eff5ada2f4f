// SPDX-License-Identifier: Apache-2.0
/**
 * What the engine knows, as it hangs together: subjects have operations, operations have views, and each view has an
 * observer, who has views of other subjects. These are plain records; `panoramas.ts` keeps them right.
 */
import type { Identity } from '../../model/identity.js';
import type { Evidence, ObservationSource } from '../../model/observation.js';
import { HealthStatus } from '../../model/status.js';
import type { Suspicion } from '../../model/verdict.js';
import type { Absence } from './absence.js';
import type { Row } from './view-table.js';

/** Evidence and when it was seen. */
export interface DatedEvidence {
  readonly evidence: Evidence;
  readonly atMs: number;
}

/** One observer of one subject in one operation. A class, so that all have one shape and stay small. */
export class View implements Row {
  readonly slot: number;
  readonly cells: Float64Array;
  readonly counts: Uint16Array;
  readonly at: number;
  readonly observer: ObserverRecord;
  readonly operation: OperationRecord;
  /** As last read; NA where nothing speaks any more. */
  status: HealthStatus = HealthStatus.NA;
  /** Whether it finds its subject failing for a reason that could be the observer's own. */
  complains = false;
  isGone = false;
  /** Whether a journal has it as it is. */
  isJournaled = false;
  /** In which bucket of the wheel it waits to be looked at again. */
  dueBucket: number = NOWHERE;
  /** Newest last, at most `EVIDENCE_PER_VIEW_MAX`; none as a rule. */
  evidence: readonly DatedEvidence[] = NO_EVIDENCE;
  /** In which second it was last moved in their order, by the engine's clock. */
  touched = 0;
  /** The views before and after it by when they were seen last. */
  older: View | undefined = undefined;
  newer: View | undefined = undefined;

  constructor({ slot, cells, counts, at }: Row, observer: ObserverRecord, operation: OperationRecord) {
    this.slot = slot;
    this.cells = cells;
    this.counts = counts;
    this.at = at;
    this.observer = observer;
    this.operation = operation;
  }
}

/** Of a view that waits in no bucket: later than any. */
export const NOWHERE = 0x3fffffff;

export const NO_EVIDENCE: readonly DatedEvidence[] = [];

export interface OperationRecord {
  readonly name: string;
  readonly subject: SubjectRecord;
  readonly views: Map<ObserverRecord, View>;
  /** What its callers say together, as one view; there is one as soon as there are two of them. */
  crowd: Row | undefined;
  /** What that said when it was told of a call last. */
  crowdStatus: HealthStatus;
  /** Callers that find it failing, slow or doubtful. */
  illCount: number;
  /** How long it usually takes: with its subject's siblings, and as its own callers know it. */
  ofSiblings: UsualTime | undefined;
  ofCallers: UsualTime | undefined;
}

/** What was worked out not long ago. */
export interface UsualTime {
  readonly untilMs: number;
  /** `undefined` where too little is known. */
  readonly usualMs: number | undefined;
}

/** All that is known of one subject in one environment: its panorama. */
export interface SubjectRecord {
  readonly environment: string;
  identity: Identity;
  readonly operations: Map<string, OperationRecord>;
  viewCount: number;
  /** Set where the subject is suspected as an observer. */
  suspicion: Suspicion | undefined;
  /** Set where somebody could not reach it. */
  absence: Absence | undefined;
  /** Since when most instances of the service are slow together; 0 while they are not, and of subjects that are no service. */
  slowTogetherMs: number;
}

/** Views that one observer has of one subject: all, those that speak, and those that complain. */
export interface Hearing {
  views: number;
  speaking: number;
  complaints: number;
}

/** Somebody who speaks in one way: a caller who also probes is two. */
export interface ObserverRecord {
  readonly environment: string;
  readonly name: string;
  readonly source: ObservationSource;
  viewCount: number;
  readonly subjects: Map<SubjectRecord, Hearing>;
  /** 0 to 1: how much its vote counts. */
  trust: number;
  /** Observations lately, and those of them that its own lag explains. */
  observationCount: number;
  laggedCount: number;
  /** Whether a guest of ours speaks for it, who would tell of its own calls that hang. */
  isGuest: boolean;
  suspicion: Suspicion | undefined;
}
