// SPDX-License-Identifier: Apache-2.0
/**
 * The messages of OTLP metrics as the protocol's own files define them, read by somebody else's protobuf.
 *
 * Source: opentelemetry-proto 1.9, `metrics/v1/metrics.proto`, of which only what is sent here is left.
 */
import protobuf from 'protobufjs';

const PROTO = `
syntax = "proto3";
package otlp;
message AnyValue { oneof value { string string_value = 1; double double_value = 4; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message InstrumentationScope { string name = 1; string version = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Exemplar {
  fixed64 time_unix_nano = 2;
  oneof value { double as_double = 3; sfixed64 as_int = 6; }
  bytes span_id = 4;
  bytes trace_id = 5;
  repeated KeyValue filtered_attributes = 7;
}
message NumberDataPoint {
  fixed64 start_time_unix_nano = 2;
  fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; }
  repeated Exemplar exemplars = 5;
  repeated KeyValue attributes = 7;
  uint32 flags = 8;
}
message HistogramDataPoint {
  fixed64 start_time_unix_nano = 2;
  fixed64 time_unix_nano = 3;
  fixed64 count = 4;
  optional double sum = 5;
  repeated fixed64 bucket_counts = 6;
  repeated double explicit_bounds = 7;
  repeated Exemplar exemplars = 8;
  repeated KeyValue attributes = 9;
  optional double min = 11;
  optional double max = 12;
}
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum { repeated NumberDataPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message Metric {
  string name = 1;
  string description = 2;
  string unit = 3;
  oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; }
}
message ScopeMetrics { InstrumentationScope scope = 1; repeated Metric metrics = 2; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message Request { repeated ResourceMetrics resource_metrics = 1; }
`;

const Request = protobuf.parse(PROTO, { keepCase: false }).root.lookupType('otlp.Request');

export interface ReadMetric {
  readonly resource: unknown;
  readonly scope: unknown;
  readonly metric: { readonly name: string; readonly [key: string]: unknown };
}

/** Metrics by name, as a reader has them; ends of series are not among them. */
export function readMetrics(bytes: Uint8Array | undefined): ReadonlyMap<string, ReadMetric> {
  const found = new Map<string, ReadMetric>();
  for (const each of readAll(bytes)) {
    if (endIn(each)) continue;
    if (found.has(each.metric.name)) throw new Error(`${each.metric.name} is there twice`);
    found.set(each.metric.name, each);
  }
  return found;
}

/** Ends of series, in their order: the name of each, and its attributes that say anything. */
export function readEnds(bytes: Uint8Array | undefined): readonly string[] {
  return readAll(bytes).flatMap((each) => endIn(each) ?? []);
}

/** What a metric ends, if a point of it is an end: a reader may stop there, so that it has to be the only one. */
function endIn({ metric }: ReadMetric): string | undefined {
  const points = (metric['gauge'] as { readonly dataPoints: readonly ReadNumber[] } | undefined)?.dataPoints ?? [];
  const end = points.find(({ flags }) => flags === 1);
  if (!end) return undefined;
  if (points.length > 1 || end.asDouble !== undefined) throw new Error(`${metric.name} has values beside an end`);
  return [metric.name, ...end.attributes.map(({ value }) => value.stringValue).filter(Boolean)].join(' ');
}

interface ReadNumber {
  readonly flags?: number;
  readonly asDouble?: number;
  readonly attributes: readonly { readonly value: { readonly stringValue: string } }[];
}

function readAll(bytes: Uint8Array | undefined): readonly ReadMetric[] {
  const request = Request.toObject(Request.decode(bytes as Uint8Array), { longs: String, bytes: String, arrays: true });
  const found: ReadMetric[] = [];
  for (const { resource, scopeMetrics } of request.resourceMetrics) {
    for (const { scope, metrics } of scopeMetrics) {
      for (const metric of metrics) found.push({ resource, scope, metric });
    }
  }
  return found;
}
