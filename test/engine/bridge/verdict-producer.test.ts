// SPDX-License-Identifier: Apache-2.0
/** What verdicts become as metrics, and that who is known no more is told of no more. */
import { resourceFromAttributes } from '@opentelemetry/resources';
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../src/engine/bridge/bridge-row.js';
import { Tallies } from '../../../src/engine/bridge/tallies.js';
import { BRIDGE_ROWS, FAILURE_NUMBERS } from '../../../src/engine/bridge/verdict-metrics.js';
import { VerdictProducer } from '../../../src/engine/bridge/verdict-producer.js';
import { HealthStatus, statusName } from '../../../src/model/status.js';
import type { Verdict } from '../../../src/model/verdict.js';
import { transitionOf, verdictOf } from '../../support/verdicts.js';

const { HEALTHY, UNHEALTHY, MAYBE_UNHEALTHY } = HealthStatus;

const nowMs = 1_700_000_000_250;

const snapshotOf = (...verdicts: readonly Partial<Verdict>[]): Snapshot => ({
  verdicts: verdicts.map((each) => verdictOf(each)),
  views: [],
  viewsLeftOut: 0,
  callsByStatus: new Map(),
  tallies: new Tallies(),
});

async function collected(snapshot: Snapshot): Promise<readonly MetricData[]> {
  const resource = resourceFromAttributes({ 'service.name': 'panorama-engine' });
  const producer = new VerdictProducer({ resource, snapshot: () => snapshot, nowMs: () => nowMs });
  const { resourceMetrics, errors } = await producer.collect();
  expect(errors).toEqual([]);
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
}

/** Values of a metric, by those attributes that are not empty. */
async function pointsOf(name: string, snapshot: Snapshot): Promise<Record<string, unknown>> {
  const metric = (await collected(snapshot)).find(({ descriptor }) => descriptor.name === name);
  const entries = (metric?.dataPoints ?? []).map(({ attributes, value }) => {
    const told = Object.values(attributes).filter((each) => each !== '');
    return [told.join(' '), value] as const;
  });
  return Object.fromEntries(entries);
}

describe('a subject', () => {
  it('has its health and its kind of failure as numbers that the descriptions explain', async () => {
    const snapshot = snapshotOf(
      { subject: 'db', status: UNHEALTHY, failure: 'gray' },
      { subject: 'web', status: HEALTHY, failure: 'none', environment: 'prod' },
    );
    expect(await pointsOf('panorama.subject.health', snapshot)).toEqual({ db: 5, 'prod web': 2 });
    expect(await pointsOf('panorama.subject.failure', snapshot)).toEqual({ db: 2, 'prod web': 0 });
    const description = (name: string) => BRIDGE_ROWS.find((row) => row.name === name)?.description ?? '';
    for (const status of Object.values(HealthStatus).filter((each) => each > 0)) {
      expect(description('panorama.subject.health')).toContain(`${status} ${statusName(status)}`);
    }
    for (const [failure, number] of Object.entries(FAILURE_NUMBERS)) {
      expect(description('panorama.subject.failure')).toContain(`${number} ${failure}`);
    }
  });

  it('has a problem while it fails, which says all that an alert needs', async () => {
    const ill: Partial<Verdict> = {
      ...{ status: UNHEALTHY, failure: 'gray', reason: 'timeout', split: ['operation', 'observer'] },
      blame: { root: 'disk', path: ['db', 'disk'], share: 0.9 },
    };
    const snapshot = snapshotOf(ill, { subject: 'web', status: HEALTHY, failure: 'none' });
    expect(await pointsOf('panorama.subject.problem', snapshot)).toEqual({
      'db unhealthy gray timeout operation observer disk': 1,
    });
    const doubtful = snapshotOf({ status: MAYBE_UNHEALTHY, failure: 'none', blame: undefined });
    expect(await pointsOf('panorama.subject.problem', doubtful)).toEqual({ 'db maybe_unhealthy none timeout db': 1 });
  });

  it('has its votes, since when it is so, and how sure that is', async () => {
    const snapshot = snapshotOf({ observersFor: ['a'], observersAgainst: ['b', 'c'], confidence: 0.6, sinceMs: 1500 });
    expect(await pointsOf('panorama.subject.votes', snapshot)).toEqual({
      'db for': 1,
      'db against': 2,
      'db doubted': 0,
    });
    expect(await pointsOf('panorama.subject.since', snapshot)).toEqual({ db: 1.5 });
    expect(await pointsOf('panorama.subject.confidence', snapshot)).toEqual({ db: 0.6 });
  });

  it('that is suspected as an observer, or is a service with instances, says so', async () => {
    const suspicion = { reason: 'alone', complaintCount: 3, subjectCount: 3, sinceMs: 1 } as const;
    const snapshot = snapshotOf({ suspicion }, { subject: 'web', instances: { failing: 1, doubtful: 2, total: 10 } });
    expect(await pointsOf('panorama.subject.suspicion', snapshot)).toEqual({ 'db alone': 1 });
    expect(await pointsOf('panorama.service.instances', snapshot)).toEqual({
      'web failing': 1,
      'web doubtful': 2,
      'web other': 7,
    });
  });

  it('that is known no more is told of no more', async () => {
    const told = [snapshotOf({ subject: 'db' }, { subject: 'web' }), snapshotOf({ subject: 'web' })];
    const resource = resourceFromAttributes({});
    const producer = new VerdictProducer({ resource, snapshot: () => told.shift() as Snapshot, nowMs: () => nowMs });
    const subjectsOf = async () => {
      const { resourceMetrics } = await producer.collect();
      const [health] = resourceMetrics.scopeMetrics[0]?.metrics ?? [];
      return health?.dataPoints.map(({ attributes }) => attributes['panorama.subject']);
    };
    expect([await subjectsOf(), await subjectsOf()]).toEqual([['db', 'web'], ['web']]);
  });
});

