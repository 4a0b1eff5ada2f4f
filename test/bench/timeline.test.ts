// SPDX-License-Identifier: Apache-2.0
/** A trial as a picture: which lanes there are, what stands in them and where, and that nothing leaves the page. */
import { describe, expect, it } from 'vitest';
import type { Fault } from '#hadoop-like/faults/fault.js';
import type { ApiVerdict } from '#hadoop-like/harness/engine-api.js';
import type { TrialRecord } from '#hadoop-like/harness/trial.js';
import { builtinLane, observerLanes, ruleLanes, verdictLane } from '../../bench/detection/lanes.js';
import type { Seen } from '../../bench/detection/one-trial.js';
import type { Sighting } from '../../bench/detection/sightings.js';
import { timelineOf } from '../../bench/detection/timeline.js';

const FAULT = {
  id: 'f1',
  title: 'a disk <hangs> & nobody knows',
  subject: 'dn/dn2',
  operations: ['write'],
  nodes: ['dn2'],
} as unknown as Fault;

const verdictAt = (atMs: number, status: string, root = 'dn/dn2') => {
  const verdict = { subject: 'dn/dn2', status, sinceMs: atMs, operations: [{ operation: 'write', status }] };
  return { atMs, verdict: { ...verdict, blame: { root } } as unknown as ApiVerdict };
};

const RECORD = {
  faultMs: 100_000,
  repairMs: 106_000,
  endMs: 110_000,
  transitions: [
    verdictAt(90_000, 'healthy'),
    verdictAt(100_500, 'maybe_unhealthy'),
    verdictAt(101_000, 'unhealthy'),
    verdictAt(107_000, 'healthy'),
  ],
  convictions: [verdictAt(101_000, 'unhealthy'), verdictAt(103_000, 'unhealthy', 'nn/nn1')],
  looks: [
    { atMs: 99_000, beliefs: { nn1: { dn2: 'alive' } }, tally: { operations: {} } },
    { atMs: 104_000, beliefs: { nn1: { dn2: 'dead' } }, tally: { operations: {} } },
    { atMs: 105_000, beliefs: { nn1: { dn2: 'dead' } }, tally: { operations: {} } },
  ],
} as unknown as TrialRecord;

const sightingsOf = (count: number): readonly Sighting[] =>
  Array.from({ length: count }, (_, index) => ({
    observer: `client/client-${index}`,
    operation: 'write',
    atMs: 100_100 + index,
  }));

const firing = {
  alert: 'FailedCalls',
  service: 'dn',
  side: 'client',
  sinceMs: 101_000,
  fromMs: 103_000,
  toMs: 106_000,
};

const seen = (parts: Partial<Seen> = {}): Seen => ({
  record: RECORD,
  sightings: sightingsOf(2),
  firings: [firing],
  ...parts,
});

describe('the lanes', () => {
  it('are one for each observer and operation, first come first, with a mark for each failure', () => {
    const [a, b] = sightingsOf(2) as [Sighting, Sighting];
    const lanes = observerLanes([a, b, { ...b, atMs: 100_300 }]);
    expect(lanes.map(({ name, stretches }) => [name, stretches.length])).toEqual([
      ['client-0: write', 1],
      ['client-1: write', 2],
    ]);
  });

  it('are as many as there is room for, and it is said how many there are beside them', () => {
    expect(observerLanes(sightingsOf(20)).map(({ name }) => name)).toHaveLength(13);
    expect(observerLanes(sightingsOf(20)).at(-1)?.name).toBe('and 8 more');
  });

  it('show the verdict from one change to the next, and whom it blames', () => {
    expect(verdictLane(RECORD, FAULT).stretches).toEqual([
      { fromMs: 90_000, toMs: 100_500, kind: 'healthy' },
      { fromMs: 100_500, toMs: 101_000, kind: 'doubt' },
      { fromMs: 101_000, toMs: 103_000, kind: 'convicted' },
      { fromMs: 103_000, toMs: 107_000, kind: 'other' },
      { fromMs: 107_000, toMs: 110_000, kind: 'healthy' },
    ]);
  });

  it('show what the built-in detectors believed', () => {
    expect(builtinLane(RECORD, FAULT).stretches).toEqual([
      { fromMs: 99_000, toMs: 104_000, kind: 'alive' },
      { fromMs: 104_000, toMs: 105_000, kind: 'dead' },
    ]);
  });

  it('show each alert, or that none fired', () => {
    expect(ruleLanes([firing]).map(({ name }) => name)).toEqual(['FailedCalls dn (client)']);
    expect(ruleLanes([])).toEqual([{ name: "Collector's rules", stretches: [], otherwise: 'none fired' }]);
  });
});

describe('the picture', () => {
  it('names the fault, the subject and each lane, and marks the fault and the repair', () => {
    const svg = timelineOf(FAULT, seen());
    for (const text of ['f1: a disk &lt;hangs> &amp; nobody knows', 'dn/dn2', 'client-0: write', 'verdict']) {
      expect(svg).toContain(`>${text}<`);
    }
    for (const text of ['built-in detector', 'FailedCalls dn (client)', 'fault', 'repair', '0 s', '-2 s']) {
      expect(svg).toContain(`>${text}<`);
    }
    expect(svg.startsWith('<svg ')).toBe(true);
    expect(svg).toContain('<title>f1: a disk &lt;hangs> &amp; nobody knows. When callers of dn/dn2 saw it fail');
  });

  it('has no lane of rules where there were none', () => {
    expect(timelineOf(FAULT, seen({ firings: undefined }))).not.toContain('rules');
    expect(timelineOf(FAULT, seen({ firings: [] }))).toContain('none fired');
  });

  it('begins 2 s before the fault and ends with the recovery: nothing is drawn outside of its lanes', () => {
    const svg = timelineOf(FAULT, seen());
    const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)" height="10" fill="#\w+"\/>/g)];
    const inLanes = bars.map(([, x, width]) => [Number(x), Number(x) + Number(width)] as const);
    for (const [from, to] of inLanes.filter(([from]) => from >= 250)) {
      expect(from).toBeGreaterThanOrEqual(250);
      expect(to).toBeLessThanOrEqual(840.1);
    }
  });

  it('cuts names that do not fit, and tells them in full to who points at them', () => {
    const operation = 'zookeeper.ZooKeeper/SetDataWithAVeryLongName';
    const svg = timelineOf(FAULT, seen({ sightings: [{ observer: 'c/client-1', operation, atMs: 100_100 }] }));
    expect(svg).toContain(`<title>client-1: ${operation}</title>`);
    const labels = [...svg.matchAll(/<text x="8"[^>]*>([^<]*)</g)].map(([, text = '']) => text.length);
    expect(Math.max(...labels.slice(1))).toBeLessThanOrEqual(36);
  });
});
