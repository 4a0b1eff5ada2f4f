// SPDX-License-Identifier: Apache-2.0
/**
 * Writes metrics whose points are marked as OTLP's protobuf, because OpenTelemetry's serializer for JavaScript leaves out what the
 * marks say: exemplars, and that there is no value any more. All others it writes itself, before them. Both go in one request, for
 * of a repeated field what is written behind one another is one list.
 *
 * Source: opentelemetry-proto 1.x, `metrics.proto`; Protocol Buffers, "Encoding", "Last One Wins".
 */
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { ISerializer } from '@opentelemetry/otlp-transformer';
import {
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { ProtobufWriter } from '../../protobuf/protobuf-writer.js';
import { exemplarsOf, isEnd } from './point-marks.js';

const bytesField = (number: number) => number * 8 + 2;
const doubleField = (number: number) => number * 8 + 1;
const varintField = (number: number) => number * 8;

const CUMULATIVE = 2;

/** `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK` */
const NO_RECORDED_VALUE = 1;

/** A serializer that writes what marks say as well. */
export function markedPointsSerializer<R>(stock: ISerializer<ResourceMetrics, R>): ISerializer<ResourceMetrics, R> {
  return {
    serializeRequest: (request) => {
      const [own, others] = parted(request);
      const rest = stock.serializeRequest(others);
      if (!own || !rest) return stock.serializeRequest(request);
      const writer = new ProtobufWriter();
      writer.raw(rest);
      writer.message(bytesField(1), () => writeResourceMetrics(writer, own));
      return writer.finish();
    },
    deserializeResponse: (data) => stock.deserializeResponse(data),
  };
}

/** Metrics with marks, of those that are written here, and all others. */
function parted(request: ResourceMetrics): [ResourceMetrics | undefined, ResourceMetrics] {
  const only = (isWanted: (metric: MetricData) => boolean): ResourceMetrics => ({
    ...request,
    scopeMetrics: request.scopeMetrics
      .map((each) => ({ ...each, metrics: each.metrics.filter(isWanted) }))
      .filter(({ metrics }) => metrics.length > 0),
  });
  const own = only(hasMarks);
  return own.scopeMetrics.length === 0 ? [undefined, request] : [own, only((metric) => !hasMarks(metric))];
}

function hasMarks({ dataPointType, dataPoints }: MetricData): boolean {
  const isWritten = dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM;
  return isWritten && dataPoints.some((point) => isEnd(point) || exemplarsOf(point).length > 0);
}

function writeResourceMetrics(writer: ProtobufWriter, { resource, scopeMetrics }: ResourceMetrics): void {
  writer.message(bytesField(1), () => writeAttributes(writer, 1, resource.attributes));
  for (const { scope, metrics } of scopeMetrics) {
    writer.message(bytesField(2), () => {
      writer.message(bytesField(1), () => {
        writer.text(bytesField(1), scope.name);
        if (scope.version !== undefined) writer.text(bytesField(2), scope.version);
      });
      for (const metric of metrics) writer.message(bytesField(2), () => writeMetric(writer, metric));
    });
  }
}

function writeMetric(writer: ProtobufWriter, metric: MetricData): void {
  const { name, description, unit } = metric.descriptor;
  writer.text(bytesField(1), name);
  writer.text(bytesField(2), description);
  writer.text(bytesField(3), unit);
  if (metric.dataPointType === DataPointType.GAUGE) {
    writer.message(bytesField(5), () => {
      for (const point of metric.dataPoints) writer.message(bytesField(1), () => writeNumber(writer, point));
    });
  } else if (metric.dataPointType === DataPointType.SUM) {
    writer.message(bytesField(7), () => {
      for (const point of metric.dataPoints) writer.message(bytesField(1), () => writeNumber(writer, point));
      writer.varint(varintField(2), CUMULATIVE);
      writer.varint(varintField(3), Number(metric.isMonotonic));
    });
  } else if (metric.dataPointType === DataPointType.HISTOGRAM) {
    writer.message(bytesField(9), () => {
      for (const point of metric.dataPoints) {
        writer.message(bytesField(1), () => {
          writeTimes(writer, point);
          writeHistogram(writer, point.value);
          writeExemplars(writer, 8, point);
          writeAttributes(writer, 9, point.attributes);
        });
      }
      writer.varint(varintField(2), CUMULATIVE);
    });
  }
}

function writeNumber(writer: ProtobufWriter, point: DataPoint<number>): void {
  writeTimes(writer, point);
  if (!isEnd(point)) writer.double(doubleField(4), point.value);
  writeExemplars(writer, 5, point);
  writeAttributes(writer, 7, point.attributes);
  if (isEnd(point)) writer.varint(varintField(8), NO_RECORDED_VALUE);
}

function writeHistogram(writer: ProtobufWriter, { count, sum, min, max, buckets }: Histogram): void {
  writer.fixed64(doubleField(4), BigInt(count));
  if (sum !== undefined) writer.double(doubleField(5), sum);
  writer.bytes(bytesField(6), new Uint8Array(BigUint64Array.from(buckets.counts, BigInt).buffer));
  writer.bytes(bytesField(7), new Uint8Array(Float64Array.from(buckets.boundaries).buffer));
  if (min !== undefined) writer.double(doubleField(11), min);
  if (max !== undefined) writer.double(doubleField(12), max);
}

function writeTimes(writer: ProtobufWriter, { startTime, endTime }: { startTime: HrTime; endTime: HrTime }): void {
  writer.fixed64(doubleField(2), nanosOf(startTime));
  writer.fixed64(doubleField(3), nanosOf(endTime));
}

function writeExemplars(writer: ProtobufWriter, field: number, point: object): void {
  for (const { traceId, spanId, value, atMs } of exemplarsOf(point)) {
    writer.message(bytesField(field), () => {
      writer.fixed64(doubleField(2), BigInt(Math.round(atMs)) * 1_000_000n);
      writer.double(doubleField(3), value);
      writer.bytes(bytesField(4), Buffer.from(spanId, 'hex'));
      writer.bytes(bytesField(5), Buffer.from(traceId, 'hex'));
    });
  }
}

/** All of ours are texts. */
function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    writer.message(bytesField(field), () => {
      writer.text(bytesField(1), name);
      writer.message(bytesField(2), () => writer.text(bytesField(1), String(value)));
    });
  }
}

function nanosOf([seconds, nanoseconds]: HrTime): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}
