// SPDX-License-Identifier: Apache-2.0
/**
 * Who waits for somebody who waits for somebody else. When a disk hangs at the end of a chain of calls, every call of the chain
 * hangs, and no answer can tell whose fault that is. But each guest on the way reports the call that it waits for itself, and
 * all of them are of one trace: whoever is waited for, and waits in the same trace, explains its callers' wait by its own.
 *
 * Each guest reports a call when that is too late by its own history, so the one deeper may well speak later. A wait counts as
 * the subject's own only after it has had time to.
 *
 * Bounded in traces and in waits of a trace. O(waits of a trace) for each call that is reported as hung.
 */
import { BoundedMap } from '../model/bounded-map.js';
import { serviceOf } from '../model/identity.js';
import type { Observation } from '../model/observation.js';

/** Traces in which somebody waits; the one begun longest ago is forgotten first. */
const TRACE_COUNT_MAX = 10_000;

/** Waits of one trace that are held against each other: a fan-out wider than this is known by its first ones. */
const WAITS_PER_TRACE_MAX = 32;

/** A wait of which nothing new was told for so long is none: guests tell again within 20 s. In ms. */
const WAIT_MS_MAX = 30_000;

/** How long whoever is waited for has to tell that it waits itself, in ms: its history may be of calls that took half a second. */
const TIME_TO_TELL_MS = 1000;

/** Waits that may still be explained; past these a wait is not counted at all. */
const OPEN_COUNT_MAX = 10_000;

/** A wait, and the one that its subject waits for itself. */
export interface ExplainedWait {
  readonly subject: string;
  readonly deeper: string;
  /** Whether it was counted as the subject's own meanwhile. */
  readonly isCounted: boolean;
}

interface Waiting {
  readonly environment: string;
  readonly observer: string;
  readonly subject: string;
  readonly sinceMs: number;
  atMs: number;
  isExplained: boolean;
  isCounted: boolean;
}

export class Waits {
  readonly #traces = new BoundedMap<string, Waiting[]>(TRACE_COUNT_MAX);
  /** Not explained yet, the oldest first. */
  #open: Waiting[] = [];

  /** Takes calls that hang, and returns what that explains: their own wait, or those that were told before. */
  told({ environment, observer, subject, evidence }: Observation, atMs: number): readonly ExplainedWait[] {
    const found: ExplainedWait[] = [];
    for (const { traceId } of evidence) {
      const key = `${environment} ${traceId}`;
      const trace = this.#traces.get(key) ?? [];
      if (trace.length === 0) this.#traces.set(key, trace);
      const same = trace.find((each) => each.observer === observer && each.subject === subject);
      if (same) same.atMs = atMs;
      else if (trace.length < WAITS_PER_TRACE_MAX) {
        const own = { environment, observer, subject, sinceMs: atMs, atMs, isExplained: false, isCounted: false };
        found.push(...explainedBy(own, trace));
        trace.push(own);
        if (!own.isExplained && this.#open.length < OPEN_COUNT_MAX) this.#open.push(own);
      }
    }
    return found;
  }

  /** Waits that nobody has explained in time, each once. */
  takeOwn(nowMs: number): readonly { readonly environment: string; readonly subject: string }[] {
    if (this.#open.length === 0) return [];
    const due = this.#open.filter(({ sinceMs, isExplained }) => !isExplained && nowMs - sinceMs >= TIME_TO_TELL_MS);
    this.#open = this.#open.filter(({ sinceMs, isExplained }) => !isExplained && nowMs - sinceMs < TIME_TO_TELL_MS);
    for (const wait of due) wait.isCounted = true;
    return due;
  }
}

/** Holds a new wait against those of its trace: one of them may explain it, and it may explain some. */
function explainedBy(own: Waiting, trace: readonly Waiting[]): ExplainedWait[] {
  const found: ExplainedWait[] = [];
  const fresh = trace.filter(({ atMs }) => own.atMs - atMs <= WAIT_MS_MAX);
  const deeper = fresh.find((each) => isBy(each.observer, own.subject) && each.subject !== own.subject);
  if (deeper) found.push(explain(own, deeper));
  for (const each of fresh) {
    if (!each.isExplained && isBy(own.observer, each.subject) && own.subject !== each.subject) {
      found.push(explain(each, own));
    }
  }
  return found;
}

function explain(wait: Waiting, deeper: Waiting): ExplainedWait {
  wait.isExplained = true;
  return { subject: wait.subject, deeper: deeper.subject, isCounted: wait.isCounted };
}

/** Whether an observer is the one that is waited for, which may be known by its service only. */
function isBy(observer: string, subject: string): boolean {
  return observer === subject || serviceOf(observer) === subject;
}
