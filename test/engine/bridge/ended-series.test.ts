// SPDX-License-Identifier: Apache-2.0
/** What a reader is told when a series ends, from the verdicts to the bytes, read by somebody else's protobuf. */
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../src/engine/bridge/bridge-row.js';
import { EndedSeries } from '../../../src/engine/bridge/ended-series.js';
import { markedPointsSerializer } from '../../../src/engine/bridge/marked-points-serializer.js';
import { Tallies } from '../../../src/engine/bridge/tallies.js';
import { BRIDGE_ROWS, haveSameSeries } from '../../../src/engine/bridge/verdict-metrics.js';
import { VerdictProducer } from '../../../src/engine/bridge/verdict-producer.js';
import { HealthStatus } from '../../../src/model/status.js';
import type { Verdict } from '../../../src/model/verdict.js';
import { verdictOf } from '../../support/verdicts.js';
import { readEnds, readMetrics } from './metrics-proto.js';

const WELL: Partial<Verdict> = { status: HealthStatus.HEALTHY, failure: 'none', blame: undefined };

const snapshotOf = (verdicts: readonly Verdict[], views: Snapshot['views'] = []): Snapshot => ({
  ...{ verdicts, views, viewsLeftOut: 0, callsByStatus: new Map(), tallies: new Tallies() },
});

/** The requests that a bridge sends of one snapshot after the other. */
async function requestsOf(...snapshots: readonly Snapshot[]): Promise<readonly Uint8Array[]> {
  const told = [...snapshots];
  const producer = new VerdictProducer({
    resource: resourceFromAttributes({ 'service.name': 'panorama-engine' }),
    snapshot: () => told.shift() as Snapshot,
    nowMs: () => 1_700_000_000_123,
  });
  const requests: Uint8Array[] = [];
  for (const _ of snapshots) {
    const { resourceMetrics } = await producer.collect();
    requests.push(markedPointsSerializer(ProtobufMetricsSerializer).serializeRequest(resourceMetrics) as Uint8Array);
  }
  return requests;
}

/** What each of these tells as ended. */
const endsOf = async (...snapshots: readonly Snapshot[]) => (await requestsOf(...snapshots)).map(readEnds);

