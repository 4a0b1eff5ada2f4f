// SPDX-License-Identifier: Apache-2.0
/**
 * Chains of calls in which each link has trouble because the next one has. When a disk hangs at the end of a chain, every call of
 * it hangs, and no answer can tell whose fault that is; and some answers tell of a failure, but not of whose. But each guest on
 * the way reports its own call, and all of them are of one trace: whoever hangs or fails, and has reported in the same trace
 * that a call of its own does, explains its callers' trouble by that.
 *
 * Each guest reports a call that hangs when that is too late by its own history, so the one deeper may well speak later. A call
 * counts as the subject's own only after it has had time to; but then it does, or what is explained would outweigh what is not.
 *
 * A cause comes first: a call that began after the outer one had failed explains nothing, nor does one whose trouble began more
 * than the time to tell after that.
 *
 * An explanation is given once and stays. Nobody tells of single calls that come back well, so that a deeper call which was late and
 * then answered cannot be told from one that nobody mentions again. It need not be: whom an explanation names is believed
 * to be the cause only while that one is ill itself, so that one who is acquitted explains nothing, and half of it is
 * forgotten every 30 s.
 *
 * Of one environment, so that nobody's outage takes another one's room. Bounded in traces and in calls of a trace. O(calls of a trace)
 * for each call that is reported.
 */
import { BoundedMap } from '../model/bounded-map.js';
import { serviceOf } from '../model/identity.js';
import { type Observation, wasReached } from '../model/observation.js';
import { HealthStatus } from '../model/status.js';

/** Traces of an environment in which something is wrong; the one begun longest ago is forgotten first. */
const TRACE_COUNT_MAX = 10_000;

/** Calls of one trace that are held against each other: a fan-out wider than this is known by its first ones. */
const LINKS_PER_TRACE_MAX = 32;

/** A call of which nothing new was told for so long explains nothing: guests tell of one that hangs within 20 s again. In ms. */
const LINK_MS_MAX = 30_000;

/** How long whoever was called has to tell of a call of its own, in ms: its history may be of calls that took half a second. */
export const TIME_TO_TELL_MS = 1000;

/** Calls that may still be explained; past these a call is not counted at all. */
const OPEN_COUNT_MAX = 10_000;

/** A subject's trouble, and whose trouble explains it. */
export interface Explained {
  readonly subject: string;
  readonly deeper: string;
  /** When it was counted as the subject's own meanwhile, epoch ms; `undefined` where it was not. */
  readonly countedMs: number | undefined;
}

/** A call that hangs or failed. Times are epoch ms. */
interface Link {
  observer: string;
  subject: string;
  readonly sinceMs: number;
  atMs: number;
  /** The earliest that it can have begun; −∞ where nobody says how long it took. */
  readonly beganMs: number;
  /** Since when it was in trouble: one that is waited for from its beginning, one that was answered badly from its end. */
  readonly troubleMs: number;
  /** When it failed; ∞ while it is out. */
  endMs: number;
  /** Whether it is explained, here or by its answer, or nobody deeper can explain it. */
  isClosed: boolean;
  countedMs: number | undefined;
}

export class Chains {
  readonly #traces = new BoundedMap<string, Link[]>(TRACE_COUNT_MAX);
  /** Calls that are not explained yet, the oldest first. */
  #open: Link[] = [];
  #toldMs = 0;

