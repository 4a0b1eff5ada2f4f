// SPDX-License-Identifier: Apache-2.0
/**
 * An Observation told as a log record: an event `panorama.observation` with the attributes of an observation span. It is
 * turned into such a span, so that one function decodes both. The record's own span is what the observation was made
 * in: its evidence, as the parent is for a span.
 */
import { type AttributeValue, OBSERVATION_SPAN_NAME } from '../model/attributes.js';
import type { LogRecord } from '../model/log-record.js';
import { SpanKind, type SpanRecord, SpanStatusCode } from '../model/span.js';

/**
 * The span. A record has no id of its own, and its repetition must be known by one: it is made of all that the record says.
 *
 * @param speaker whose record it is: two that say the same at the same time are two
 */
export function observationSpanOf(record: LogRecord, speaker: string): SpanRecord {
  const { traceId, spanId, timeUnixNano, attributes } = record;
  const said = Object.keys(attributes)
    .sort()
    .map((name) => `${name}=${spelled(attributes[name])}`);
  return {
    traceId,
    spanId: digest([speaker, traceId, spanId, String(timeUnixNano), ...said].join('\n')),
    parentSpanId: spanId,
    name: OBSERVATION_SPAN_NAME,
    kind: SpanKind.INTERNAL,
    attributes,
    statusCode: SpanStatusCode.UNSET,
    statusMessage: '',
    exception: undefined,
    durationMs: 0,
    startUnixNano: timeUnixNano,
    endUnixNano: timeUnixNano,
    links: [],
  };
}

function spelled(value: AttributeValue | undefined): string {
  return Array.isArray(value) ? value.join('\t') : String(value);
}

/**
 * Sixteen hex digits: FNV-1a twice, from either end. Nobody gains by a collision; it would cost a sender one observation of
 * its own.
 */
function digest(text: string): string {
  let forth = 0x811c9dc5;
  let back = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    forth = Math.imul(forth ^ text.charCodeAt(index), 0x01000193);
    back = Math.imul(back ^ text.charCodeAt(text.length - 1 - index), 0x01000193);
  }
  return hexOf(forth) + hexOf(back);
}

function hexOf(number: number): string {
  return (number >>> 0).toString(16).padStart(8, '0');
}
