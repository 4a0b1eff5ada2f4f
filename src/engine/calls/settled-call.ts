// SPDX-License-Identifier: Apache-2.0
/**
 * What the call tree takes and what it answers. A span shows a call from its caller's side alone; only with what the callee
 * did meanwhile can one say how long the callee itself took, and whether somebody deeper let it down.
 */
import type { Resolution } from '../../model/identity.js';
import type { OutcomeReason } from '../../model/observation.js';

/** One CLIENT or PRODUCER span as the rules read it. */
export interface SeenCall {
  /** Identity text and how much it says; an address may be named by the time the call is settled. */
  readonly subject: string;
  readonly resolution: Resolution;
  readonly operation: string;
  /** Whether its outcome is UNHEALTHY or worse. */
  readonly failing: boolean;
  readonly reason: OutcomeReason;
  /** When it ended, epoch ms by the engine's clock. */
  readonly atMs: number;
  /** As `Observation.blamed`: whose failure the callee met, as its answer told. */
  readonly blamed?: readonly string[] | undefined;
}

/** A call that the callee made itself while it served the one in question. */
export interface Deeper {
  readonly subject: string;
  /** Absent where only an answer told of it. */
  readonly operation?: string | undefined;
  /**
   * How much it explains, 0 to 1. Of a failing call: 1 for a call of the callee that failed. Of a call that did not fail, or was
   * given up without one, the share of its time that the callee's longest call took.
   */
  readonly share: number;
}

/** A call about which nothing more will be learned. Each call that was taken is answered with one of these, once. */
export interface SettledCall {
  /** Trace id and span id: the id of the observation that was made of its span, if one was. */
  readonly id: string;
  readonly environment: string;
  readonly observer: string;
  readonly subject: string;
  readonly operation: string;
  readonly failing: boolean;
  readonly durationMs: number;
  readonly atMs: number;
  /** The duration less the time in which the callee waited for calls of its own; never negative. */
  readonly ownMs: number;
  /**
   * Whether it is known what the callee did: a span of it was found, its answer told, or it was never reached. Where not,
   * `ownMs` is the whole duration and an empty `deeper` says nothing.
   */
  readonly isCalleeSeen: boolean;
  /** None, or one; more than one (at most 4) where an answer blamed several. */
  readonly deeper: readonly Deeper[];
}
