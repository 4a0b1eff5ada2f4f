// SPDX-License-Identifier: Apache-2.0
/** Metrics with exemplars, read by somebody else's protobuf by the protocol's own files. */

import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { markedPointsSerializer } from '../../../src/engine/bridge/marked-points-serializer.js';
import { Tallies } from '../../../src/engine/bridge/tallies.js';
import { VerdictProducer } from '../../../src/engine/bridge/verdict-producer.js';
import { HealthStatus } from '../../../src/model/status.js';
import { transitionOf, verdictOf } from '../../support/verdicts.js';
import { type ReadMetric, readMetrics } from './metrics-proto.js';

/** What a bridge sends after a failure was found, if that had evidence. */
async function metricsAfter(evidence: readonly { traceId: string; spanId: string }[]): Promise<ResourceMetrics> {
  const tallies = new Tallies();
  const verdict = { sinceMs: 1000, evidence: evidence.map((each) => ({ ...each, errorType: 'Error', message: 'ü' })) };
  tallies.note(transitionOf(1, { atMs: 1750, from: { status: HealthStatus.HEALTHY, failure: 'none' }, verdict }));
  const producer = new VerdictProducer({
    resource: resourceFromAttributes({ 'service.name': 'panorama-engine', 'service.instance.id': 'host' }),
    snapshot: () => ({ verdicts: [verdictOf()], views: [], viewsLeftOut: 0, callsByStatus: new Map(), tallies }),
    nowMs: () => 1_700_000_000_123,
  });
  return (await producer.collect()).resourceMetrics;
}

const EVIDENCE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '00f067aa0ba902b7' };

describe('a metric', () => {
  it('without exemplars is written as ever', async () => {
    const metrics = await metricsAfter([]);
    expect(markedPointsSerializer(ProtobufMetricsSerializer).serializeRequest(metrics)).toEqual(
      ProtobufMetricsSerializer.serializeRequest(metrics),
    );
  });

  it('with exemplars says all else as it would without', async () => {
    const metrics = await metricsAfter([EVIDENCE]);
    const own = readMetrics(markedPointsSerializer(ProtobufMetricsSerializer).serializeRequest(metrics));
    const stock = readMetrics(ProtobufMetricsSerializer.serializeRequest(metrics));
    const stripped = JSON.parse(JSON.stringify([...own.values()]), (key, value) => (key === 'exemplars' ? [] : value));
    const byName = (a: ReadMetric, b: ReadMetric) => (a.metric.name < b.metric.name ? -1 : 1);
    expect(stripped.sort(byName)).toEqual([...stock.values()].sort(byName));
    expect(own.size).toBeGreaterThan(5);
  });

  it.each([
    ['panorama.transitions', 'sum', 1],
    ['panorama.detection.delay', 'histogram', 0.75],
  ])('%s has the trace of the evidence', async (name, kind, value) => {
    const bytes = markedPointsSerializer(ProtobufMetricsSerializer).serializeRequest(await metricsAfter([EVIDENCE]));
    const metric = readMetrics(bytes).get(name)?.metric as Record<string, { dataPoints: { exemplars: unknown[] }[] }>;
    expect(metric[kind]?.dataPoints.flatMap(({ exemplars }) => exemplars)).toEqual([
      {
        timeUnixNano: '1750000000',
        asDouble: value,
        traceId: Buffer.from(EVIDENCE.traceId, 'hex').toString('base64'),
        spanId: Buffer.from(EVIDENCE.spanId, 'hex').toString('base64'),
        filteredAttributes: [],
      },
    ]);
  });
});
