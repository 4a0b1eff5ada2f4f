// SPDX-License-Identifier: Apache-2.0
/** One span of a protobuf body, read in full from where a scan has found it. */
import type { SpanRecord } from '../../model/span.js';
import { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import { ProtobufSpans } from './protobuf-span.js';
import { SpanBuilder } from './span-builder.js';
import { malformed, WIRE_LIMITS, type WireLimits } from './wire-limits.js';

/**
 * All of the span whose fields are `body[from, to)`.
 *
 * @throws PanoramaError PANO_WIRE_MALFORMED where something of it cannot be read that the scan passed over
 */
export function readSpanAt(body: Uint8Array, from: number, to: number, limits: WireLimits = WIRE_LIMITS): SpanRecord {
  const span = new SpanBuilder(limits.linkCountMax);
  spansAt(body, from, to, limits).readFields(span, true);
  return span.build() as SpanRecord;
}

/** A reader of the fields in `body[from, to)`. */
export function spansAt(body: Uint8Array, from: number, to: number, limits: WireLimits): ProtobufSpans {
  const reader = new ProtobufReader(body, (at, what) => malformed('protobuf', at, what));
  reader.pos = from;
  reader.end = to;
  return new ProtobufSpans(reader, limits);
}
