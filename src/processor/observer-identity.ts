// SPDX-License-Identifier: Apache-2.0
/** Who observes: the component whose resource made the span. */
import { trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { SEMCONV, textOf } from '../model/attributes.js';
import type { Random } from '../model/clock.js';
import { attributesOfResource, componentOf } from '../observe/component.js';

export type Resource = ReadableSpan['resource'];

/** The resource of the SDK that has been started, by a span that is never ended and so never sent. */
export function resourceOfSdk(): Resource | undefined {
  const span: object = trace.getTracer('panorama-otel').startSpan('panorama.resource', { root: true });
  return (span as Partial<ReadableSpan>).resource;
}

export class ObserverIdentity {
  readonly #known = new WeakMap<Resource, string>();
  /** Stands in for `service.instance.id` where the resource has none: two replicas must not be one observer. */
  readonly #ownInstance: string;

  constructor(random: Random) {
    const bytes = new Uint8Array(8);
    random(bytes);
    this.#ownInstance = Buffer.from(bytes).toString('hex');
  }

  /** The observer's text. Resource detectors may still be at work at the first spans, so it is asked late. */
  of(resource: Resource): string {
    const known = this.#known.get(resource);
    if (known !== undefined) return known;
    const attributes = attributesOfResource(resource);
    const instance = textOf(attributes[SEMCONV.SERVICE_INSTANCE_ID]) ?? this.#ownInstance;
    const observer = componentOf({ ...attributes, [SEMCONV.SERVICE_INSTANCE_ID]: instance }).text;
    if (!resource.asyncAttributesPending) this.#known.set(resource, observer);
    return observer;
  }
}
