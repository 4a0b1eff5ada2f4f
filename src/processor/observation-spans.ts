// SPDX-License-Identifier: Apache-2.0
/**
 * Folded sightings as spans that any SDK exporter can send. They are made by hand and not by a tracer, so that no
 * sampler, limit or other processor of the host touches them, and so that they hang under the span that shows them.
 */
import { type Link, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { OBSERVATION_SPAN_NAME } from '../model/attributes.js';
import type { Random } from '../model/clock.js';
import type { Evidence } from '../model/observation.js';
import { encodeObservation } from '../observe/observation-span.js';
import type { FoldedSighting } from './observation-window.js';
import { hrTimeOf } from './sdk-span.js';

const SCOPE = { name: 'panorama-otel' };

export function observationSpan(
  folded: FoldedSighting,
  observer: string,
  resource: ReadableSpan['resource'],
  lagSeconds: number,
  random: Random,
): ReadableSpan {
  const { sighting, count, evidence } = folded;
  const parent = evidence[0];
  const spanContext = {
    traceId: parent?.traceId ?? randomHex(16, random),
    spanId: randomHex(8, random),
    traceFlags: TraceFlags.SAMPLED,
  };
  const startTime = hrTimeOf(folded.firstMs);
  const endTime = hrTimeOf(folded.lastMs);
  return {
    name: OBSERVATION_SPAN_NAME,
    kind: SpanKind.INTERNAL,
    spanContext: () => spanContext,
    ...(parent && { parentSpanContext: contextOf(parent) }),
    startTime,
    endTime,
    duration: hrTimeOf(folded.lastMs - folded.firstMs),
    ended: true,
    status: { code: SpanStatusCode.UNSET },
    attributes: encodeObservation({
      observer,
      subject: sighting.subject.text,
      resolution: sighting.subject.resolution,
      operation: sighting.operation,
      status: sighting.status,
      reason: sighting.reason,
      source: sighting.source,
      count,
      suspicion: folded.suspicionMax > 0 ? folded.suspicionMax : undefined,
      observerLagSeconds: lagSeconds,
      latency: { meanSeconds: folded.latencySumMs / count / 1000, maxSeconds: folded.latencyMaxMs / 1000 },
      errorType: parent?.errorType,
      message: parent?.message,
      blamed: folded.blamed,
      isAgain: folded.isAgain,
    }),
    links: evidence.map((shown): Link => ({ context: contextOf(shown) })),
    events: [],
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function contextOf({ traceId, spanId }: Evidence): { traceId: string; spanId: string; traceFlags: TraceFlags } {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

function randomHex(byteCount: number, random: Random): string {
  const bytes = new Uint8Array(byteCount);
  random(bytes);
  // An id of zeros only is invalid by W3C trace context; one set bit makes it valid.
  if (bytes.every((byte) => byte === 0)) bytes[0] = 1;
  return Buffer.from(bytes).toString('hex');
}
