// SPDX-License-Identifier: Apache-2.0
/**
 * Who is speaking: the identity and the environment that a resource gives its spans. The observer of a client span and
 * the instance behind a server span are found by the same rule.
 *
 * Source: OpenTelemetry resource semantic conventions, `service.*` and `deployment.environment.name`.
 */
import { type Attributes, SEMCONV, textOf } from '../model/attributes.js';
import { formatIdentity, type Identity } from '../model/identity.js';

/** `namespace:service/instance` of a resource, as far as it says; `unknown_service` where it has no `service.name`. */
export function componentOf(resource: Attributes): Identity {
  return formatIdentity({
    namespace: textOf(resource, SEMCONV.SERVICE_NAMESPACE),
    service: textOf(resource, SEMCONV.SERVICE_NAME) ?? 'unknown_service',
    instance: textOf(resource, SEMCONV.SERVICE_INSTANCE_ID),
  });
}

/** The deployment environment of a resource; empty where unset. Subjects of two environments are never one. */
export function environmentOf(resource: Attributes): string {
  return textOf(resource, SEMCONV.DEPLOYMENT_ENVIRONMENT_NAME, SEMCONV.DEPLOYMENT_ENVIRONMENT) ?? '';
}
