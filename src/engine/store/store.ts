// SPDX-License-Identifier: Apache-2.0
/**
 * The contract of a store of views. A store remembers and forgets; it judges nothing and knows no clock. Every
 * implementation passes the same contract suite (`test/contract/store.ts`).
 */
import type { Identity } from '../../model/identity.js';
import type { Observation } from '../../model/observation.js';
import type { Panorama } from '../../model/view.js';

/** Names one subject in one environment. */
export interface SubjectRef {
  readonly environment: string;
  /** The identity's text. */
  readonly subject: string;
}

/** What was forgotten because a bound was reached. */
export interface StoreCounts {
  readonly subjects: number;
  readonly views: number;
  /** Views forgotten to make room, least recently touched first. */
  readonly evictedViews: number;
}

export interface Store {
  /** Adds an observation to its view. `atMs` is when it was seen by the engine's clock. */
  append(observation: Observation, atMs: number): void;
  panorama(ref: SubjectRef): Panorama | undefined;
  /** Every subject, in no particular order. */
  subjects(): Iterable<Panorama>;
  /**
   * Moves every view of a subject to another: what was recorded under an address belongs to the instance once it is
   * known. Entries of a view that both have are merged in order of time. Returns whether there was anything to move.
   */
  rename(environment: string, from: string, to: Identity): boolean;
  /** Forgets what was last seen before `beforeMs`: views first, then subjects with none left. Returns those subjects. */
  expire(beforeMs: number): readonly SubjectRef[];
  /** Subjects forgotten to make room since the last call; whoever keeps something about them must forget it too. */
  takeEvicted(): readonly SubjectRef[];
  counts(): StoreCounts;
}
