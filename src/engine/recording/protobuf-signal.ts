// SPDX-License-Identifier: Apache-2.0
/**
 * What a recorded protobuf message is about. The requests of all three signals begin alike, and a file does not say which it holds: a
 * resource, its scopes, their items. The first field of the first item tells: a log record's is its time (fixed64), a span's its
 * trace id (16 bytes), a metric's its name.
 *
 * Source: opentelemetry-proto, trace.proto, logs.proto, metrics.proto.
 */
import type { Signal } from '../ingest/export-sink.js';
import { ODD, ProtobufCursor } from '../wire/protobuf-cursor.js';

/** `resource_spans`, `resource_logs`, `resource_metrics`; `scope_…`; and the items themselves. */
const TAGS = [0x0a, 0x12, 0x12] as const;
const TRACE_ID_TAG = 0x0a;
const TIME_TAG = 0x09;
const OBSERVED_TIME_TAG = 0x59;
const TRACE_ID_BYTES = 16;

/** Traces where nothing tells: their decoder says what is wrong with it. */
export function protobufSignal(body: Uint8Array): Signal {
  const cursor = new ProtobufCursor(body);
  let [from, to] = [0, body.length];
  for (const tag of TAGS) {
    const found = enterField(cursor, tag, from, to);
    if (found === ODD) return 'traces';
    [from, to] = [cursor.pos, found];
  }
  const tag = cursor.bytes[from];
  if (tag === TIME_TAG || tag === OBSERVED_TIME_TAG) return 'logs';
  if (tag !== TRACE_ID_TAG) return tag === undefined ? 'traces' : 'logs';
  const end = cursor.enter(from + 1, to);
  return end !== ODD && end - cursor.pos === TRACE_ID_BYTES && isSpanIdNext(cursor, end, to) ? 'traces' : 'metrics';
}

/** A name of sixteen letters is no trace id: a span's id of eight bytes comes next. */
function isSpanIdNext({ bytes }: ProtobufCursor, at: number, end: number): boolean {
  return at + 2 <= end && bytes[at] === 0x12 && bytes[at + 1] === 8;
}

/** Where the first such field of a message ends, or `ODD`; `cursor.pos` is where its content begins. */
function enterField(cursor: ProtobufCursor, wanted: number, from: number, to: number): number {
  for (let at = from; at < to; ) {
    const tag = cursor.bytes[at] as number;
    if (tag === wanted) return cursor.enter(at + 1, to);
    at = cursor.skip(tag, at + 1, to);
    if (at === ODD) return ODD;
  }
  return ODD;
}