  /** Takes calls that hang or failed, and returns whose trouble that explains: theirs, or such as was told before. */
  told(observation: Observation, atMs: number): readonly Explained[] {
    const { observer, subject, reason, blamed, evidence, status } = observation;
    // An answer that says whom it blames, or that it blames nobody, knows better; and who was never reached has called nobody.
    const isClosed = blamed !== undefined || !wasReached(reason);
    const endMs = status === HealthStatus.PENDING ? Number.POSITIVE_INFINITY : atMs;
    const found: Explained[] = [];
    this.#toldMs = Math.max(this.#toldMs, atMs);
    for (const { traceId } of evidence) {
      const trace = this.#traces.get(traceId) ?? [];
      if (trace.length === 0) this.#traces.set(traceId, trace);
      const same = trace.find((each) => each.observer === observer && each.subject === subject);
      if (same) {
        same.atMs = atMs;
        same.endMs = endMs;
        const [deeper] = blamed ?? [];
        // It was taken for the subject's own while it was out, and now its answer knows better.
        if (!same.isClosed && same.countedMs !== undefined && deeper !== undefined) found.push(explain(same, deeper));
        same.isClosed ||= isClosed;
      } else if (trace.length < LINKS_PER_TRACE_MAX) {
        const own: Link = {
          ...{ observer, subject, sinceMs: atMs, atMs, ...timesOf(observation, atMs), endMs },
          ...{ isClosed, countedMs: undefined },
        };
        found.push(...explainedBy(own, trace));
        trace.push(own);
        if (!own.isClosed && this.#open.length < OPEN_COUNT_MAX) this.#open.push(own);
      }
    }
    return found;
  }

  /**
   * Subjects of calls that nobody has explained in time, each call once.
   *
   * @param tells whether a subject would have told of a call of its own
   */
  takeOwn(nowMs: number, tells: (subject: string) => boolean): readonly string[] {
    if (this.#open.length === 0) return [];
    const open = this.#open.filter(({ isClosed }) => !isClosed);
    this.#open = open.filter(({ sinceMs }) => nowMs - sinceMs < TIME_TO_TELL_MS);
    const own = open.filter(({ sinceMs, subject }) => nowMs - sinceMs >= TIME_TO_TELL_MS && tells(subject));
    for (const link of own) link.countedMs = nowMs;
    return own.map(({ subject }) => subject);
  }

  /** Whether nothing that was told can explain anything any more. */
  isOver(nowMs: number): boolean {
    return nowMs - this.#toldMs > LINK_MS_MAX;
  }

  /** What was told of an address was told of whoever lives there. O(calls). */
  rename(from: string, to: string): void {
    for (const [, trace] of this.#traces.entries()) {
      for (const link of trace) {
        if (link.observer === from) link.observer = to;
        if (link.subject === from) link.subject = to;
      }
    }
  }
}

/** When calls that are told of can have begun, and since when they were in trouble. */
function timesOf(
  { status, reason, latency, windowMs }: Observation,
  atMs: number,
): Pick<Link, 'beganMs' | 'troubleMs'> {
  if (latency === undefined) return { beganMs: Number.NEGATIVE_INFINITY, troubleMs: atMs };
  const beganMs = atMs - windowMs - 1000 * latency.maxSeconds;
  return { beganMs, troubleMs: status === HealthStatus.PENDING || reason === 'timeout' ? beganMs : atMs };
}

/** Holds a new call against those of its trace: one of them may explain it, and it may explain some. */
function explainedBy(own: Link, trace: readonly Link[]): Explained[] {
  const found: Explained[] = [];
  const fresh = trace.filter(({ atMs }) => own.atMs - atMs <= LINK_MS_MAX);
  const deeper = own.isClosed ? undefined : fresh.find((each) => isCauseOf(each, own));
  if (deeper) found.push(explain(own, deeper.subject));
  for (const each of fresh) {
    if (!each.isClosed && isCauseOf(own, each)) found.push(explain(each, own.subject));
  }
  return found;
}

function isCauseOf(deeper: Link, outer: Link): boolean {
  return (
    isBy(deeper.observer, outer.subject) &&
    deeper.subject !== outer.subject &&
    deeper.beganMs <= outer.endMs &&
    deeper.troubleMs <= outer.endMs + TIME_TO_TELL_MS
  );
}

function explain(link: Link, deeper: string): Explained {
  link.isClosed = true;
  return { subject: link.subject, deeper, countedMs: link.countedMs };
}

/** Whether an observer is the one that was called, which may be known by its service only. */
function isBy(observer: string, subject: string): boolean {
  return observer === subject || serviceOf(observer) === subject;
}