describe('a series that ends', () => {
  it('is told so three times, and then no more', async () => {
    const view = { environment: '', subject: 'db', observer: 'web/1', status: HealthStatus.HEALTHY };
    const nothing = snapshotOf([]);
    const [first, ...others] = await endsOf(
      ...[snapshotOf([verdictOf(WELL)], [view]), nothing, nothing, nothing, nothing],
    );
    expect(first).toEqual([]);
    const ends = [
      'panorama.subject.health db',
      'panorama.subject.failure db',
      'panorama.subject.since db',
      'panorama.subject.confidence db',
      ...['for', 'against', 'doubted'].map((vote) => `panorama.subject.votes db ${vote}`),
      'panorama.view.health db web/1',
    ];
    expect(others).toEqual([ends, ends, ends, []]);
  });

  it('leaves those alone that go on, and comes behind all values', async () => {
    const web = verdictOf({ ...WELL, subject: 'web' });
    const [, second] = await requestsOf(snapshotOf([verdictOf(), web]), snapshotOf([web]));
    expect(readEnds(second)).toContain('panorama.subject.problem db unhealthy crash timeout db');
    expect(readEnds(second).filter((each) => each.includes('web'))).toEqual([]);
    expect(JSON.stringify(readMetrics(second).get('panorama.subject.health'))).toContain('web');
    const text = Buffer.from(second as Uint8Array).toString('latin1');
    expect(text.lastIndexOf('web')).toBeLessThan(text.indexOf('db'));
  });

  it('is that of the old words where a problem has changed', async () => {
    const worse = verdictOf({ reason: 'refused', blame: { root: 'disk', path: ['db', 'disk'], share: 1 } });
    const [, changed, well] = await endsOf(
      snapshotOf([verdictOf()]),
      snapshotOf([worse]),
      snapshotOf([verdictOf(WELL)]),
    );
    expect(changed).toEqual(['panorama.subject.problem db unhealthy crash timeout db']);
    expect(well).toEqual([
      'panorama.subject.problem db unhealthy crash timeout db',
      'panorama.subject.problem db unhealthy crash refused disk',
      'panorama.blame db disk',
    ]);
  });

  it('and is back is told as ended no more', async () => {
    const [db, web] = [verdictOf(), verdictOf({ ...WELL, subject: 'web' })];
    const [, gone, back] = await endsOf(snapshotOf([db, web]), snapshotOf([web]), snapshotOf([verdictOf(), web]));
    expect(gone).toHaveLength(8);
    expect(back).toEqual([]);
  });

  it('is none while another subject’s path of blame leads along the same edge', async () => {
    const web = verdictOf({ subject: 'web', blame: { root: 'disk', path: ['web', 'db', 'disk'], share: 1 } });
    const db = verdictOf({ blame: { root: 'disk', path: ['db', 'disk'], share: 1 } });
    const [, ends] = await endsOf(snapshotOf([db, web]), snapshotOf([verdictOf(), web]));
    expect(ends).toEqual(['panorama.subject.problem db unhealthy crash timeout disk']);
  });

  it('is one of so many at the most', () => {
    const ended = new EndedSeries(BRIDGE_ROWS, 10);
    const fleet = Array.from({ length: 100 }, (_, each) => verdictOf({ ...WELL, subject: `node/${each}` }));
    expect(ended.beside(snapshotOf(fleet))).toEqual([]);
    for (let turn = 0; turn < 3; turn++) expect(ended.beside(snapshotOf([]))).toHaveLength(10);
    expect(ended.beside(snapshotOf([]))).toEqual([]);
  });
});

describe('two verdicts on a subject', () => {
  const suspicion = { reason: 'alone', complaintCount: 3, subjectCount: 3, sinceMs: 1 } as const;
  const SAID: readonly Partial<Verdict>[] = [
    ...[
      {},
      WELL,
      { ...WELL, status: HealthStatus.NA },
      { ...WELL, failure: 'masked' as const },
      { reason: 'refused' as const },
    ],
    ...[{ failure: 'gray' as const }, { failure: 'gray' as const, split: ['observer'] as const }, { suspicion }],
    ...[
      { suspicion: { ...suspicion, reason: 'overloaded' as const } },
      { instances: { failing: 1, doubtful: 0, total: 3 } },
    ],
    ...[{ blame: undefined }, { blame: { root: 'disk', path: ['db', 'disk'], share: 1 } }],
    ...[{ status: HealthStatus.DEAD }, { status: HealthStatus.MAYBE_UNHEALTHY, failure: 'gray' as const }],
  ];
  const ownRows = BRIDGE_ROWS.filter(({ kind, isShared }) => kind === 'gauge' && !isShared);
  const seriesOf = (said: Partial<Verdict>) => {
    const snapshot = snapshotOf([verdictOf(said)]);
    return JSON.stringify(ownRows.map((row) => Array.from(row.read(snapshot), ({ attributes }) => attributes)));
  };

  it('that are taken for the same have the same series', () => {
    const pairs = SAID.flatMap((one) => SAID.map((other) => [one, other] as const));
    const differing = pairs.filter(([one, other]) => seriesOf(one) !== seriesOf(other));
    expect(differing.length).toBeGreaterThan(100);
    expect(differing.filter(([one, other]) => haveSameSeries(verdictOf(one), verdictOf(other)))).toEqual([]);
  });

  it('are taken for the same where numbers differ alone', () => {
    const later = { judgedMs: 9000, sinceMs: 2000, confidence: 0.9, observersAgainst: ['web/3'] };
    for (const said of SAID) expect(haveSameSeries(verdictOf(said), verdictOf({ ...said, ...later }))).toBe(true);
  });
});
