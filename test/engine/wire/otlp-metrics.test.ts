// SPDX-License-Identifier: Apache-2.0
/** Metrics as the SDK writes them, in both encodings, and as nobody should. */
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import type { MetricBatch } from '../../../src/engine/wire/metric-batch.js';
import { decodeMetricsJson } from '../../../src/engine/wire/otlp-metrics-json.js';
import { decodeMetricsProtobuf } from '../../../src/engine/wire/otlp-metrics-protobuf.js';
import { field, fixed64, flatten, tag } from './otlp-writer.js';

class PulledReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** One metric of every kind that the SDK makes, and some that are read. */
async function sdkMetrics() {
  const reader = new PulledReader();
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'cart', 'service.instance.id': 'c1' }),
    readers: [reader],
    views: [{ instrumentName: 'exponential', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const meter = provider.getMeter('test');
  meter.createGauge('nodejs.eventloop.delay.p99').record(0.25);
  meter.createGauge('nodejs.eventloop.utilization').record(0.75);
  const cpu = meter.createGauge('process.cpu.utilization');
  cpu.record(0.5, { 'cpu.mode': 'user' });
  cpu.record(0.125, { 'cpu.mode': 'system' });
  const pauses = meter.createHistogram('v8js.gc.duration');
  pauses.record(0.5, { 'v8js.gc.type': 'major' });
  pauses.record(0.25, { 'v8js.gc.type': 'minor' });
  meter.createCounter('requests').add(7, { route: '/' });
  meter.createUpDownCounter('queue').add(-3);
  meter.createHistogram('exponential').record(3);
  const { resourceMetrics } = await reader.collect();
  await provider.shutdown();
  return resourceMetrics;
}

const byName = (batch: MetricBatch) =>
  Object.fromEntries(batch.resources.flatMap(({ readings }) => readings.map(({ name, value }) => [name, value])));

describe('metrics that the SDK wrote', () => {
  it('are counted, and those of the runtime read, the same in both encodings', async () => {
    const metrics = await sdkMetrics();
    const binary = decodeMetricsProtobuf(ProtobufMetricsSerializer.serializeRequest(metrics) as Uint8Array);
    const json = decodeMetricsJson(JsonMetricsSerializer.serializeRequest(metrics) as Uint8Array);
    expect(binary).toEqual(json);
    expect(binary).toMatchObject({ dataPointCount: 9, rejectedPoints: 0, rejectedMessage: '' });
    expect(binary.resources[0]?.resource).toMatchObject({ 'service.name': 'cart', 'service.instance.id': 'c1' });
    expect(byName(binary)).toEqual({
      'nodejs.eventloop.delay.p99': 0.25,
      'nodejs.eventloop.utilization': 0.75,
      'process.cpu.utilization': 0.625,
      'v8js.gc.duration': 0.75,
    });
  });
});

/** A request of one gauge with these points, each a value and a time. */
function gauge(name: string, ...points: readonly (readonly [bigint | number, bigint])[]): Uint8Array {
  const bytes = points.map(([value, time]) =>
    field(1, [
      typeof value === 'bigint'
        ? [tag(6, 1), fixed64(value)]
        : [tag(4, 1), ...new Uint8Array(Float64Array.of(value).buffer)],
      [tag(3, 1), fixed64(time)],
    ]),
  );
  return flatten(field(1, field(2, field(2, [field(1, name), field(5, bytes)]))));
}

describe('a reading', () => {
  it('is of the latest collection, a whole number too, and never what is no number', () => {
    const name = 'nodejs.eventloop.utilization';
    expect(byName(decodeMetricsProtobuf(gauge(name, [0.5, 20n], [0.9, 10n], [0.25, 20n])))).toEqual({ [name]: 0.5 });
    expect(byName(decodeMetricsProtobuf(gauge(name, [-2n, 1n])))).toEqual({ [name]: -2 });
    expect(decodeMetricsProtobuf(gauge(name, [Number.NaN, 1n], [Number.POSITIVE_INFINITY, 2n]))).toMatchObject({
      dataPointCount: 2,
      resources: [],
    });
  });

  it('is never of a name that an object has by itself', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(decodeMetricsProtobuf(gauge(name, [1, 1n])).resources).toEqual([]);
      const metrics = [{ name, gauge: { dataPoints: [{ asDouble: 1 }] } }];
      expect(
        decodeMetricsJson(Buffer.from(JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }))),
      ).toMatchObject({ dataPointCount: 1, resources: [] });
    }
  });
});

it('a JSON point with a value of the wrong type is refused alone', () => {
  const dataPoints = [{ asDouble: 'much' }, { asDouble: 0.5, timeUnixNano: '9' }];
  const metrics = [{ name: 'process.cpu.utilization', gauge: { dataPoints } }];
  const batch = decodeMetricsJson(Buffer.from(JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })));
  expect(batch).toMatchObject({ dataPointCount: 1, rejectedPoints: 1 });
  expect(batch.rejectedMessage).toMatch(/^data point 1 of the request was refused: asDouble is no number/);
  expect(byName(batch)).toEqual({ 'process.cpu.utilization': 0.5 });
});

it.each([
  [Uint8Array.of(0x0a, 0x05, 0x01)],
  // A point of an unread metric is walked all the same.
  [flatten(field(1, field(2, field(2, [field(1, 'other'), field(5, field(1, [tag(3, 1), 1]))]))))],
])('bytes that are no metrics are malformed', (bytes) => {
  expect(() => decodeMetricsProtobuf(bytes)).toThrow(expect.objectContaining({ code: 'PANO_WIRE_MALFORMED' }));
  expect(() => decodeMetricsJson(bytes)).toThrow(expect.objectContaining({ code: 'PANO_WIRE_MALFORMED' }));
});
