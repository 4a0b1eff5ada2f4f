// SPDX-License-Identifier: Apache-2.0
/** What can be set of the sequential judge, and what it is if nobody does. What it means stands in `sequential.ts`. */
import { DEFAULT_LIFETIME, type LifetimeOptions } from './evidence-lifetime.js';

export interface SequentialOptions extends LifetimeOptions {
  /** Share of failing calls that is called failing, p1. Lower finds smaller faults, later and with more false alarms. Default 0.5. */
  readonly failingShare: number;
  /**
   * Bounds of the share of failing calls that is usual, p0. It is learned from the view while nothing is suspected. The
   * lower bound keeps a single failure from convicting whoever never failed before, the upper one keeps a subject that
   * always fails from being usual. Defaults 0.01 and 0.1.
   */
  readonly usualShareMin: number;
  readonly usualShareMax: number;
  /**
   * How long a view whose calls fail by chance, at p0, goes at least without a false conviction, in ms: the threshold is
   * ln(falseAlarmEveryMs / usual gap between calls), for e^threshold is what a CUSUM needs at least. A day is 11.4 at one
   * call a second (three failures in a row), 16 at a hundred (five). Longer is surer and slower. Default a day.
   */
  readonly falseAlarmEveryMs: number;
  /** No acquittal before a subject has been without a failure for this long, in ms: at a hundred calls a second a few good ones are chance. Default 1000. */
  readonly recoverMs: number;
  /**
   * Calls that are out convict together when one of them was still out after so long, in ms. However many they are, one pause of
   * the callee makes all of them wait, and processes that are well do pause: Hadoop (`jvm.pause.info-threshold.ms`) and Cassandra
   * (`gc_warn_threshold`) begin to tell of pauses at 1 s. A packet that was lost twice has come through by then. Default 1000.
   */
  readonly hungMs: number;
  /**
   * How long a call may be PENDING before it counts as UNHEALTHY whatever its φ, in ms. It is told of only when it has been out for
   * longer than one in ten thousand, and a packet that was lost twice from then on has come through after 0.2 and 0.4 s,
   * Linux's first retransmissions. Default 1000.
   */
  readonly pendingMs: number;
}

export const DEFAULT_SEQUENTIAL: SequentialOptions = {
  ...DEFAULT_LIFETIME,
  failingShare: 0.5,
  usualShareMin: 0.01,
  usualShareMax: 0.1,
  falseAlarmEveryMs: 86_400_000,
  recoverMs: 1000,
  hungMs: 1000,
  pendingMs: 1000,
};
