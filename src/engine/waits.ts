// SPDX-License-Identifier: Apache-2.0
/**
 * Who waits for somebody who waits for somebody else. When a disk hangs at the end of a chain of calls, every call of the chain
 * hangs, and no answer can tell whose fault that is. But each guest on the way reports the call that it waits for itself, and
 * all of them are of one trace: whoever is waited for, and waits in the same trace, explains its callers' wait by its own.
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

/** A wait that was reported, and what it is explained by as far as is known. */
export interface Wait {
  readonly subject: string;
  /** The one that the subject waits for itself; `undefined` while it is not known to wait for anybody. */
  readonly deeper: string | undefined;
  /** Whether this wait was told before without a reason. */
  readonly isKnown: boolean;
}

interface Waiting {
  readonly observer: string;
  readonly subject: string;
  isExplained: boolean;
  atMs: number;
}

export class Waits {
  readonly #traces = new BoundedMap<string, Waiting[]>(TRACE_COUNT_MAX);

  /** Takes calls that hang, and returns what that tells of them and of those that were told before. */
  told({ environment, observer, subject, evidence }: Observation, atMs: number): readonly Wait[] {
    const found: Wait[] = [];
    for (const { traceId } of evidence) {
      const key = `${environment} ${traceId}`;
      const waiting = this.#traces.get(key) ?? [];
      if (waiting.length === 0) this.#traces.set(key, waiting);
      found.push(...toldIn(waiting, observer, subject, atMs));
    }
    return found;
  }
}

function toldIn(waiting: Waiting[], observer: string, subject: string, atMs: number): Wait[] {
  const same = waiting.find((each) => each.observer === observer && each.subject === subject);
  if (same) {
    same.atMs = atMs;
    return [];
  }
  if (waiting.length >= WAITS_PER_TRACE_MAX) return [];
  const found: Wait[] = [];
  const fresh = waiting.filter((each) => atMs - each.atMs <= WAIT_MS_MAX);
  const deeper = fresh.find((each) => isBy(each.observer, subject) && each.subject !== subject)?.subject;
  found.push({ subject, deeper, isKnown: false });
  for (const each of fresh) {
    if (each.isExplained || !isBy(observer, each.subject) || subject === each.subject) continue;
    each.isExplained = true;
    found.push({ subject: each.subject, deeper: subject, isKnown: true });
  }
  waiting.push({ observer, subject, isExplained: deeper !== undefined, atMs });
  return found;
}

/** Whether an observer is the one that is waited for, which may be known by its service only. */
function isBy(observer: string, subject: string): boolean {
  return observer === subject || serviceOf(observer) === subject;
}
