// SPDX-License-Identifier: Apache-2.0
/**
 * What the call tree answers. A span shows a call from its caller's side alone; only with what the callee did meanwhile can one
 * say how long the callee itself took, and whether somebody deeper let it down.
 */

import type { Callee } from './call-ends.js';
import type { SpanOrigin } from './span-rows.js';
import type { CalleeWork } from './stretch.js';

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

/** Who tells more of a settled call, while it is being told of. */
export interface CallTeller {
  idOf(span: number): string;
  storyOf(span: number, subject: string, work: CalleeWork): CalleeStory;
}

/** A call about which nothing more will be learned. Each call that was taken is answered with one of these, once. */
export class SettledCall<C extends Callee = Callee> {
  /** What it was taken with. */
  readonly callee: C;
  readonly environment: string;
  readonly observer: string;
  /** Whom it was made to, as is known by now. */
  readonly subject: string;
  readonly failing: boolean;
  readonly durationMs: number;
  /** When it ended, epoch ms by the engine's clock. */
  readonly atMs: number;
  /** The duration less the time in which the callee waited for calls of its own; never negative. */
  readonly ownMs: number;
  readonly #teller: CallTeller;
  readonly #span: number;
  readonly #work: CalleeWork;

  constructor(
    teller: CallTeller,
    span: number,
    work: CalleeWork,
    origin: SpanOrigin,
    callee: C,
    subject: string,
    failing: boolean,
    durationMs: number,
    atMs: number,
  ) {
    this.#teller = teller;
    this.#span = span;
    this.#work = work;
    this.callee = callee;
    this.environment = origin.environment;
    this.observer = origin.component;
    this.subject = subject;
    this.failing = failing;
    this.durationMs = durationMs;
    this.atMs = atMs;
    this.ownMs = Math.max(0, durationMs - work.waitedMs);
  }

  get operation(): string {
    return this.callee.operation;
  }

  /** Trace id and span id: the id of the observation that was made of its span, if one was. */
  id(): string {
    return this.#teller.idOf(this.#span);
  }

  /** Who deeper explains it. Asked at once, or not at all. */
  story(): CalleeStory {
    return this.#teller.storyOf(this.#span, this.subject, this.#work);
  }
}
