// SPDX-License-Identifier: Apache-2.0
/** What a guest answers when it is asked what it did to its host: what was seen, and all that was lost on the way. */

/** What the guest did so far. Calls, unless the name says otherwise. */
export interface ProcessorCounts {
  readonly observed: number;
  /** Reports of calls that hang. */
  readonly hung: number;
  /** Out now, and watched. */
  readonly inFlight: number;
  /** Not watched while they were out, because too many were, or because their span keeps nothing for us. */
  readonly unwatched: number;
  /** Failed long after an incident in which they were lost, and told of no more. */
  readonly outdated: number;
  /** Never ended, and forgotten by the host. */
  readonly forgotten: number;
  /** Skipped, by reason. */
  readonly unidentified: number;
  readonly abandoned: number;
  readonly ignored: number;
  /** Folded into the operation `other`. */
  readonly folded: number;
  /** Lost because more pairs were met at one time than `pairCountMax`. */
  readonly droppedCalls: number;
  /** Observations lost to a full queue, lost to a failed export, and delivered. */
  readonly droppedObservations: number;
  readonly failedObservations: number;
  readonly exportedObservations: number;
  /** Faults of our own that the host was spared. */
  readonly faults: number;
}