describe('blame', () => {
  it('has an edge for each step of a path, with the greatest share of those that go along it', async () => {
    const snapshot = snapshotOf(
      { subject: 'web', blame: { root: 'disk', path: ['web', 'db', 'disk'], share: 0.5 } },
      { subject: 'db', blame: { root: 'disk', path: ['db', 'disk'], share: 0.9 } },
      { subject: 'disk', blame: { root: 'disk', path: ['disk'], share: 1 } },
    );
    expect(await pointsOf('panorama.blame', snapshot)).toEqual({ 'web db': 0.5, 'db disk': 0.9 });
  });
});

describe('the matrix', () => {
  it('has who finds whom how, and how many pairs were left out', async () => {
    const view = { environment: '', subject: 'db', observer: 'web/1', status: UNHEALTHY };
    const snapshot = { ...snapshotOf(), views: [view], viewsLeftOut: 7 };
    expect(await pointsOf('panorama.view.health', snapshot)).toEqual({ 'db web/1': 5 });
    expect(await pointsOf('panorama.views.left_out', snapshot)).toEqual({ '': 7 });
  });
});

describe('observations', () => {
  it('are counted by what they say, what nobody has said yet too', async () => {
    const callsByStatus = new Map([
      [HEALTHY, 1000],
      [UNHEALTHY, 3],
    ] as const);
    expect(await pointsOf('panorama.observations', { ...snapshotOf(), callsByStatus })).toEqual({
      ...{ na: 0, healthy: 1000, pending: 0, maybe_unhealthy: 0, unhealthy: 3, dying: 0, dead: 0 },
    });
  });
});

describe('transitions', () => {
  /** What can come of a verdict. */
  const NEVER_YET = {
    ...{ 'na none': 0, 'healthy none': 0, 'healthy masked': 0, 'pending none': 0, 'maybe_unhealthy gray': 0 },
    ...{
      'unhealthy gray': 0,
      'unhealthy crash': 0,
      'dying gray': 0,
      'dying crash': 0,
      'dead gray': 0,
      'dead crash': 0,
    },
  };

  it('that have not been are counted as none, so that a reader sees the first one', async () => {
    expect(await pointsOf('panorama.transitions', snapshotOf())).toEqual(NEVER_YET);
  });

  it('are counted by what they led to, since the bridge began', async () => {
    const snapshot = snapshotOf();
    for (const seq of [1, 2]) snapshot.tallies.note(transitionOf(seq, { verdict: { failure: 'gray' } }));
    expect(await pointsOf('panorama.transitions', snapshot)).toEqual({ ...NEVER_YET, 'unhealthy gray': 2 });
    const metric = (await collected(snapshot)).find(({ descriptor }) => descriptor.name === 'panorama.transitions');
    expect(metric).toMatchObject({ dataPointType: DataPointType.SUM, isMonotonic: true });
    expect(metric?.dataPoints[0]).toMatchObject({ startTime: [1_700_000_000, 250_000_000] });
  });

  it('into a failure are timed from its first evidence, and only those', async () => {
    const { tallies } = snapshotOf();
    const found = (atMs: number, from: HealthStatus, to: HealthStatus) =>
      tallies.note(
        transitionOf(1, { atMs, from: { status: from, failure: 'none' }, verdict: { status: to, sinceMs: 1000 } }),
      );
    found(1700, HEALTHY, UNHEALTHY);
    found(500_000, MAYBE_UNHEALTHY, UNHEALTHY);
    found(9000, UNHEALTHY, HEALTHY);
    found(9000, UNHEALTHY, HealthStatus.DEAD);
    found(900, HEALTHY, UNHEALTHY);
    const { counts, count, sum, min, max } = tallies.delay;
    expect([count, sum, min, max]).toEqual([3, 499.7, 0, 499]);
    expect(counts).toEqual([1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
  });
});
