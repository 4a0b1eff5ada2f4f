// SPDX-License-Identifier: Apache-2.0
/** What happened in a trial, as lanes of a timeline: who saw the subject fail, what was said of it, and what others noticed. Pure. */
import type { Fault } from '#hadoop-like/faults/fault.js';
import { type ApiVerdict, culpritOf, isConviction } from '#hadoop-like/harness/engine-api.js';
import type { TrialRecord } from '#hadoop-like/harness/trial.js';
import type { Firing } from './firings.js';
import type { Sighting } from './sightings.js';

/** A moment, or a stretch of time; epoch ms. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: Kind;
}

/** What a lane shows, by its colour. */
export type Kind = 'failing' | 'healthy' | 'waiting' | 'doubt' | 'convicted' | 'other' | 'alive' | 'dead' | 'firing';

export interface Lane {
  readonly name: string;
  readonly stretches: readonly Stretch[];
  /** What stands in place of stretches, where there are none. */
  readonly otherwise?: string;
}

/** Lanes of observers that a picture has room for. Those who saw most come first; how many are left out is said. */
const OBSERVER_LANES_MAX = 12;

/** Alerts that a picture has room for. */
const ALERT_LANES_MAX = 4;

/** A lane for each observer and operation, in the order of the first failure that they saw. */
export function observerLanes(sightings: readonly Sighting[]): readonly Lane[] {
  const lanes = new Map<string, Stretch[]>();
  for (const { observer, operation, atMs } of sightings) {
    const name = `${observer.split('/').at(-1)}: ${operation}`;
    const marks = lanes.get(name) ?? [];
    marks.push({ fromMs: atMs, toMs: atMs, kind: 'failing' });
    lanes.set(name, marks);
  }
  const all = [...lanes].map(([name, stretches]) => ({ name, stretches }));
  const shown = all
    .sort((a, b) => b.stretches.length - a.stretches.length)
    .slice(0, OBSERVER_LANES_MAX)
    .sort((a, b) => (a.stretches[0]?.fromMs ?? 0) - (b.stretches[0]?.fromMs ?? 0));
  const left = all.length - shown.length;
  return left === 0 ? shown : [...shown, { name: `and ${left} more`, stretches: [], otherwise: '…' }];
}

/** How the verdict of a subject stood, from one change to the next. */
export function verdictLane(record: TrialRecord, { subject }: Pick<Fault, 'subject'>): Lane {
  const { transitions, convictions, endMs } = record;
  const own = [...transitions, ...convictions]
    .filter(({ verdict }) => verdict.subject === subject)
    .sort((a, b) => a.atMs - b.atMs);
  const stretches: Stretch[] = [];
  for (const [index, { atMs, verdict }] of own.entries()) {
    const kind = kindOf(verdict);
    const toMs = own[index + 1]?.atMs ?? endMs;
    const last = stretches.at(-1);
    if (kind === undefined) continue;
    if (last?.kind === kind && last.toMs === atMs) stretches[stretches.length - 1] = { ...last, toMs };
    else stretches.push({ fromMs: atMs, toMs, kind });
  }
  return { name: 'verdict', stretches, otherwise: 'none' };
}

/** What the cluster's own detectors believed of the fault's nodes: dead as soon as one of them does. */
export function builtinLane({ looks }: TrialRecord, { nodes }: Pick<Fault, 'nodes'>): Lane {
  const stretches: Stretch[] = [];
  for (const { atMs, beliefs } of looks) {
    const isDead = Object.values(beliefs).some((believed) => nodes.some((node) => believed[node] === 'dead'));
    const kind = isDead ? 'dead' : 'alive';
    const last = stretches.pop();
    if (last) stretches.push({ ...last, toMs: atMs });
    if (last?.kind !== kind) stretches.push({ fromMs: atMs, toMs: atMs, kind });
  }
  return { name: 'built-in detector', stretches, otherwise: 'nobody looked' };
}

/** A lane for each alert that fired. */
export function ruleLanes(firings: readonly Firing[]): readonly Lane[] {
  const lanes = new Map<string, Stretch[]>();
  for (const { alert, service, side, fromMs, toMs } of firings) {
    const name = `${alert} ${service} (${side})`;
    lanes.set(name, [...(lanes.get(name) ?? []), { fromMs, toMs, kind: 'firing' }]);
  }
  if (lanes.size === 0) return [{ name: "Collector's rules", stretches: [], otherwise: 'none fired' }];
  const shown = [...lanes].slice(0, ALERT_LANES_MAX).map(([name, stretches]): Lane => ({ name, stretches }));
  const left = lanes.size - shown.length;
  return left === 0 ? shown : [...shown, { name: `and ${left} more alerts`, stretches: [], otherwise: '…' }];
}

function kindOf(verdict: ApiVerdict): Kind | undefined {
  if (isConviction(verdict)) return culpritOf(verdict) === verdict.subject ? 'convicted' : 'other';
  const kinds: Readonly<Record<string, Kind>> = { healthy: 'healthy', pending: 'waiting', maybe_unhealthy: 'doubt' };
  return kinds[verdict.status];
}
