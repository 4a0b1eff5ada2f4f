// SPDX-License-Identifier: Apache-2.0
/**
 * Who is speaking: the identity and the environment that a resource gives its spans. The observer of a client span and
 * the instance behind a server span are found by the same rule.
 *
 * Source: OpenTelemetry resource semantic conventions, `service.*` and `deployment.environment.name`.
 */
import { type Attributes, type AttributeValue, SEMCONV, textOf } from '../model/attributes.js';
import { formatIdentity, type Identity } from '../model/identity.js';

/** `namespace:service/instance` of a resource, as far as it says; `unknown_service` where it has no `service.name`. */
export function componentOf(resource: Attributes): Identity {
  return formatIdentity({
    namespace: textOf(resource[SEMCONV.SERVICE_NAMESPACE]),
    service: textOf(resource[SEMCONV.SERVICE_NAME]) ?? 'unknown_service',
    instance: textOf(resource[SEMCONV.SERVICE_INSTANCE_ID]),
  });
}

/** The deployment environment of a resource; empty where unset. Subjects of two environments are never one. */
export function environmentOf(resource: Attributes): string {
  return textOf(resource[SEMCONV.DEPLOYMENT_ENVIRONMENT_NAME], resource[SEMCONV.DEPLOYMENT_ENVIRONMENT]) ?? '';
}

/** The machine or pod of a resource, where it says: loopback addresses mean nothing beyond it. */
export function hostOf(resource: Attributes): string {
  return textOf(resource[SEMCONV.HOST_ID], resource[SEMCONV.HOST_NAME]) ?? '';
}

/** An SDK resource, as far as it is read here; the same shape in both living SDK lines, of which one types no values. */
export interface ResourceLike {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly asyncAttributesPending?: boolean | undefined;
  getRawAttributes?(): readonly (readonly [string, unknown])[];
}

/**
 * The attributes of an SDK resource, also while some detectors are still at work: asking the resource itself at that
 * time makes the SDK log an error, so its settled entries are read one by one. On a name given twice the first wins,
 * as in the SDK.
 */
export function attributesOfResource(resource: ResourceLike): Attributes {
  if (!resource.asyncAttributesPending || !resource.getRawAttributes) return resource.attributes as Attributes;
  const settled: Record<string, AttributeValue> = {};
  for (const [name, value] of resource.getRawAttributes()) {
    if (typeof value === 'string' || typeof value === 'number') settled[name] ??= value;
  }
  return settled;
}
