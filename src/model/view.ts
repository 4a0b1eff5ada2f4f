// SPDX-License-Identifier: Apache-2.0
/**
 * What a store keeps and a judge reads. A View is the bounded recent past of one observer's word on one subject in one
 * operation; all views of a subject are its Panorama.
 *
 * Source: Panorama (OSDI 2018), section 3.2.
 */
import type { Identity } from './identity.js';
import type { Evidence, ObservationSource, OutcomeReason } from './observation.js';
import type { HealthStatus } from './status.js';

/** One observation in a view. */
export interface ViewEntry {
  /** The observation's id. */
  readonly id: string;
  readonly status: HealthStatus;
  readonly reason: OutcomeReason;
  /** Calls it stands for. */
  readonly count: number;
  /** When it was seen, in epoch ms by the engine's clock: the observer's time less its estimated skew. */
  readonly atMs: number;
  /** How long before `atMs` the first of its calls ended, in ms. */
  readonly windowMs: number;
  /** Kept for the newest failing entries of a view only, up to `EVIDENCE_PER_VIEW_MAX`. */
  readonly evidence: readonly Evidence[];
}

export interface View {
  /** Grows with each change, so that what was made of a view can be kept until then. */
  readonly revision: number;
  readonly observer: string;
  readonly operation: string;
  readonly source: ObservationSource;
  /** Oldest first, at most `ENTRIES_PER_VIEW_MAX`. */
  readonly entries: readonly ViewEntry[];
}

/** All views of one subject in one environment. */
export interface Panorama {
  readonly environment: string;
  readonly subject: Identity;
  readonly views: Iterable<View>;
}

/** Entries kept per view. A judge looks back ten calls; a raw span is an entry of its own, a pending one is skipped. */
export const ENTRIES_PER_VIEW_MAX = 16;

/** Traces kept per view: a verdict shows 32 of all views, and the newest of a view say what the older ones did. */
export const EVIDENCE_PER_VIEW_MAX = 8;
