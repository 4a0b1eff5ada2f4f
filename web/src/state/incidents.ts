// SPDX-License-Identifier: Apache-2.0
/**
 * What went wrong in a time: of each subject from when it was not well until it was again, and whose fault that was. Those who
 * suffered from another's incident stand below it. Pure.
 */
import type { EventJson, VerdictJson } from '../../../src/engine/api/shapes.js';
import type { HealthStatusName } from '../../../src/model/status.js';
import { badness, failingOperations, isIll, keyOf } from './fleet.js';
import { type Stretch, type StretchBounds, stretchesOf } from './stretches.js';

/** Who is well for less than this has not recovered but come back with the same trouble, in ms. */
const LULL_MS = 60_000;

export interface Incident {
  readonly environment: string;
  readonly subject: string;
  /** Of the first evidence where it is known, else the begin of what is known. Epoch ms. */
  readonly startMs: number;
  /** Whether it may have begun before that. */
  readonly isOlder: boolean;
  /** `undefined` while it goes on. */
  readonly endMs: number | undefined;
  readonly worst: HealthStatusName;
  readonly failures: readonly string[];
  /** Who was blamed, for the longest time first; the subject itself where it was its own fault. */
  readonly culprits: readonly string[];
  readonly operations: readonly string[];
  /** How often it was well for a moment, and failed again. */
  readonly returns: number;
  readonly stretches: readonly Stretch[];
}

/** An incident at the root, and those that it brought about. */
export interface IncidentGroup {
  readonly root: Incident;
  readonly victims: readonly Incident[];
  /** Of the first of them. */
  readonly startMs: number;
}

/**
 * @param bySubject changes of each, in order of time
 * @param current verdicts of now, where the time reaches until now: who is ill all the while has no changes
 */
export function incidentsOf(
  bySubject: ReadonlyMap<string, readonly EventJson[]>,
  bounds: StretchBounds,
  current: Iterable<VerdictJson> = [],
): readonly Incident[] {
  const incidents: Incident[] = [];
  for (const events of bySubject.values()) {
    const whose = events[0]?.verdict;
    if (whose) incidents.push(...ofSubject(whose, stretchesOf(events, bounds), bounds));
  }
  for (const verdict of current)
    if (isIll(verdict) && !bySubject.has(keyOf(verdict)))
      incidents.push(...ofSubject(verdict, stretchesOf([], bounds, verdict), bounds));
  return incidents;
}

function ofSubject(whose: VerdictJson, stretches: readonly Stretch[], { sinceMs, untilMs }: StretchBounds): Incident[] {
  const runs: Stretch[][] = [];
  for (const stretch of stretches) {
    if (!isIll(stretch)) continue;
    const run = runs.at(-1);
    if (run && stretch.fromMs - (run.at(-1)?.toMs ?? 0) < LULL_MS) run.push(stretch);
    else runs.push([stretch]);
  }
  return runs.map((run) => incidentOf(whose, run, sinceMs, untilMs));
}

function incidentOf(
  { environment, subject }: VerdictJson,
  run: readonly Stretch[],
  sinceMs: number,
  untilMs: number,
): Incident {
  const first = run[0] as Stretch;
  const last = run.at(-1) as Stretch;
  const blamedMs = new Map<string, number>();
  const operations = new Set<string>();
  let worst = first;
  let returns = 0;
  run.forEach((stretch, place) => {
    const culprit = stretch.culprit ?? subject;
    blamedMs.set(culprit, (blamedMs.get(culprit) ?? 0) + stretch.toMs - stretch.fromMs);
    if (stretch.verdict) for (const operation of failingOperations(stretch.verdict)) operations.add(operation);
    if (badness(stretch.status) < badness(worst.status)) worst = stretch;
    if (stretch.fromMs > (run[place - 1]?.toMs ?? stretch.fromMs)) returns++;
  });
  return {
    ...{ environment, subject, returns, worst: worst.status, stretches: run },
    startMs: Math.min(first.fromMs, evidenceMs(run)),
    isOlder: first.verdict === undefined && first.fromMs <= sinceMs,
    endMs: last.toMs < untilMs ? last.toMs : undefined,
    failures: [...new Set(run.map(({ failure }) => failure as string))].filter((failure) => failure !== 'none'),
    culprits: [...blamedMs].sort((a, b) => b[1] - a[1]).map(([culprit]) => culprit),
    operations: [...operations].sort(),
  };
}

