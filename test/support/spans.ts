// SPDX-License-Identifier: Apache-2.0
/** Spans as the decoder would give them, from the few things a test cares about. */

import type { TraceBatch } from '../../src/engine/wire/trace-batch.js';
import { OBSERVATION_SPAN_NAME } from '../../src/model/attributes.js';
import type { ResourceSpans, SpanRecord } from '../../src/model/span.js';
import { SpanKind, SpanStatusCode } from '../../src/model/span.js';
import { HealthStatus } from '../../src/model/status.js';
import { encodeObservation, type ObservationContent } from '../../src/observe/observation-span.js';

let lastId = 0;

/** A fresh span id: 16 hex digits. */
export function freshSpanId(): string {
  return (++lastId).toString(16).padStart(16, '0');
}

/** A fresh trace id: 32 hex digits. */
export function freshTraceId(): string {
  return (++lastId).toString(16).padStart(32, '0');
}

export function spanOf(given: Partial<SpanRecord> & { readonly endMs?: number } = {}): SpanRecord {
  const { endMs = 0, ...fields } = given;
  const endUnixNano = BigInt(Math.round(endMs)) * 1_000_000n;
  return {
    traceId: '0123456789abcdef0123456789abcdef',
    spanId: freshSpanId(),
    parentSpanId: '',
    name: 'GET',
    kind: SpanKind.CLIENT,
    attributes: {},
    statusCode: SpanStatusCode.UNSET,
    statusMessage: '',
    exception: undefined,
    durationMs: 1,
    startUnixNano: endUnixNano - 1_000_000n,
    endUnixNano,
    links: [],
    ...fields,
  };
}

/** A guest's observation span. */
export function observationSpanOf(content: Partial<ObservationContent>, endMs: number): SpanRecord {
  return spanOf({
    name: OBSERVATION_SPAN_NAME,
    kind: SpanKind.INTERNAL,
    endMs,
    attributes: encodeObservation({
      observer: 'client/c1',
      subject: 'datanode/dn2',
      resolution: 'instance',
      operation: 'POST /blocks/{id}',
      status: HealthStatus.HEALTHY,
      reason: 'ok',
      source: 'caller',
      count: 1,
      ...content,
    }),
  });
}

/** The resource of a service instance. */
export function resourceOf(service: string, instance?: string, environment?: string): ResourceSpans['resource'] {
  return {
    'service.name': service,
    ...(instance !== undefined && { 'service.instance.id': instance }),
    ...(environment !== undefined && { 'deployment.environment.name': environment }),
  };
}

/** One export request. */
export function batchOf(...resources: ResourceSpans[]): TraceBatch {
  const spanCount = resources.reduce((sum, { spans }) => sum + spans.length, 0);
  return { resources, spanCount, rejectedSpans: 0, rejectedMessage: '' };
}
