// SPDX-License-Identifier: Apache-2.0
/**
 * What the call tree answers. A span shows a call from its caller's side alone; only with what the callee did meanwhile can one
 * say how long the callee itself took, and whether somebody deeper let it down.
 */

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

/** What is known in the end of a call's callee. */
export interface CalleeStory {
  /**
   * Whether it is known what the callee did: a span of it was found, its answer told, or it was never reached. Where not,
   * `ownMs` is the whole duration and an empty `deeper` says nothing.
   */
  readonly isCalleeSeen: boolean;
  /** None, or one; more than one (at most 4) where an answer blamed several. */
  readonly deeper: readonly Deeper[];
}

/** A call about which nothing more will be learned. Each call that was taken is answered with one of these, once. */
export interface SettledCall<C = unknown> {
  /** What it was taken with. */
  readonly callee: C;
  readonly environment: string;
  readonly observer: string;
  /** Whom it was made to, as is known by now. */
  readonly subject: string;
  readonly operation: string;
  readonly failing: boolean;
  readonly durationMs: number;
  readonly atMs: number;
  /** The duration less the time in which the callee waited for calls of its own; never negative. */
  readonly ownMs: number;
  /** Trace id and span id: the id of the observation that was made of its span, if one was. Made when asked for. */
  id(): string;
  /** Who deeper explains it. Made when asked for, and only while it is being told of. */
  story(): CalleeStory;
}