/** Of the first evidence. A verdict that is well but masked tells since when it is well. */
function evidenceMs(run: readonly Stretch[]): number {
  const failing = run.find(({ status, verdict }) => verdict && isIll({ status, failure: 'none' }));
  return failing?.verdict?.sinceMs ?? Number.POSITIVE_INFINITY;
}

/** Whose fault it was for the most of it, where that is somebody else. */
export function culpritOfIncident({ subject, culprits }: Incident): string | undefined {
  return culprits[0] === subject ? undefined : culprits[0];
}

/** Incidents with those that they brought about, the newest first. */
export function groupsOf(incidents: readonly Incident[]): readonly IncidentGroup[] {
  const bySubject = new Map<string, Incident[]>();
  for (const incident of incidents) {
    const key = keyOf(incident);
    bySubject.set(key, [...(bySubject.get(key) ?? []), incident]);
  }
  const members = new Map<Incident, Incident[]>();
  for (const incident of incidents) {
    const root = rootOf(incident, bySubject);
    const known = members.get(root) ?? [];
    if (root !== incident) known.push(incident);
    members.set(root, known);
  }
  return [...members]
    .map(([root, victims]) => ({
      root,
      victims: victims.sort((a, b) => a.startMs - b.startMs),
      startMs: Math.min(root.startMs, ...victims.map(({ startMs }) => startMs)),
    }))
    .sort((a, b) => b.startMs - a.startMs);
}

/** Where blame leads over incidents of the same time; two that blame each other lead to the one that was asked about. */
function rootOf(incident: Incident, bySubject: ReadonlyMap<string, readonly Incident[]>): Incident {
  const seen = new Set([incident]);
  for (let at = incident; ; ) {
    const culprit = culpritOfIncident(at);
    const next =
      culprit !== undefined &&
      bySubject.get(keyOf({ environment: at.environment, subject: culprit }))?.find((each) => overlap(each, at));
    if (!next) return at;
    if (seen.has(next)) return incident;
    seen.add(next);
    at = next;
  }
}

/** A culprit and its victim need not be seen at the same moment. */
function overlap(a: Incident, b: Incident): boolean {
  const endOf = ({ endMs }: Incident): number => (endMs ?? Number.POSITIVE_INFINITY) + LULL_MS;
  return a.startMs <= endOf(b) && b.startMs <= endOf(a);
}

/** Those in which all words stand, of a name, a culprit or an operation; a group stays whole. */
export function groupsWith(groups: readonly IncidentGroup[], text: string): readonly IncidentGroup[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return groups;
  return groups.filter(({ root, victims }) => {
    const all = [root, ...victims].flatMap(({ subject, culprits, operations, failures, worst }) => [
      ...[subject, worst],
      ...[...culprits, ...operations, ...failures],
    ]);
    const said = all.join('\n').toLowerCase();
    return words.every((word) => said.includes(word));
  });
}

export interface Summary {
  readonly incidentCount: number;
  readonly subjectCount: number;
  /** Groups of which somebody is not well yet. */
  readonly goingOnCount: number;
  /** The root that was not well for longest. */
  readonly worst: { readonly subject: string; readonly ms: number; readonly victimCount: number } | undefined;
}

/** What all of it comes to. */
export function summaryOf(groups: readonly IncidentGroup[], untilMs: number): Summary {
  const incidents = groups.flatMap(({ root, victims }) => [root, ...victims]);
  const lengths = groups.map(({ root, victims }) => ({
    subject: root.subject,
    ms: (root.endMs ?? untilMs) - root.startMs,
    victimCount: victims.length,
  }));
  return {
    incidentCount: incidents.length,
    subjectCount: new Set(incidents.map(keyOf)).size,
    goingOnCount: groups.filter(({ root, victims }) => [root, ...victims].some(({ endMs }) => endMs === undefined))
      .length,
    worst: lengths.sort((a, b) => b.ms - a.ms)[0],
  };
}
