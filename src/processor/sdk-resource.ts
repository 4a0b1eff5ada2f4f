// SPDX-License-Identifier: Apache-2.0
/** The resource that spans are made with: it says whose word an observation is. */
import { trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

export type Resource = ReadableSpan['resource'];

/** A span made by others may have anything in its place. */
export function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && 'attributes' in value;
}

/** The resource of the SDK that has been started, by a span that is never ended and so never sent. */
export function resourceOfSdk(): Resource | undefined {
  const span: object = trace.getTracer('panorama-otel').startSpan('panorama.resource', { root: true });
  return (span as Partial<ReadableSpan>).resource;
}
